package compare_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/compare"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

const asOf = 20_629 // any day

func scored(t *testing.T, snap *signal.Snapshot, manual []overrides.Value) *score.Result {
	t.Helper()
	s, err := score.New(snap.Plan)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Score(signal.Override(memory.NewGoAllocator(), snap, manual), score.Rows{Manual: manual})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// path is the way from old to now under one framework.
func path(t *testing.T, p *plan.Plan, old, now [][]scoretest.Cell, manualOld, manualNow []overrides.Value) compare.Path {
	from, to := scoretest.Snapshot(p, asOf-90, old), scoretest.Snapshot(p, asOf, now)
	blend := signal.Blend(memory.NewGoAllocator(), from, to)
	return compare.Path{
		From: scored(t, from, manualOld), Data: scored(t, blend, manualOld),
		Override: scored(t, blend, manualNow), To: scored(t, to, manualNow),
	}
}

func pillar(row, p int, v float64) overrides.Value {
	return overrides.Value{Row: int32(row), Pillar: p, Signal: overrides.None, Value: v}
}

// TechCorp, worked by hand from the point tables.
//
//	day 1, equal weights    without NPS relationship is 75 over -45..75 = 100 at 8/11 of its
//	                        weight: (0.25*(87.5+91.667+92.857) + 0.1818*100)/0.9318 = 92.494
//	day 1, current weights  (26.25 + 18.333 + 23.214 + 18.182)/0.9318 = 92.271
//	NPS 9 appears           92.797
//	support set to 55       85.464
//	features fall to 35%    product 35 over -50..70 = 70.833: 80.464
func TestWorkedMove(t *testing.T) {
	p := scoretest.DefaultPlan()
	old, now := scoretest.TechCorp(p), scoretest.TechCorp(p)
	old[scoretest.NPS] = scoretest.Absent(signal.Missing)
	now[scoretest.FeatureAdoption] = scoretest.Num(0.35)
	way := path(t, p, [][]scoretest.Cell{old}, [][]scoretest.Cell{now}, nil, []overrides.Value{pillar(0, 1, 55)})

	before := scoretest.DefaultPlan()
	before.Rules[0].Weights = []float64{0.25, 0.25, 0.25, 0.25}
	way.Framework = way.From
	way.From = scored(t, scoretest.Snapshot(before, asOf-90, [][]scoretest.Cell{old}), nil)

	m := compare.Moves(way)[0]
	got := []int32{m.From, m.Framework, m.Data, m.Override, m.Behaviour, m.To}
	if want := []int32{925, -2, 5, -73, -50, 805}; !slices.Equal(got, want) {
		t.Errorf("from, framework, data, override, behaviour, to = %v, want %v", got, want)
	}
	// Support as a whole: 0.2*55 now against 0.25/0.9318*91.667; features lose 20 of
	// 120 points. Signals of support are no drivers.
	if d := m.Drivers; len(d) < 2 || d[0].Signal != compare.None || d[0].Pillar != 1 || d[1].Signal != scoretest.FeatureAdoption {
		t.Errorf("drivers %+v", d)
	}
	for _, d := range m.Drivers {
		if d.Signal != compare.None && d.Pillar == 1 {
			t.Errorf("%+v drives in a pillar set by hand", d)
		}
	}
}

// The four parts sum to the change; each is nothing where its cause is the same
// on both days.
func TestPartsSum(t *testing.T) {
	p := scoretest.DefaultPlan()
	const accounts = 60
	draw := func(seed uint64) (out []overrides.Value) {
		r := rand.New(rand.NewPCG(seed, 5))
		for row := range accounts {
			for k := range p.Pillars {
				if r.IntN(5) == 0 {
					out = append(out, pillar(row, k, float64(r.IntN(101))))
				}
			}
			if r.IntN(3) == 0 {
				out = append(out, overrides.Value{Row: int32(row), Pillar: overrides.None, Signal: scoretest.NPS, Value: float64(r.IntN(11))})
			}
		}
		return out
	}
	var data, override, behaviour int
	for seed := range uint64(20) {
		old, now := scoretest.Accounts(p, accounts, seed), scoretest.Accounts(p, accounts, seed+100)
		before, after := draw(seed), draw(seed+100)
		for _, m := range compare.Moves(path(t, p, old, now, before, after)) {
			if m.Framework+m.Data+m.Override+m.Behaviour != m.Delta() {
				t.Fatalf("seed %d: %+v does not sum to %d", seed, m, m.Delta())
			}
			data, override, behaviour = data+nonzero(m.Data), override+nonzero(m.Override), behaviour+nonzero(m.Behaviour)
		}
		for _, m := range compare.Moves(path(t, p, old, now, before, before)) {
			if m.Override != 0 {
				t.Fatalf("seed %d: the same manual values changed %+v", seed, m)
			}
		}
		for _, m := range compare.Moves(path(t, p, old, old, before, after)) {
			if m.Data != 0 || m.Behaviour != 0 {
				t.Fatalf("seed %d: the same data changed %+v", seed, m)
			}
		}
	}
	if min(data, override, behaviour) < 100 {
		t.Errorf("the draw no longer tests every part: %d, %d, %d", data, override, behaviour)
	}
}

func nonzero(x int32) int {
	if x != 0 {
		return 1
	}
	return 0
}

// An account that a step leaves without a score passes that step's share on.
func TestStepWithoutAScore(t *testing.T) {
	result := func(tenths int32) *score.Result {
		return &score.Result{Plan: &plan.Plan{}, Tenths: []int32{tenths}, Status: []int8{0}}
	}
	m := compare.Moves(compare.Path{From: result(600), Data: result(score.NotScored), Override: result(650), To: result(700)})
	if len(m) != 1 || m[0].Data != 0 || m[0].Override != 50 || m[0].Behaviour != 50 {
		t.Errorf("%+v", m)
	}
	if m := compare.Moves(compare.Path{From: result(score.NotScored), Data: result(600), To: result(700)}); m != nil {
		t.Errorf("an account that had no score moved: %+v", m)
	}
}

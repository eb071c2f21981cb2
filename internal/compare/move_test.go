package compare_test

import (
	"math"
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
	was := scored(t, scoretest.Snapshot(before, asOf-90, [][]scoretest.Cell{old}), nil)
	way.Reported = reported(was)

	m, _ := way.Move(0)
	got := []int32{m.From, m.By[compare.Framework], m.By[compare.Data], m.By[compare.Override], m.By[compare.Behaviour], m.To}
	// The parts are -0.223, 0.526, -7.333 and -5.000; rounded down they leave 0.2 of
	// the -12.0 between 92.5 and 80.5, which go to the largest remainders: -0.223 is
	// 0.77 above -0.3, -7.333 is 0.67 above -7.4.
	if want := []int32{925, -2, 5, -73, -50, 805}; !slices.Equal(got, want) {
		t.Errorf("from, framework, data, override, behaviour, to = %v, want %v", got, want)
	}
	// Support as a whole is set by hand: no signal of it drives anything there, and
	// features lose 20 of 120 points.
	d := way.Drivers(0)
	if len(d) < 2 || d[0].Part != compare.Override || d[0].Signal != compare.None || d[0].Pillar != 1 {
		t.Errorf("drivers %+v", d)
	}
	if i := slices.IndexFunc(d, func(d compare.Driver) bool { return d.Part == compare.Behaviour }); d[i].Signal != scoretest.FeatureAdoption || math.Abs(d[i].Points+5) > 1e-9 {
		t.Errorf("drivers %+v", d)
	}
	for _, d := range d {
		if d.Signal != compare.None && d.Pillar == 1 && d.Part > compare.Data {
			t.Errorf("%+v drives in a pillar set by hand", d)
		}
	}
}

// reported is a result as it was published.
func reported(r *score.Result) *compare.Reported {
	out := &compare.Reported{Composite: r.Composite, Tenths: r.Tenths}
	for i := range r.Tenths {
		name := ""
		if b := r.Band(i); b != nil {
			name = b.Name
		}
		out.Status = append(out.Status, name)
	}
	for k := range r.Plan.Pillars {
		weighted := make([]float64, len(r.Tenths))
		for i := range weighted {
			weighted[i] = r.Pillars[k][i] * r.Weights[k][i]
		}
		out.Pillars, out.Weighted = append(out.Pillars, r.Plan.Pillars[k].Name), append(out.Weighted, weighted)
	}
	return out
}

// Whatever the framework of the earlier day was, the parts sum to the change that
// was published, each part lies within a tenth of what its step does, and drivers
// add up to their part.
func TestPartsSumUnderAnotherFramework(t *testing.T) {
	p := scoretest.DefaultPlan()
	const accounts = 40
	framework := 0
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 9))
		before := scoretest.DefaultPlan()
		w := before.Rules[0].Weights
		for k := range w {
			w[k] = float64(1 + r.IntN(9))
		}
		sum := w[0] + w[1] + w[2] + w[3]
		for k := range w {
			w[k] /= sum
		}
		before.Rules[0].Ladders[scoretest.NPS][0].Points += float64(r.IntN(30))
		before.Scale = plan.Scale(r.IntN(2))
		old, now := scoretest.Accounts(p, accounts, seed), scoretest.Accounts(p, accounts, seed+100)
		way := path(t, p, old, now, nil, []overrides.Value{pillar(3, 1, 40)})
		way.Reported = reported(scored(t, scoretest.Snapshot(before, asOf-90, old), nil))
		for _, m := range way.Moves() {
			var total int32
			exact := [compare.Parts]float64{}
			at := way.Reported.Composite[m.Row]
			for part, step := range []*score.Result{way.From, way.Data, way.Override, way.To} {
				if step.Tenths[m.Row] >= 0 {
					exact[part], at = step.Composite[m.Row]-at, step.Composite[m.Row]
				}
			}
			driven := [compare.Parts]float64{}
			for _, d := range way.Drivers(int(m.Row)) {
				driven[d.Part] += d.Points
			}
			for part, tenths := range m.By {
				total += tenths
				if math.Abs(float64(tenths)/10-exact[part]) > 0.2 {
					t.Fatalf("seed %d: %s is %d tenths of %v", seed, compare.Part(part), tenths, exact[part])
				}
				if slack := 0.05 * float64(len(p.Signals)); math.Abs(driven[part]-exact[part]) > slack {
					t.Fatalf("seed %d: drivers of %s give %v of %v", seed, compare.Part(part), driven[part], exact[part])
				}
			}
			if total != m.Delta() {
				t.Fatalf("seed %d: %+v does not sum to %d", seed, m, m.Delta())
			}
			framework += nonzero(m.By[compare.Framework])
		}
	}
	if framework < 100 {
		t.Errorf("the draw no longer tests another framework: %d", framework)
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
		for _, m := range moves(path(t, p, old, now, before, after)) {
			if m.By[compare.Framework] != 0 || m.By[compare.Data]+m.By[compare.Override]+m.By[compare.Behaviour] != m.Delta() {
				t.Fatalf("seed %d: %+v does not sum to %d", seed, m, m.Delta())
			}
			data, override, behaviour = data+nonzero(m.By[compare.Data]), override+nonzero(m.By[compare.Override]), behaviour+nonzero(m.By[compare.Behaviour])
		}
		for _, m := range moves(path(t, p, old, now, before, before)) {
			if m.By[compare.Override] != 0 {
				t.Fatalf("seed %d: the same manual values changed %+v", seed, m)
			}
		}
		for _, m := range moves(path(t, p, old, old, before, after)) {
			if m.By[compare.Data] != 0 || m.By[compare.Behaviour] != 0 {
				t.Fatalf("seed %d: the same data changed %+v", seed, m)
			}
		}
	}
	if min(data, override, behaviour) < 100 {
		t.Errorf("the draw no longer tests every part: %d, %d, %d", data, override, behaviour)
	}
}

func moves(p compare.Path) []compare.Move { return p.Moves() }

func nonzero(x int32) int {
	if x != 0 {
		return 1
	}
	return 0
}

// An account that a step leaves without a score passes that step's share on.
func TestStepWithoutAScore(t *testing.T) {
	result := func(tenths int32) *score.Result {
		return &score.Result{Plan: &plan.Plan{}, Tenths: []int32{tenths}, Status: []int8{0}, Composite: []float64{float64(tenths) / 10}}
	}
	m := moves(compare.Path{From: result(600), Data: result(score.NotScored), Override: result(650), To: result(700)})
	if len(m) != 1 || m[0].By != [...]int32{0, 0, 50, 50} {
		t.Errorf("%+v", m)
	}
	if m := moves(compare.Path{From: result(score.NotScored), Data: result(600), To: result(700)}); m != nil {
		t.Errorf("an account that had no score moved: %+v", m)
	}
}

package score_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"accounthealth/internal/plan"
	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
	"accounthealth/internal/signal"
)

// reference is the scoring rules word for word for one account: no tables, no
// columns, no shared sums.
type reference struct {
	pillar, share, weight                []float64
	composite, coverage, low, high       float64
	tenths                               int32
	headline                             int16
	status                               int8
	capped, provisional, dependsOnAbsent bool
}

func refer(p *plan.Plan, r *plan.Rules, cells []scoretest.Cell, hold bool) reference {
	var out reference
	base, covered, low, high, flawed, gap := 0.0, 0.0, 0.0, 0.0, false, false
	for i := range p.Pillars {
		var points, least, most, levelOpen, levelKnown, known, open, worst, best float64
		lacks := false
		for _, sig := range p.Pillars[i].Signals {
			c := cells[sig]
			flawed = flawed || c.State == signal.Invalid
			if c.State == signal.NotCollected || c.State == signal.NotApplicable || r.NotApplicable[sig] {
				continue
			}
			lo, hi := bounds(r.Ladders[sig])
			given, has := lookUp(p, r, sig, c)
			isLevel := p.Signals[sig].Kind == plan.Level
			open += hi - lo
			if isLevel {
				levelOpen += hi - lo
			}
			if has {
				points += given
				known += hi - lo
				worst, best = worst+given, best+given
				if isLevel {
					levelKnown += hi - lo
				}
			} else {
				worst, best = worst+lo, best+hi
				lacks = true
			}
			if has || !isLevel {
				least, most = least+lo, most+hi
			}
		}
		pillar, share, weight := math.NaN(), math.NaN(), 0.0
		if levelOpen > 0 {
			w := r.Weights[i]
			base += w
			gap = gap || lacks
			covered += w * (known / open)
			share = levelKnown / levelOpen
			if p.Scale == plan.Clamp {
				low += w * max(0, min(100, worst))
				high += w * max(0, min(100, best))
			} else {
				all := sumLow(p, r, i, cells)
				low += w * (100 * (worst - all) / open)
				high += w * (100 * (best - all) / open)
			}
			if levelKnown > 0 {
				weight = w * share
				pillar = 100 * (points - least) / (most - least)
				if p.Scale == plan.Clamp {
					pillar = max(0, min(100, points))
				}
			}
		}
		out.pillar, out.share, out.weight = append(out.pillar, pillar), append(out.share, share), append(out.weight, weight)
	}
	total := 0.0
	for _, w := range out.weight {
		total += w
	}
	if base > 0 {
		out.coverage = covered / base
	}
	out.tenths, out.headline, out.status = -1, -1, -1
	out.composite, out.low, out.high = math.NaN(), math.NaN(), math.NaN()
	if total == 0 || math.Round(out.coverage*1e9)/1e9 < p.Missing.ScoredFrom {
		out.weight = make([]float64, len(p.Pillars))
		return out
	}
	out.composite = 0
	for i := range out.weight {
		out.weight[i] /= total
		if out.weight[i] > 0 {
			out.composite += out.weight[i] * out.pillar[i]
		}
	}
	out.low, out.high = out.composite, out.composite
	if gap {
		out.low, out.high = min(out.low, low/base), max(out.high, high/base)
	}
	tenths := func(x float64) int32 { return int32(math.Floor(math.Round(x*1e9)/1e8 + 0.5)) }
	status := func(x float64) int8 {
		b := r.BandOf(int(tenths(x)) / 10)
		if r.Bands[b].Expand && (hold || math.Round(out.coverage*1e9)/1e9 < p.Missing.HealthyFrom) {
			b = 1 // the plans here have one expanding band
		}
		return int8(b)
	}
	out.tenths = tenths(out.composite)
	out.headline = int16(out.tenths / 10)
	out.status = status(out.composite)
	thin := math.Round(out.coverage*1e9)/1e9 < p.Missing.HealthyFrom
	out.capped = thin && int(out.status) != r.BandOf(int(out.headline))
	out.provisional = thin || flawed
	out.dependsOnAbsent = status(out.low) != out.status
	return out
}

// lookUp finds a value's row by trying each.
func lookUp(p *plan.Plan, r *plan.Rules, sig int, c scoretest.Cell) (float64, bool) {
	if c.State != signal.Known {
		return 0, false
	}
	for _, row := range r.Ladders[sig] {
		if !p.Signals[sig].IsWord() && row.Range.Contains(plan.Round9(c.Value)) {
			return row.Points, true
		}
		for _, w := range row.Words {
			if float64(w) == c.Value {
				return row.Points, true
			}
		}
	}
	return 0, false
}

// sumLow is the lowest points of a pillar's open signals.
func sumLow(p *plan.Plan, r *plan.Rules, pillar int, cells []scoretest.Cell) float64 {
	sum := 0.0
	for _, sig := range p.Pillars[pillar].Signals {
		if s := cells[sig].State; s != signal.NotCollected && s != signal.NotApplicable && !r.NotApplicable[sig] {
			lo, _ := bounds(r.Ladders[sig])
			sum += lo
		}
	}
	return sum
}

// TestReference: the kernels agree with the rules word for word, bit for bit.
func TestReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if !measurable(p) {
			t.Skip("one measured pillar")
		}
		collected := drawCollected(t, p)
		var cells [][]scoretest.Cell
		var rows score.Rows
		for range rapid.IntRange(1, 6).Draw(t, "accounts") {
			cells = append(cells, drawCells(t, p, collected))
			rows.Rules = append(rows.Rules, uint8(rapid.IntRange(0, 1).Draw(t, "rules")))
			rows.Hold = append(rows.Hold, rapid.IntRange(0, 4).Draw(t, "hold") == 0)
		}
		s, err := score.New(p)
		if err != nil {
			t.Fatal(err)
		}
		snap := scoretest.Snapshot(p, asOf, cells)
		copy(snap.Collected, collected)
		got, err := s.Score(snap, rows)
		if err != nil {
			t.Fatal(err)
		}
		same := func(what string, i int, got, want float64) {
			if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("account %d: %s = %v, want %v", i, what, got, want)
			}
		}
		for i := range cells {
			want := refer(p, &p.Rules[rows.Rules[i]], cells[i], rows.Hold[i])
			for j := range p.Pillars {
				same("pillar", i, got.Pillars[j][i], want.pillar[j])
				same("level coverage", i, got.PillarCoverage[j][i], want.share[j])
				same("weight", i, got.Weights[j][i], want.weight[j])
			}
			same("coverage", i, got.Coverage[i], want.coverage)
			same("composite", i, got.Composite[i], want.composite)
			same("low", i, got.Low[i], want.low)
			same("high", i, got.High[i], want.high)
			if got.Tenths[i] != want.tenths || got.Headline[i] != want.headline || got.Status[i] != want.status {
				t.Fatalf("account %d: %d, %d, %d; want %d, %d, %d", i, got.Tenths[i], got.Headline[i], got.Status[i], want.tenths, want.headline, want.status)
			}
			if got.Capped[i] != want.capped || got.Provisional[i] != want.provisional || got.DependsOnMissing[i] != want.dependsOnAbsent {
				t.Fatalf("account %d: flags %v %v %v, want %+v", i, got.Capped[i], got.Provisional[i], got.DependsOnMissing[i], want)
			}
		}
	})
}

package sample

import (
	"context"
	"math"
	"sync"
	"testing"

	"accounthealth/internal/day"
)

// town is a generated world kept in memory.
type town struct {
	w        *world
	accounts []*account
}

func generate(opt Options) *town {
	w := newWorld(opt.withDefaults())
	p := &town{w: w, accounts: make([]*account, w.opt.Accounts)}
	_ = inParallel(context.Background(), len(p.accounts), func(i int) error {
		p.accounts[i] = w.account(i)
		return nil
	})
	return p
}

var shifted = sync.OnceValue(func() *town {
	return generate(Options{Accounts: 8000})
})

// quarterEnds are the last eight of the model's time, oldest first.
func (p *town) quarterEnds() []int32 {
	var out [8]int32
	q := day.QuarterEnd(p.w.last)
	for i := range out {
		out[len(out)-1-i] = q
		q = day.PrevQuarterEnd(q)
	}
	return out[:]
}

// scorable says whether an account is coloured as of t: a customer of 90 days,
// with no notice given.
func scorable(a *account, t int32) bool {
	return (a.stage == stageCustomer || a.stage == stageChurned) && t >= a.start+90 && a.served(t) && (a.notice == none || a.notice > t)
}

// row is one account at one quarter-end with what followed, as calibration
// samples it: event in (t+14, next quarter-end].
type row struct {
	scored
	latent  [pillars]float64
	segment int
	lost    bool
}

func (p *town) panel() []row {
	ends := p.quarterEnds()
	slots := make([][]row, len(p.accounts))
	_ = inParallel(context.Background(), len(p.accounts), func(i int) error {
		a := p.accounts[i]
		for q := range len(ends) - 1 {
			t := ends[q]
			if !scorable(a, t) {
				continue
			}
			r := row{scored: score(a, t), segment: a.segment}
			tooLate := false
			for _, l := range a.losses {
				if l.kind == "logo" && l.counts {
					r.lost = l.notice > t+14 && l.notice <= ends[q+1]
					tooLate = l.notice > t && l.notice <= t+14
				}
			}
			for k := range pillars {
				r.latent[k] = a.health[k][p.w.week(t)]
			}
			if !tooLate {
				slots[i] = append(slots[i], r)
			}
		}
		return nil
	})
	var out []row
	for _, s := range slots {
		out = append(out, s...)
	}
	return out
}

// Each pillar's score, as the default point tables give it, must answer to its
// latent in about the same way: else weights of latents and of scores would not
// compare.
func TestPillarsAnswerAlikeToTheirLatents(t *testing.T) {
	rows := shifted().panel()
	for k := range pillars {
		var n, mx, mz, xx, zz, xz float64
		for _, r := range rows {
			if x, z := r.pillar[k], r.latent[k]; !math.IsNaN(x) {
				n++
				mx += x
				mz += z
				xx += x * x
				zz += z * z
				xz += x * z
			}
		}
		mx, mz = mx/n, mz/n
		slope := (xz/n - mx*mz) / (zz/n - mz*mz)
		noise := math.Sqrt(xx/n - mx*mx - slope*slope*(zz/n-mz*mz))
		t.Logf("pillar %d: %.1f at latent 0, slope %.1f, noise %.1f", k, mx-slope*mz, slope, noise)
		if slope < 14.5 || slope > 21 {
			t.Errorf("pillar %d rises by %.1f for a unit of its latent, want 14.5 to 21", k, slope)
		}
		if noise < 10 || noise > 16 {
			t.Errorf("pillar %d has noise of %.1f, want 10 to 16", k, noise)
		}
		if at0 := mx - slope*mz; at0 < 54 || at0 > 66 {
			t.Errorf("pillar %d scores %.1f at latent 0, want about 60", k, at0)
		}
	}
}

func TestBandsAndRungsAreAllInhabited(t *testing.T) {
	p := shifted()
	var bands [4]float64
	hits := map[string]map[string]float64{}
	n := 0.0
	for _, a := range p.accounts {
		if !scorable(a, p.w.last) {
			continue
		}
		s := score(a, p.w.last)
		n++
		switch headline := math.Floor(math.Floor(s.composite*10+.5) / 10); {
		case headline >= 80:
			bands[0]++
		case headline >= 60:
			bands[1]++
		case headline >= 40:
			bands[2]++
		default:
			bands[3]++
		}
		for signal, rung := range s.hit {
			if hits[signal] == nil {
				hits[signal] = map[string]float64{}
			}
			hits[signal][rung]++
		}
	}
	want := [4][2]float64{{.25, .40}, {.30, .42}, {.15, .25}, {.05, .10}}
	for i, b := range bands {
		t.Logf("band %d: %.1f%%", i, 100*b/n)
		if b/n < want[i][0] || b/n > want[i][1] {
			t.Errorf("band %d holds %.3f of the accounts, want %v", i, b/n, want[i])
		}
	}
	rungs := map[string]int{
		"activity": 4, "features": 3, "login": 3, "usage trend": 3, "csat": 4, "escalations": 3, "sentiment": 2, "ticket trend": 3,
		"payment": 3, "growth": 3, "downgrade": 2, "contract": 3, "sponsor": 2, "champion": 3, "nps": 3, "qbr": 3,
	}
	for signal, count := range rungs {
		seen := 0
		for rung, c := range hits[signal] {
			if rung == "missing" || rung == "not applicable" {
				continue
			}
			seen++
			if c/n < .01 {
				t.Errorf("%s %s is hit by %.2f%% of the accounts, want 1%%", signal, rung, 100*c/n)
			}
		}
		if seen != count {
			t.Errorf("%s: %d of %d rungs are hit", signal, seen, count)
		}
	}
}

func TestLossesComeAtAPlausibleRate(t *testing.T) {
	p := shifted()
	var years, logos, uncounted, downsells float64
	for _, a := range p.accounts {
		if a.stage != stageCustomer && a.stage != stageChurned {
			continue
		}
		to := p.w.last
		if a.notice != none {
			to = a.notice
		}
		years += float64(to-max(a.start, p.w.usage)) / 365
		for _, l := range a.losses {
			switch {
			case l.kind == "downsell":
				downsells++
			case l.counts:
				logos++
			default:
				uncounted++
			}
		}
	}
	t.Logf("a year: %.1f%% logos, %.1f%% downsells, %.2f%% uncounted", 100*logos/years, 100*downsells/years, 100*uncounted/years)
	if rate := logos / years; rate < .12 || rate > .15 {
		t.Errorf("%.3f of the accounts leave in a year, want 0.12 to 0.15", rate)
	}
	if rate := downsells / years; rate < .01 || rate > .05 {
		t.Errorf("%.3f of the accounts shrink in a year, want 0.01 to 0.05", rate)
	}
	if uncounted == 0 {
		t.Error("no account was acquired")
	}
}

// auc is the share of pairs of a lost and a kept row in which the lost one
// scores lower.
func auc(rows []row) float64 {
	var kept, lost [1001]float64
	for _, r := range rows {
		i := int(r.composite * 10)
		if r.lost {
			lost[i]++
		} else {
			kept[i]++
		}
	}
	var pairs, below, n, all float64
	for i := range lost {
		pairs += kept[i] * (below + lost[i]/2)
		below += lost[i]
		n += kept[i]
	}
	all = below
	return pairs / (n * all)
}

func TestScoreForetellsLossesButNotPerfectly(t *testing.T) {
	rows := shifted().panel()
	got := auc(rows)
	t.Logf("AUC %.3f", got)
	if got < .72 || got > .80 {
		t.Errorf("AUC of the composite against losses in the next quarter is %.3f, want 0.72 to 0.80", got)
	}
}

// A logistic regression of losses on scored pillars with segment intercepts
// must point at the truth: at the current weights where the truth agrees with
// them, and in the right direction where it does not. Noise in the scores and
// correlation between pillars draw estimates towards each other, so they are
// not equal to the latents' weights.
func TestRefitPointsAtTheTruth(t *testing.T) {
	current := refit(generate(Options{Accounts: 8000, Truth: Current()}).panel())
	moved := refit(shifted().panel())
	t.Logf("current %.3f, shifted %.3f", current, moved)
	for k, want := range Current().Weights {
		if math.Abs(current[k]-want) > .06 {
			t.Errorf("truth %v: pillar %d weighs %.3f, want %.2f within 0.06", Current().Weights, k, current[k], want)
		}
	}
	for k, truth := range Shifted().Weights {
		before, after := Current().Weights[k], moved[k]
		if (truth-before)*(after-before) <= 0 {
			t.Errorf("truth %v: pillar %d moves from %.2f to %.3f, away from %.2f", Shifted().Weights, k, before, after, truth)
		}
	}
	for k := range current {
		want := Shifted().Weights[k] - Current().Weights[k]
		if got := moved[k] - current[k]; math.Abs(want) >= .1 && got*math.Copysign(1, want) < .03 {
			t.Errorf("pillar %d: the truths cannot be told apart: %.3f and %.3f", k, current, moved)
		}
	}
}

// refit returns the normalised coefficients of an unconstrained logistic
// regression by Newton's method.
func refit(rows []row) (w [pillars]float64) {
	const m = 1 + pillars + segments - 1
	var b [m]float64
	for range 12 {
		var h [m][m + 1]float64
		for _, r := range rows {
			x := [m]float64{0: 1}
			known := true
			for k := range pillars {
				x[1+k] = r.pillar[k] / 100
				known = known && !math.IsNaN(r.pillar[k])
			}
			if !known {
				continue
			}
			if r.segment > 0 {
				x[pillars+r.segment] = 1
			}
			eta, y := 0.0, 0.0
			for j := range x {
				eta += b[j] * x[j]
			}
			if r.lost {
				y = 1
			}
			p := 1 / (1 + math.Exp(-eta))
			for i := range x {
				for j := range x {
					h[i][j] += p * (1 - p) * x[i] * x[j]
				}
				h[i][m] += (y - p) * x[i]
			}
		}
		for i := range h { // Gauss-Jordan; the matrix is positive definite
			for j := range h {
				if f := h[j][i] / h[i][i]; i != j {
					for c := range h[j] {
						h[j][c] -= f * h[i][c]
					}
				}
			}
		}
		for i := range b {
			b[i] += h[i][m] / h[i][i]
		}
	}
	sum := b[1] + b[2] + b[3] + b[4]
	for k := range w {
		w[k] = b[1+k] / sum
	}
	return w
}

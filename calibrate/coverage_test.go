package calibrate

import (
	"math"
	"math/rand/v2"
	"testing"

	"accounthealth/calibrate/assess"
)

// TestCutCoverage measures how often the 90% interval of a suggested cut-off
// covers the cut-off of a very large sample, and how often the out-of-fold
// probabilities of a right model are rejected at 5%. Asked for like TestCoverage.
func TestCutCoverage(t *testing.T) {
	if *coverageSamples == 0 {
		t.Skip("no -coverage-samples")
	}
	truth := []float64{.25, .25, .25, .25}
	o := Options{Replicates: -1, Intercepts: Single, Cuts: []float64{30, 45, 55}, Labels: []string{"a", "b", "c", "d"}}
	limit := newFrame(simulate(150_000, 4, 2, truth, 1.9, .09, 77))
	huge, err := calibrateComposite(t.Context(), limit, "", limit.score, o.withDefaults(), true)
	if err != nil || !huge.OK {
		t.Fatal(err, huge.Why)
	}
	o.Replicates = 300
	hits, cuts, rejected, mapped, events := 0, 0, 0, 0, 0
	var refused [4]int // by check
	for seed := range *coverageSamples {
		f := newFrame(simulate(700, 4, 2, truth, 1.9, .09, uint64(9000+seed)))
		o.Seed = uint64(seed)
		c, err := calibrateComposite(t.Context(), f, "", f.score, o.withDefaults(), true)
		if err != nil || !c.OK {
			continue
		}
		for j, cut := range c.Cuts {
			if cut.Suggested.Interval {
				cuts++
				if covers(cut.Suggested, huge.Cuts[j].Suggested.Value) {
					hits++
				}
			}
		}
		p, err := probabilityFigures(t.Context(), f, f.score, o.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		events += p.Events
		if p.Test.OK {
			mapped++
			if p.Test.P < .05 {
				rejected++
			}
			for k, c := range probabilityChecks(p, 1, o.withDefaults().Rules).Checks {
				if !c.Passed {
					refused[k]++
				}
			}
		}
	}
	t.Logf("90%% intervals of cut-offs cover in %.1f%% of %d; right probabilities rejected at 5%% in %d of %d samples and refused by the four checks of the claim gate in %d; %d events on average",
		100*float64(hits)/float64(cuts), cuts, rejected, mapped, refused, events / *coverageSamples)
	if share := float64(hits) / float64(cuts); share < .82 || share > .97 {
		t.Errorf("intervals of cut-offs cover %.3f", share)
	}
}

// TestRuleErrors measures how often rules that say nothing are called contrary or
// in agreement, among ten rules of which none says anything, and how often a
// two-step ladder on a pillar that matters is confirmed. Asked for like
// TestCoverage.
func TestRuleErrors(t *testing.T) {
	if *coverageSamples == 0 {
		t.Skip("no -coverage-samples")
	}
	wrong, confirmed, reversed, events := 0, 0, 0, 0
	for seed := range *coverageSamples {
		s := simulate(700, 4, 2, []float64{.45, .1, .15, .3}, 1.9, .09, uint64(20000+seed))
		rng := rand.New(rand.NewPCG(uint64(seed), 9))
		trait := make([]float64, len(s.Y)) // of the account, so that its rows agree
		for range 5 {
			of := map[int32]float64{}
			for i, a := range s.Account {
				if _, ok := of[a]; !ok {
					of[a] = 100 * rng.Float64()
				}
				trait[i] = of[a]
			}
			s.Rules = append(s.Rules, ladder(string(rune('p'+len(s.Rules))), trait, []float64{50}, []float64{0, 20})...)
		}
		judge := func() []RuleEvidence {
			rules, _ := ruleEvidence(newFrame(s), .05)
			return rules
		}
		any := false
		for _, e := range judge() {
			any = any || e.Verdict == RuleContrary || e.Verdict == RuleAgrees
		}
		if any {
			wrong++
		}
		s.Rules = append(s.Rules, ladder("real", s.X[0], []float64{55}, []float64{0, 20})...)
		for _, e := range judge() {
			if e.Signal == "real" && e.Name == "a" {
				switch e.Verdict {
				case RuleAgrees:
					confirmed++
				case RuleContrary:
					reversed++
				}
			}
		}
		events += newFrame(s).churnedAccounts(newFrame(s).complete)
	}
	n := *coverageSamples
	t.Logf("a verdict on ten empty rules in %d of %d samples; a real one confirmed in %d, reversed in %d; %d events on average", wrong, n, confirmed, reversed, events/n)
	if float64(wrong) > float64(n)*(.05+3*math.Sqrt(.05*.95/float64(n))) || reversed > 0 {
		t.Errorf("too many verdicts: %d of %d, %d reversed", wrong, n, reversed)
	}
}

// TestAUCCoverage measures how often the clustered 95% interval of an AUC covers
// that of a very large sample. Asked for like TestCoverage.
func TestAUCCoverage(t *testing.T) {
	if *coverageSamples == 0 {
		t.Skip("no -coverage-samples")
	}
	truth := []float64{.45, .1, .15, .3}
	limit := newFrame(simulate(150_000, 4, 2, truth, 1.9, .09, 78))
	want := assess.AUC(limit.score, limit.Y).Value
	for _, size := range []struct{ accounts int }{{150}, {700}} {
		hits, n, events := 0, 0, 0
		for seed := range *coverageSamples {
			f := newFrame(simulate(size.accounts, 4, 2, truth, 1.9, .09, uint64(30000+seed)))
			e := assess.Obuchowski(f.Y, f.account, f.score).Estimate(0)
			if !e.Interval {
				continue
			}
			n++
			events += f.churnedAccounts(f.complete)
			if covers(e, want) {
				hits++
			}
		}
		t.Logf("95%% intervals of AUC %.3f cover in %.1f%% of %d samples of %d events", want, 100*float64(hits)/float64(n), n, events/n)
	}
}

// TestAdoption measures how often other weights are proposed in place of the
// default ones, and what they gain on a very large fresh sample, where the truth is
// the default, moderately another, and strongly another. Asked for like
// TestCoverage.
func TestAdoption(t *testing.T) {
	if *coverageSamples == 0 {
		t.Skip("no -coverage-samples")
	}
	current := []float64{.30, .20, .25, .25}
	for _, c := range []struct {
		name     string
		truth    []float64
		lo, hi   float64 // of the share of adoptions
		minGains float64 // least share of adoptions that gain on fresh data
	}{
		{"current", current, 0, .05, 0},
		{"moderate", []float64{.45, .15, .20, .20}, 0, 1, .9},
		{"strong", []float64{.65, .05, .10, .20}, .5, 1, .95},
	} {
		fresh := newFrame(simulate(40_000, 4, 2, c.truth, 2.7, .09, 991))
		area := func(w []float64) float64 {
			score := make([]float64, fresh.n)
			for i := range score {
				score[i] = fresh.composite(w, i)
			}
			return assess.AUC(score, fresh.Y).Value
		}
		before := area(current)
		adopted, better, events := 0, 0, 0
		var gain float64
		for seed := range *coverageSamples {
			s := simulate(700, 4, 2, c.truth, 2.7, .09, uint64(40_000+seed))
			s.Weights = current
			r := mustRun(t, s, Options{Replicates: -1, Seed: uint64(seed)})
			events += r.Sample.ChurnedAccounts
			if r.Decision.Verdict != Propose {
				continue
			}
			adopted++
			g := area(r.Decision.Weights) - before
			gain += g
			if g > 0 {
				better++
			}
		}
		n := *coverageSamples
		t.Logf("truth %s: adopted in %d of %d, %d of these gain on fresh data, %.4f of AUC on average (%.4f would be the truth's); %d events on average",
			c.name, adopted, n, better, gain/float64(max(1, adopted)), area(c.truth)-before, events/n)
		if share := float64(adopted) / float64(n); share < c.lo || share > c.hi {
			t.Errorf("truth %s: adopted in %.3f of samples, not %.2f to %.2f", c.name, share, c.lo, c.hi)
		}
		if adopted > 0 && float64(better) < c.minGains*float64(adopted) {
			t.Errorf("truth %s: %d of %d adoptions gain", c.name, better, adopted)
		}
	}
}

package calibrate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// expanded prepares a sample with one intercept for refits by accounts.
func expanded(t testing.TB, s *Sample) (*subject, *origin) {
	t.Helper()
	f := newFrame(s)
	sub := newSubject(f, f.complete, s.Weights, Single)
	start := originOf(t, sub)
	if start == nil || start.near == nil {
		t.Fatal("the design is not expanded")
	}
	return sub, start
}

func originOf(t testing.TB, sub *subject) *origin {
	t.Helper()
	start, err := sub.unconstrainedOrigin(t.Context(), newFitter(sub.d), nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	return start
}

// Refits by accounts are the refits by rows: slopes to rounding, weights, the same zeros and
// the Wald statistic, for every number of pillars that is expanded, and with pillars of no use,
// of which some end at zero.
func TestBlockIsTheRefit(t *testing.T) {
	for _, c := range []struct {
		accounts  int
		truth     []float64
		intercept float64
	}{
		{20_000, []float64{.45, .1, .15, .3}, .9},
		{3000, []float64{.5, 0, .5, 0}, .9},
		{3000, []float64{.6, .4}, .9},
		{3000, []float64{1, 0, 0}, 2},
		{4000, []float64{.3, .3, .4, 0, 0}, 2.5},
	} {
		t.Run(fmt.Sprint(len(c.truth), " pillars, ", c.accounts, " accounts"), func(t *testing.T) {
			s := simulate(c.accounts, 9, 1, c.truth, c.intercept, .09, 5)
			sub, start := expanded(t, s)
			k := len(c.truth)
			groups := strata(sub.f, sub.d)
			b := newBlock(start.near, newFitter(sub.d), sub.to)
			b.refit(blockOf, func(mult []int32, i int) { draw(mult, groups, 3, i) })
			mult, f, want := make([]int32, sub.d.accounts), newFitter(sub.d), newEstimate(k)
			byAccounts, zeros, worst := 0, 0, 0.0
			for r := range blockOf {
				got := b.slots[r].e
				if b.slots[r].stage == done {
					byAccounts++
				}
				draw(mult, groups, 3, r)
				f.refit(sub.d, mult, sub.to, nil, exact, want)
				if got.status != converged || want.status != converged {
					t.Fatalf("%d: status %d, want %d", r, got.status, want.status)
				}
				for i := range k {
					if d := math.Abs(got.beta[i] - want.beta[i]); d > 1e-9*math.Sqrt(want.cov[i*k+i]) {
						t.Errorf("%d: slope %d is off by %g of %g", r, i, d, want.beta[i])
					}
					if math.Abs(got.free[i]-want.free[i]) > 1e-9 || math.Abs(got.shrunk[i]-want.shrunk[i]) > 1e-7 {
						t.Errorf("%d: weight %d is %g shrunk to %g, want %g and %g", r, i, got.free[i], got.shrunk[i], want.free[i], want.shrunk[i])
					}
					if (got.free[i] == 0) != (want.free[i] == 0) {
						t.Errorf("%d: weight %d is %g, want %g", r, i, got.free[i], want.free[i])
					}
					if got.free[i] == 0 {
						zeros++
					}
				}
				if math.Abs(got.c-want.c) > 3e-7 || got.clusters != want.clusters || got.contrary != want.contrary {
					t.Errorf("%d: share %.9f, want %.9f; clusters %g, want %g", r, got.c, want.c, got.clusters, want.clusters)
				}
				worst = max(worst, math.Abs(got.c-want.c))
			}
			t.Logf("%d by accounts, shares of shrinkage off by up to %.1g", byAccounts, worst)
			if byAccounts < blockOf-2 {
				t.Errorf("%d of %d resamples were refitted by accounts", byAccounts, blockOf)
			}
			if zeros == 0 && slices.Contains(c.truth, 0) {
				t.Error("no weight ended at zero: the bound is not exercised")
			}
		})
	}
}

// The bounds hold: what a refit by accounts claims as its error in the slopes and in the
// information is not exceeded, on samples of every kind; and every resample has the
// status and the weights of its refit by rows, whichever way it went.
func TestBlockBoundsHold(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 7))
	byAccounts, byRows := 0, 0
	for round := range 24 {
		k := 2 + rng.IntN(4)
		truth := make([]float64, k)
		truth[0] = 1
		if round%2 == 0 {
			truth[0], truth[1] = .5, .5
		}
		accounts := []int{30, 150, 1000, 3000}[rng.IntN(4)]
		slope := []float64{.02, .09, .3, .8}[rng.IntN(4)] // to near separation
		s := simulate(accounts, 2+rng.IntN(12), 1, truth, 50*slope*(.6+.4*rng.Float64()), slope, uint64(round))
		if round%3 == 0 { // heavy accounts, and one row far from all others
			for i := range s.Account {
				if s.Account[i] < 20 {
					s.Account[i] = 0
				}
			}
			s.X[0][0] = 4000
		}
		f := newFrame(s)
		sub := newSubject(f, f.complete, s.Weights, Single)
		full := sub.estimate(newFitter(sub.d), 10)
		if full.status != converged || full.firth {
			continue
		}
		start := originOf(t, sub)
		if start.near == nil {
			continue
		}
		x := start.near
		groups := strata(f, sub.d)
		b := newBlock(x, newFitter(sub.d), sub.to)
		const n = 6
		b.refit(n, func(mult []int32, i int) { draw(mult, groups, uint64(round), i) })
		mult, ft, want := make([]int32, sub.d.accounts), newFitter(sub.d), newEstimate(k)
		for r := range n {
			slot := &b.slots[r]
			got := slot.e
			draw(mult, groups, uint64(round), r)
			ft.refit(sub.d, mult, sub.to, nil, exact, want)
			if got.status != want.status {
				t.Errorf("round %d.%d: status %d, want %d", round, r, got.status, want.status)
				continue
			}
			if got.status != converged {
				continue
			}
			for i := range k {
				if math.Abs(got.shrunk[i]-want.shrunk[i]) > 1e-6 || math.Abs(got.free[i]-want.free[i]) > 1e-7 {
					t.Errorf("round %d.%d: weight %d is %g shrunk to %g, want %g and %g", round, r, i, got.free[i], got.shrunk[i], want.free[i], want.shrunk[i])
				}
			}
			if slot.stage != done {
				byRows++
				continue
			}
			byAccounts++
			if slot.by == nonNegative {
				continue // off and beta are those of the bounded fit
			}
			// The optimum and the information there, by rows.
			ft.prepare(sub.d, mult)
			if status, _ := ft.fit(sub.d, mult, unbounded, exact); status != converged {
				t.Fatal("no convergence")
			}
			theta, off := make([]float64, k+1), make([]float64, k+1)
			theta[0] = ft.a[0] + ft.a[1] - x.a
			for i, v := range ft.b {
				theta[i+1] = x.b[i] - v
			}
			for i := range theta {
				off[i] = theta[i] - slot.theta[i]
			}
			if d := x.norm(off); d > slot.off+1e-11 {
				t.Errorf("round %d.%d: slopes are off by %g standard errors, the bound is %g", round, r, d, slot.off)
			}
			b.model(slot)
			ft.evaluate(sub.d, mult)
			p := k + 1
			h := slices.Clone(b.h)
			h[0] -= ft.haa[0]
			for i := range k {
				h[i+1] += ft.hab[i]
				h[(i+1)*p] += ft.hab[i]
				for j := range k {
					h[(i+1)*p+j+1] -= ft.hbb[max(i, j)*k+min(i, j)]
				}
			}
			for i := range p { // whitened gives the distance from H0
				for j := range p {
					for m := range p {
						h[i*p+j] += x.root[i*p+m] * x.root[j*p+m]
					}
				}
			}
			if d, _ := x.whitened(h); d > math.Sqrt(float64(p))*slot.beta+1e-10 {
				t.Errorf("round %d.%d: the information is off by %g, the bound is %g", round, r, d, slot.beta)
			}
		}
	}
	if byAccounts < 20 || byRows < 5 {
		t.Errorf("%d resamples by accounts and %d by rows: one way is hardly tried", byAccounts, byRows)
	}
}

// Resamples the expansion cannot answer are refitted by rows: one far from the whole sample,
// one without an outcome, one that separates, and one whose bounded fit alone is far. They do not
// disturb those beside them.
func TestBlockGoesByRows(t *testing.T) {
	s := simulate(3000, 9, 1, []float64{.5, .5, 0}, .9, .09, 5)
	for i := range s.Y { // the last pillar is contrary, by far
		if s.X[2][i] > 75 && i%3 == 0 {
			s.Y[i] = true
		}
	}
	sub, start := expanded(t, s)
	if start.b[2] > -.2 {
		t.Fatal("the pillar is not contrary")
	}
	churned := make([]bool, sub.d.accounts)
	for j, c := range sub.d.churned {
		churned[sub.d.account[j]] = churned[sub.d.account[j]] || c
	}
	few := 0
	fill := map[int]func(mult []int32){
		0: func(mult []int32) { // nearly everybody churned
			for a := range mult {
				mult[a] = 1
				if churned[a] {
					mult[a] = 40
				}
			}
		},
		1: func(mult []int32) { // nobody did
			for a := range mult {
				mult[a] = 1
				if churned[a] {
					mult[a] = 0
				}
			}
		},
		2: func(mult []int32) { // three accounts
			clear(mult)
			few = 0
			for a := range mult {
				if few < 3 && churned[a] == (few == 0) {
					mult[a] = 1
					few++
				}
			}
		},
	}
	groups := strata(sub.f, sub.d)
	into := func(mult []int32, i int) {
		if f := fill[i]; f != nil {
			f(mult)
		} else {
			draw(mult, groups, 3, i)
		}
	}
	b := newBlock(start.near, newFitter(sub.d), sub.to)
	b.refit(8, into)
	mult, f, want := make([]int32, sub.d.accounts), newFitter(sub.d), newEstimate(3)
	for r := range 8 {
		slot := &b.slots[r]
		into(mult, r)
		f.refit(sub.d, mult, sub.to, nil, exact, want)
		if slot.e.status != want.status {
			t.Errorf("%d: status %d, want %d", r, slot.e.status, want.status)
			continue
		}
		switch {
		case r < 3 && slot.stage != rowsDue && slot.stage != rowsFromNow:
			t.Errorf("%d: by accounts, stage %d", r, slot.stage)
		case r >= 3 && slot.stage != boundedDue:
			t.Errorf("%d: stage %d, want the bounded fit by rows", r, slot.stage)
		}
		if want.status != converged {
			continue
		}
		for i := range 3 {
			if math.Abs(slot.e.shrunk[i]-want.shrunk[i]) > 1e-7 || math.Abs(slot.e.free[i]-want.free[i]) > 1e-8 {
				t.Errorf("%d: weight %d is %g shrunk to %g, want %g and %g", r, i, slot.e.free[i], slot.e.shrunk[i], want.free[i], want.shrunk[i])
			}
		}
	}
}

// The move of a probability agrees with the logistic function to the error that settle counts
// on.
func TestProbabilityMove(t *testing.T) {
	for _, eta := range []float64{-30, -9, -4, -1, 0, .3, 2, 7} {
		for i := -128; i <= 128; i++ {
			z, near := float64(i)/128, i%2 == 0
			if near {
				z *= nearMove
			}
			q := math.Tanh(eta / 2)
			got := probabilityMove(&[2]float64{q, (1 - q*q) / 2}, z/2, near)
			// p(eta+z) - p(eta) without cancellation.
			want := math.Expm1(z) * math.Exp(eta) / (1 + math.Exp(eta)) / (1 + math.Exp(eta+z))
			tolerance := math.Exp(math.Abs(z))*moveError(z/2, near) + 1e-14
			if eta > 5 || eta < -5 {
				tolerance += 1e-3 // 1-q^2 has lost digits; absolutely, they are rounding
			}
			if d := math.Abs(got - want); d > tolerance*math.Abs(want)+1e-16 {
				t.Errorf("eta %g, z %g: %g, want %g", eta, z, got, want)
			}
		}
	}
}

// The kernel for four pillars gives the figures of the general loop.
func TestReadAgreesWithTheGeneralLoop(t *testing.T) {
	sub, start := expanded(t, simulate(700, 6, 1, []float64{.4, .3, .2, .1}, 1.5, .08, 9))
	x := start.near
	groups := strata(sub.f, sub.d)
	b := newBlock(x, newFitter(sub.d), sub.to)
	slot := &b.slots[0]
	draw(b.mult, groups, 1, 0)
	b.mult[2] = 70
	slot.list(x, b.mult)
	copy(slot.theta, []float64{.02, -.01, .03, .04, -.05})
	for tile := range x.tiles() {
		slot.read(x, tile)
	}
	g, meat := slices.Clone(slot.g), slices.Clone(slot.meat)
	clear(slot.g)
	clear(slot.meat)
	for tile := range x.tiles() {
		features, lo, _ := x.tile(tile)
		slot.readAny(x, slot.drawn[slot.tile[tile]:slot.tile[tile+1]], features, lo)
	}
	near := func(what string, a, b []float64) {
		for i := range a {
			if math.Abs(a[i]-b[i]) > 1e-11*(1+math.Abs(b[i])) {
				t.Errorf("%s[%d] = %g, general loop %g", what, i, a[i], b[i])
			}
		}
	}
	near("gradient", g, slot.g)
	near("squares", meat, slot.meat)

	// And both are the gradient and the polynomial's information by rows.
	f := newFitter(sub.d)
	f.prepare(sub.d, b.mult)
	b.f = f
	b.place(slot.theta)
	f.evaluate(sub.d, b.mult)
	near("gradient by rows", g, append([]float64{f.ga[0]}, negative(f.gb)...))
	clear(slot.sums)
	for tile := range x.tiles() {
		add(x, tile, b.slots[:1])
	}
	b.place(make([]float64, 5))
	clear(slot.theta)
	f.evaluate(sub.d, b.mult)
	b.model(slot)
	near("gradient at the origin", b.g, append([]float64{f.ga[0]}, negative(f.gb)...))
	for i := range 4 {
		near("information", b.h[5*(i+1):5*(i+1)+1], []float64{-f.hab[i]})
		near("information", b.h[5*(i+1)+1:5*(i+1)+2+i], f.hbb[4*i:4*i+i+1])
	}
}

func negative(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = -x
	}
	return out
}

// A resample's refit depends neither on the workers nor on the resamples it shares a
// block with.
func TestBlocksDoNotMix(t *testing.T) {
	sub, start := expanded(t, simulate(1500, 6, 1, []float64{.5, .5, 0, 0}, 1.2, .09, 3))
	run := func(n, first, workers int) *replicates {
		groups := strata(sub.f, sub.d)
		out, err := sub.refitResamples(t.Context(), n, workers, 10, start, func(mult []int32, r int) { draw(mult, groups, 8, first+r) })
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	one, err := sub.unconstrainedOrigin(t.Context(), newFitter(sub.d), nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := one.near, start.near; !slices.Equal(a.feature, b.feature) || !slices.Equal(a.fifth, b.fifth) || a.spread != b.spread || a.longest != b.longest {
		t.Error("two workers expand the accounts to other figures than one")
	}
	all := run(45, 0, 1)
	if two := run(45, 0, 2); !slices.Equal(all.shrunk, two.shrunk) || !slices.Equal(all.free, two.free) || !slices.Equal(all.ok, two.ok) {
		t.Error("two workers give other figures than one")
	}
	if late := run(7, 29, 2); !slices.Equal(all.shrunk[29*4:36*4], late.shrunk) {
		t.Error("the same resamples in another block have other figures")
	}
	if all.refused > 0 {
		t.Errorf("%d refused", all.refused)
	}
}

// Designs whose accounts are not expanded.
func TestExpansionLimits(t *testing.T) {
	for _, c := range []struct {
		what    string
		by      Intercepts
		periods int
		pillars int
		want    bool
	}{
		{"one intercept", Single, 4, 4, true},
		{"an intercept a date", ByPeriod, 4, 4, false},
		{"an intercept a segment", BySegment, 4, 4, false},
		{"one row an account", Single, 1, 4, false},
		{"nine pillars", Single, 4, 9, false},
	} {
		s := simulate(300, c.periods, 2, slices.Repeat([]float64{1 / float64(c.pillars)}, c.pillars), 2, .08, 9)
		f := newFrame(s)
		sub := newSubject(f, f.complete, s.Weights, c.by)
		if start := originOf(t, sub); start == nil || (start.near != nil) != c.want {
			t.Errorf("%s: expanded is not %v", c.what, c.want)
		}
	}
}

// termsOf finds every element of an outer power among those that powers keeps.
func TestSymmetricPowers(t *testing.T) {
	w := newPowers(4, 5)
	copy(w.of[0], []float64{2, 3, 5, 7})
	w.raise()
	for order := 1; order <= 5; order++ {
		terms := termsOf(4, order)
		if want := slices.Max(terms) + 1; want != len(w.of[order-1]) {
			t.Errorf("order %d: %d terms, %d are kept", order, want, len(w.of[order-1]))
		}
		for n, term := range terms {
			want := 1.0
			for i, rest := 0, n; i < order; i, rest = i+1, rest/4 {
				want *= w.of[0][rest%4]
			}
			if got := w.of[order-1][term]; got != want {
				t.Errorf("order %d, element %d: %g, want %g", order, n, got, want)
			}
		}
	}
}

package sample

import (
	"fmt"
	"math"
	"os"
	"sort"
	"testing"
	"time"

	"accounthealth/internal/day"
)

func TestExplore(t *testing.T) {
	n := 6000
	if os.Getenv("N") != "" {
		fmt.Sscan(os.Getenv("N"), &n)
	}
	opt := Options{Accounts: n}
	if os.Getenv("TRUTH") == "current" {
		opt.Truth = Current()
	}
	opt = opt.withDefaults()
	w := newWorld(opt)
	start := time.Now()
	accs := make([]*account, n)
	for i := range accs {
		accs[i] = w.account(i)
	}
	fmt.Println("gen", time.Since(start))
	var ends []int32
	e := day.QuarterEnd(w.last)
	for i := 0; i < 8; i++ {
		ends = append([]int32{e}, ends...)
		e = day.PrevQuarterEnd(e)
	}
	bands := make([]int, 4)
	hits := map[string]map[string]int{}
	type obs struct {
		p   [4]float64
		seg int
		per int
		c   float64
		y   bool
	}
	var O []obs
	var z, x [4][]float64
	for qi, q := range ends {
		for _, a := range accs {
			if a.stage != stageCustomer && a.stage != stageChurned {
				continue
			}
			if q < a.start+90 || !a.served(q) || a.notice != none && a.notice <= q {
				continue
			}
			s := score(a, q)
			if qi == len(ends)-1 {
				b := 3
				h := math.Floor(math.Floor(s.composite*10+.5) / 10)
				switch {
				case h >= 80:
					b = 0
				case h >= 60:
					b = 1
				case h >= 40:
					b = 2
				}
				bands[b]++
				for k, v := range s.hit {
					if hits[k] == nil {
						hits[k] = map[string]int{}
					}
					hits[k][v]++
				}
			}
			ok := true
			for k := range pillars {
				if math.IsNaN(s.pillar[k]) {
					ok = false
					continue
				}
				z[k] = append(z[k], a.health[k][w.week(q)])
				x[k] = append(x[k], s.pillar[k])
			}
			if qi < len(ends)-1 {
				y := false
				late := false
				for _, l := range a.losses {
					if l.kind == "logo" && l.counts {
						if l.notice > q+14 && l.notice <= ends[qi+1] {
							y = true
						} else if l.notice > q && l.notice <= q+14 {
							late = true
						}
					}
				}
				if !late && ok {
					O = append(O, obs{s.pillar, a.segment, qi, s.composite, y})
				}
			}
		}
	}
	tot := 0
	for _, b := range bands {
		tot += b
	}
	fmt.Printf("bands n=%d", tot)
	for _, b := range bands {
		fmt.Printf(" %.1f%%", 100*float64(b)/float64(tot))
	}
	fmt.Println()
	for k := range pillars {
		mx, mz, sxx, szz, sxz := 0., 0., 0., 0., 0.
		n := float64(len(x[k]))
		for i := range x[k] {
			mx += x[k][i] / n
			mz += z[k][i] / n
		}
		for i := range x[k] {
			sxx += (x[k][i] - mx) * (x[k][i] - mx) / n
			szz += (z[k][i] - mz) * (z[k][i] - mz) / n
			sxz += (x[k][i] - mx) * (z[k][i] - mz) / n
		}
		b := sxz / szz
		fmt.Printf("pillar %d mean x %.1f sd %.1f mean z %.2f sd %.2f slope %.1f at0 %.1f noise %.1f rel %.2f |", k, mx, math.Sqrt(sxx), mz, math.Sqrt(szz), b, mx-b*mz, math.Sqrt(sxx-b*sxz), sxz*sxz/sxx/szz)
		for lo := -2.5; lo < 2.5; lo += .5 {
			s, c := 0., 0.
			for i := range x[k] {
				if z[k][i] >= lo && z[k][i] < lo+.5 {
					s += x[k][i]
					c++
				}
			}
			fmt.Printf(" %.0f(%.0f%%)", s/c, 100*c/n)
		}
		fmt.Println()
	}
	names := []string{}
	for k := range hits {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		fmt.Print(k, ": ")
		rows := []string{}
		for r := range hits[k] {
			rows = append(rows, r)
		}
		sort.Strings(rows)
		for _, r := range rows {
			fmt.Printf("%s %.1f%%  ", r, 100*float64(hits[k][r])/float64(tot))
		}
		fmt.Println()
	}
	sort.Slice(O, func(i, j int) bool { return O[i].c < O[j].c })
	pos, neg, auc := 0., 0., 0.
	for _, o := range O {
		if o.y {
			pos++
			auc += 0
		} else {
			neg++
		}
	}
	seen := 0.
	for _, o := range O {
		if o.y {
			seen++
		} else {
			auc += seen
		}
	}
	cm, cs := 0., 0.
	for _, o := range O {
		cm += o.c / float64(len(O))
	}
	for _, o := range O {
		cs += (o.c - cm) * (o.c - cm) / float64(len(O))
	}
	fmt.Printf("composite mean %.1f sd %.1f\n", cm, math.Sqrt(cs))
	fmt.Printf("rows %d events %.0f AUC %.3f\n", len(O), pos, auc/pos/neg)
	// annual churn
	yrs, logos, down, acq := 0., 0., 0., 0.
	seg := [3][2]float64{}
	half := [2][2]float64{}
	mid := (w.usage + w.last) / 2
	live, notice, onb := 0, 0, 0
	for _, a := range accs {
		if a.stage != stageCustomer && a.stage != stageChurned {
			continue
		}
		to := w.last
		if a.notice != none {
			to = a.notice
		}
		fr := max(a.start, w.usage)
		yrs += float64(to-fr) / 365
		seg[a.segment][0] += float64(to-fr) / 365
		for d := fr; d < to; d++ {
			if d < mid {
				half[0][0] += 1. / 365
			} else {
				half[1][0] += 1. / 365
			}
		}
		for _, l := range a.losses {
			switch {
			case !l.counts:
				acq++
			case l.kind == "logo":
				logos++
				seg[a.segment][1]++
				if l.notice < mid {
					half[0][1]++
				} else {
					half[1][1]++
				}
			default:
				down++
			}
		}
		if a.served(w.last) {
			live++
			if a.notice != none {
				notice++
			} else if w.last-a.start < 90 {
				onb++
			}
		}
	}
	fmt.Printf("annual logo %.3f downsell %.3f acq %.3f; seg %.3f %.3f %.3f halves %.3f %.3f; live %d notice %d onboarding %d plays\n", logos/yrs, down/yrs, acq/yrs, seg[0][1]/seg[0][0], seg[1][1]/seg[1][0], seg[2][1]/seg[2][0], half[0][1]/half[0][0], half[1][1]/half[1][0], live, notice, onb)
	// unconstrained logistic
	var X [][]float64
	var Y []float64
	for _, o := range O {
		X = append(X, []float64{1, o.p[0] / 100, o.p[1] / 100, o.p[2] / 100, o.p[3] / 100})
		for k := 1; k < 3; k++ {
			v := 0.
			if o.seg == k {
				v = 1
			}
			X[len(X)-1] = append(X[len(X)-1], v)
		}
		y := 0.
		if o.y {
			y = 1
		}
		Y = append(Y, y)
	}
	b := logit(X, Y)
	sum := b[1] + b[2] + b[3] + b[4]
	fmt.Printf("refit %.2f: %.3f %.3f %.3f %.3f\n", sum, b[1]/sum, b[2]/sum, b[3]/sum, b[4]/sum)
	var rows struct{ tickets, inv, opp, con, nps, meet, pulse, terms, usage, plays, notes int }
	for _, a := range accs {
		rows.tickets += len(a.tickets)
		rows.inv += len(a.invoices)
		rows.opp += len(a.opportunities)
		rows.con += len(a.contacts)
		rows.nps += len(a.surveys)
		rows.meet += len(a.meetings)
		rows.pulse += len(a.pulses)
		rows.terms += len(a.terms)
		rows.usage += len(a.usage)
		rows.plays += len(a.plays)
		rows.notes += len(a.notes)
	}
	fmt.Printf("%+v\n", rows)
}

func logit(X [][]float64, Y []float64) []float64 {
	k := len(X[0])
	b := make([]float64, k)
	for it := 0; it < 30; it++ {
		g := make([]float64, k)
		H := make([][]float64, k)
		for i := range H {
			H[i] = make([]float64, k+1)
		}
		for i, x := range X {
			e := 0.
			for j := range x {
				e += b[j] * x[j]
			}
			p := 1 / (1 + math.Exp(-e))
			for j := range x {
				g[j] += (Y[i] - p) * x[j]
				for l := range x {
					H[j][l] += p * (1 - p) * x[j] * x[l]
				}
			}
		}
		for i := range H {
			H[i][k] = g[i]
		}
		for i := 0; i < k; i++ {
			for j := 0; j < k; j++ {
				if j != i {
					f := H[j][i] / H[i][i]
					for l := i; l <= k; l++ {
						H[j][l] -= f * H[i][l]
					}
				}
			}
		}
		for i := range b {
			b[i] += H[i][k] / H[i][i]
		}
	}
	return b
}

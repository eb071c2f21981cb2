package assess

import (
	"cmp"
	"math"
	"slices"
)

// Concordance says how often, of two accounts of which one is known to have left
// first, the one with the lower score did: Harrell's C, with ties half.
type Concordance struct {
	C          Estimate `json:"c"`
	Concordant int64    `json:"concordant"`
	Discordant int64    `json:"discordant"`
	TiedScore  int64    `json:"tied_score"`
	TiedTime   int64    `json:"tied_time"` // both left at one time; not counted
	TiedBoth   int64    `json:"tied_both"`
}

// SurvivalConcordance counts the pairs of a row that churned at t and a row at
// risk that was there after t (or was last seen at t): F. Harrell et al., JAMA
// 247 (1982) 2543. Events after horizon are not counted; 0 is no horizon. The
// standard error is the infinitesimal jackknife over rows, summed within clusters
// where cluster is not nil. O(n log n).
func SurvivalConcordance(f FollowUp, score []float64, cluster []int32, horizon float64) Concordance {
	why := f.check()
	switch {
	case why != "":
	case len(score) != len(f.Stop) || cluster != nil && len(cluster) != len(score):
		why = whyLengths
	case !allFinite(score):
		why = whyNotFinite
	}
	if why != "" {
		return Concordance{C: Estimate{Why: why}}
	}
	deaths := f.deaths()
	if horizon > 0 {
		deaths = slices.DeleteFunc(deaths, func(i int32) bool { return f.Stop[i] > horizon })
	}
	p := &pairCount{f: f, deaths: deaths, won: make([]float64, len(score)), all: make([]float64, len(score))}
	p.rank, p.levels = levels(score)
	var out Concordance
	p.asLeaver(&out)
	p.asSurvivor()
	out.C.N = len(score)
	n := float64(out.Concordant + out.Discordant + out.TiedScore)
	if n == 0 {
		out.C.Why = "no pair of rows can be compared"
		return out
	}
	c := (float64(out.Concordant) + float64(out.TiedScore)/2) / n
	out.C.Value, out.C.OK = c, true
	slot, count := dense(cluster)
	if cluster == nil {
		slot, count = make([]int32, len(score)), len(score)
		for i := range slot {
			slot[i] = int32(i)
		}
	}
	influence := make([]float64, count)
	for i, s := range slot {
		influence[s] += (p.won[i] - c*p.all[i]) / n
	}
	var variance float64
	for _, v := range influence {
		variance += v * v
	}
	out.C.setInterval(math.Sqrt(variance), 0, 1)
	return out
}

// levels ranks the distinct values from 0.
func levels(score []float64) (rank []int32, count int) {
	sorted := slices.Compact(slices.Sorted(slices.Values(score)))
	rank = make([]int32, len(score))
	for i, s := range score {
		j, _ := slices.BinarySearch(sorted, s)
		rank[i] = int32(j)
	}
	return rank, len(sorted)
}

type pairCount struct {
	f      FollowUp
	deaths []int32 // that count, ascending
	rank   []int32
	levels int
	won    []float64 // pairs won by each row's part in them, ties half
	all    []float64 // pairs it is in
}

// asLeaver counts for each event the rows at risk that outlast it.
func (p *pairCount) asLeaver(out *Concordance) {
	f := p.f
	byStop, byStart := f.schedule()
	risk := newTally(p.levels)
	in, gone := 0, 0
	for hi := len(p.deaths); hi > 0; {
		t := f.Stop[p.deaths[hi-1]]
		lo := hi
		for lo > 0 && f.Stop[p.deaths[lo-1]] == t {
			lo--
		}
		// Those who outlast t: later stops, and those last seen at t.
		for ; in < len(byStop) && f.Stop[byStop[in]] > t; in++ {
			risk.add(p.rank[byStop[in]], 1)
		}
		for ; gone < len(byStart) && f.start(int(byStart[gone])) >= t; gone++ {
			risk.add(p.rank[byStart[gone]], -1)
		}
		var censored []int32
		for j := in; j < len(byStop) && f.Stop[byStop[j]] == t; j++ {
			if !f.Event[byStop[j]] {
				risk.add(p.rank[byStop[j]], 1)
				censored = append(censored, byStop[j])
			}
		}
		same := map[int32]int64{}
		for _, i := range p.deaths[lo:hi] {
			below, upTo, total := risk.below(p.rank[i]), risk.below(p.rank[i]+1), risk.total
			out.Concordant += total - upTo
			out.Discordant += below
			out.TiedScore += upTo - below
			p.won[i] += float64(total-upTo) + float64(upTo-below)/2
			p.all[i] += float64(total)
			out.TiedBoth += same[p.rank[i]]
			same[p.rank[i]]++
		}
		d := int64(hi - lo)
		out.TiedTime += d * (d - 1) / 2
		for _, i := range censored {
			risk.add(p.rank[i], -1)
		}
		hi = lo
	}
	out.TiedTime -= out.TiedBoth
}

// asSurvivor counts for each row the events it outlasts while at risk: those in
// (start, stop), and at stop if it did not itself leave then.
func (p *pairCount) asSurvivor() {
	type query struct {
		row  int32
		upTo int // events, by time
		sign float64
	}
	times := make([]float64, len(p.deaths))
	for j, i := range p.deaths {
		times[j] = p.f.Stop[i]
	}
	var queries []query
	for i, stop := range p.f.Stop {
		from, _ := slices.BinarySearch(times, math.Nextafter(p.f.start(i), math.Inf(1)))
		limit := stop
		if !p.f.Event[i] {
			limit = math.Nextafter(stop, math.Inf(1))
		}
		to, _ := slices.BinarySearch(times, limit)
		if to > from {
			queries = append(queries, query{int32(i), from, -1}, query{int32(i), to, 1})
		}
	}
	slices.SortFunc(queries, func(a, b query) int {
		return cmp.Or(cmp.Compare(a.upTo, b.upTo), cmp.Compare(a.row, b.row), cmp.Compare(a.sign, b.sign))
	})
	seen, done := newTally(p.levels), 0
	for _, q := range queries {
		for ; done < q.upTo; done++ {
			seen.add(p.rank[p.deaths[done]], 1)
		}
		below, upTo := seen.below(p.rank[q.row]), seen.below(p.rank[q.row]+1)
		p.won[q.row] += q.sign * (float64(below) + float64(upTo-below)/2)
		p.all[q.row] += q.sign * float64(seen.total)
	}
}

// tally counts ranks and sums prefixes in O(log levels): a Fenwick tree.
type tally struct {
	sum   []int64
	total int64
}

func newTally(levels int) *tally { return &tally{sum: make([]int64, levels+1)} }

func (t *tally) add(rank int32, n int64) {
	t.total += n
	for j := int(rank) + 1; j < len(t.sum); j += j & -j {
		t.sum[j] += n
	}
}

// below counts the ranks under rank.
func (t *tally) below(rank int32) int64 {
	var s int64
	for j := int(rank); j > 0; j -= j & -j {
		s += t.sum[j]
	}
	return s
}

package quality

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"accounthealth/calibrate/assess"
	"accounthealth/internal/day"
	"accounthealth/internal/framework"
	"accounthealth/internal/portfolio"
)

// recentBins cuts a column's recent values by their own deciles, or by their
// words; nil where there is nothing to compare by.
func (c *column) recentBins(k int) []portfolio.Bin {
	if c.dist[k].n > 0 {
		return c.dist[k].bins(slices.Compact(c.dist[k].deciles()))
	}
	return c.words.bins(k)
}

func (w *wordCounts) bins(k int) []portfolio.Bin {
	var out []portfolio.Bin
	for _, word := range slices.Sorted(maps.Keys(w.rows)) {
		if n := w.rows[word][k]; n > 0 {
			out = append(out, portfolio.Bin{Word: word, Rows: n})
		}
	}
	return out
}

// sameBins counts the column's recent values by the bins of an earlier
// distribution, and returns both over the same bins; ok is false where the two
// do not compare.
func (c *column) sameBins(was []portfolio.Bin) (then, now []portfolio.Bin, ok bool) {
	if len(was) == 0 {
		return nil, nil, false
	}
	if was[0].Word == "" {
		if c.dist[recent].n == 0 {
			return nil, nil, false
		}
		var edges []float64
		for _, b := range was[:len(was)-1] {
			edges = append(edges, b.Upto)
		}
		return was, c.dist[recent].bins(edges), true
	}
	is := c.words.bins(recent)
	if len(is) == 0 {
		return nil, nil, false
	}
	rows := map[string][2]int64{}
	for k, list := range [][]portfolio.Bin{was, is} {
		for _, b := range list {
			n := rows[b.Word]
			n[k] += b.Rows
			rows[b.Word] = n
		}
	}
	for _, word := range slices.Sorted(maps.Keys(rows)) {
		then = append(then, portfolio.Bin{Word: word, Rows: rows[word][0]})
		now = append(now, portfolio.Bin{Word: word, Rows: rows[word][1]})
	}
	return then, now, true
}

// mostNoise is the noise beyond which a comparison is not worth printing: some
// 30 accounts by deciles.
const mostNoise = 1.0

// drift compares a column's recent values with those of the last run and of the
// window before, as far as there are any.
func (in *Input) drift(m *Meter, c *column) []portfolio.DriftRow {
	var out []portfolio.DriftRow
	compare := func(against string, was []portfolio.Bin, accounts int64) {
		then, now, ok := c.sameBins(was)
		if !ok {
			return
		}
		row := portfolio.DriftRow{Source: m.name, Column: c.Name, Against: against, Verdict: portfolio.Pass}
		e, a := counts(then, &row.Before), counts(now, &row.Rows)
		psi := assess.PSI(e, a)
		if !psi.OK {
			return
		}
		row.Index = portfolio.Amount(psi.Value)
		// Rows of one account are alike, so accounts are what is counted.
		n, k := row.Rows, row.Before
		if m.keyed {
			n, k = min(n, m.inSpan[recent].count()), min(k, accounts)
		}
		noise := assess.PSICritical(len(e), int(n), int(k))
		if !noise.OK || noise.Value > mostNoise {
			return
		}
		row.Noise = portfolio.Amount(noise.Value)
		switch beyond := psi.Value > noise.Value; {
		case beyond && psi.Value > in.Rules.Drift.Fail:
			row.Verdict = portfolio.Fail
		case beyond && psi.Value > in.Rules.Drift.Warn:
			row.Verdict = portfolio.Warn
		}
		row.Largest = largest(then, now, row.Before, row.Rows)
		out = append(out, row)
	}
	if p := in.Prior.column(m.name, c.Name); p != nil {
		compare("the run of "+day.Format(in.Prior.AsOf), p.Bins, p.RecentAccounts)
	}
	compare(fmt.Sprintf("the %d days before", m.window), c.recentBins(before), m.inSpan[before].count())
	return out
}

func counts(bins []portfolio.Bin, total *int64) []int {
	out := make([]int, len(bins))
	for i, b := range bins {
		out[i] = int(b.Rows)
		*total += b.Rows
	}
	return out
}

// largest names the bin whose share changed most.
func largest(then, now []portfolio.Bin, before, rows int64) string {
	at, most := 0, -1.0
	share := func(b portfolio.Bin, of int64) float64 { return float64(b.Rows) / float64(of) }
	for i := range then {
		if d := math.Abs(share(now[i], rows) - share(then[i], before)); d > most {
			at, most = i, d
		}
	}
	return fmt.Sprintf("%s: %s of rows, %s now", label(then, at), percent(share(then[at], before)), percent(share(now[at], rows)))
}

// label names a bin for a person.
func label(bins []portfolio.Bin, i int) string {
	switch b := bins[i]; {
	case b.Word != "":
		return b.Word
	case len(bins) == 1:
		return "any value"
	case i == 0:
		return figure(b.Upto) + " or less"
	case math.IsInf(b.Upto, 1):
		return "over " + figure(bins[i-1].Upto)
	default:
		return fmt.Sprintf("over %s to %s", figure(bins[i-1].Upto), figure(b.Upto))
	}
}

// figure writes a number for a person, to six digits.
func figure(x float64) string {
	f, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 6, 64), 64)
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func percent(x float64) string { return strconv.FormatFloat(100*x, 'f', 0, 64) + "%" }

func sortDrift(rows []portfolio.DriftRow) {
	rank := func(d portfolio.DriftRow) int { return slices.Index(ranks, d.Verdict) }
	slices.SortStableFunc(rows, func(a, b portfolio.DriftRow) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Index.Value, a.Index.Value))
	})
}

// fillFell says how much less often a column has a value than in the last run;
// ok is false where the difference could be chance: under three standard errors.
func fillFell(now, then *portfolio.ColumnRow, b framework.Bounds) (verdict string, ok bool) {
	if then == nil || now.RecentRows == 0 || then.RecentRows == 0 {
		return "", false
	}
	n, m := float64(now.RecentRows), float64(then.RecentRows)
	p, q := 1-float64(now.RecentEmpty)/n, 1-float64(then.RecentEmpty)/m
	pooled := (p*n + q*m) / (n + m)
	se := math.Sqrt(pooled * (1 - pooled) * (1/n + 1/m))
	switch fell := q - p; {
	case fell <= 3*se:
		return "", false
	case fell > b.Fail:
		return portfolio.Fail, true
	case fell > b.Warn:
		return portfolio.Warn, true
	}
	return "", false
}

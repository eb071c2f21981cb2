package framework

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// everything is the interval of all numbers.
var everything = plan.Interval{Lo: math.Inf(-1), Hi: math.Inf(1), LoOpen: true, HiOpen: true}

const intervalFix = `write it like "> 70%", ">= 30% and < 50%" or "= 0"`

// parseInterval reads one or two comparisons joined by "and", or a bare number
// for exactly that number. percent reports whether a bound was written in per
// cent. why is not empty when the text is refused.
func parseInterval(text string) (iv plan.Interval, percent bool, why string) {
	iv = everything
	text = strings.NewReplacer("≥", ">=", "≤", "<=").Replace(text)
	var haveLo, haveHi bool
	for part := range strings.SplitSeq(text, " and ") {
		part = strings.TrimSpace(part)
		number := strings.TrimLeft(part, "<>=")
		op := part[:len(part)-len(number)]
		x, pct, ok := yamlfile.ParseNumber(strings.TrimSpace(number))
		if !ok {
			return iv, false, fmt.Sprintf("%q is not a comparison with a number", part)
		}
		if plan.Round9(x) != x {
			return iv, false, fmt.Sprintf("%s has more than nine decimals, which values are rounded to", strings.TrimSpace(number))
		}
		percent = percent || pct
		lo, hi := op[:min(1, len(op))] == ">", op[:min(1, len(op))] == "<"
		switch op {
		case ">", ">=":
			iv.Lo, iv.LoOpen = x, op == ">"
		case "<", "<=":
			iv.Hi, iv.HiOpen = x, op == "<"
		case "=", "":
			iv = plan.Interval{Lo: x, Hi: x}
			lo, hi = true, true
		default:
			return iv, false, fmt.Sprintf("%q is not one of >, >=, <, <=, =", op)
		}
		if lo && haveLo || hi && haveHi {
			return iv, false, fmt.Sprintf("%q bounds the same side twice", text)
		}
		haveLo, haveHi = haveLo || lo, haveHi || hi
	}
	if !before(lower(iv), upper(iv)) {
		return iv, false, fmt.Sprintf("no number is %s", text)
	}
	return iv, percent, ""
}

// formatNumber writes a bound as it is written in ladders.
func formatNumber(x float64, percent bool) string {
	if percent {
		return yamlfile.FormatPercent(x)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// formatInterval is the inverse of parseInterval.
func formatInterval(iv plan.Interval, percent bool) string {
	if iv.Lo == iv.Hi {
		return "= " + formatNumber(iv.Lo, percent)
	}
	var parts []string
	if !math.IsInf(iv.Lo, -1) {
		op := ">= "
		if iv.LoOpen {
			op = "> "
		}
		parts = append(parts, op+formatNumber(iv.Lo, percent))
	}
	if !math.IsInf(iv.Hi, 1) {
		op := "<= "
		if iv.HiOpen {
			op = "< "
		}
		parts = append(parts, op+formatNumber(iv.Hi, percent))
	}
	if parts == nil {
		return "any number"
	}
	return strings.Join(parts, " and ")
}

// rangeLabel writes an interval for people: "> 70%", "50% to 70%", "30% to < 50%".
func rangeLabel(iv plan.Interval, percent bool) string {
	if math.IsInf(iv.Lo, -1) || math.IsInf(iv.Hi, 1) {
		return formatInterval(iv, percent)
	}
	lo, hi := formatNumber(iv.Lo, percent), formatNumber(iv.Hi, percent)
	switch {
	case iv.Lo == iv.Hi:
		return lo
	case iv.LoOpen && iv.HiOpen:
		return "> " + lo + " to < " + hi
	case iv.LoOpen:
		return "> " + lo + " to " + hi
	case iv.HiOpen:
		return lo + " to < " + hi
	}
	return lo + " to " + hi
}

// place lies between numbers: just before at, or just after it. An interval
// holds the numbers between its lower and its upper place, which makes gaps and
// overlaps of open and closed ends plain comparisons.
type place struct {
	at    float64
	after bool
}

func lower(iv plan.Interval) place { return place{iv.Lo, iv.LoOpen} }
func upper(iv plan.Interval) place { return place{iv.Hi, !iv.HiOpen} }

func between(lo, hi place) plan.Interval {
	return plan.Interval{Lo: lo.at, LoOpen: lo.after, Hi: hi.at, HiOpen: !hi.after}
}

func comparePlaces(a, b place) int {
	if c := cmp.Compare(a.at, b.at); c != 0 || a.after == b.after {
		return c
	}
	if b.after {
		return -1
	}
	return 1
}

func before(a, b place) bool { return comparePlaces(a, b) < 0 }

// clip returns the part of iv inside the domain, and whether there is any.
func clip(iv, domain plan.Interval) (plan.Interval, bool) {
	lo, hi := lower(iv), upper(iv)
	if before(lo, lower(domain)) {
		lo = lower(domain)
	}
	if before(upper(domain), hi) {
		hi = upper(domain)
	}
	return between(lo, hi), before(lo, hi)
}

// overlap is what two rows, a before b in the file, have in common.
type overlap struct {
	a, b int
	part plan.Interval
}

// partition compares rows, all inside the domain, with the domain: gaps are the
// parts that no row covers, overlaps the parts that two rows cover. Both empty
// means that every value has exactly one row.
func partition(domain plan.Interval, rows []plan.Interval) (gaps []plan.Interval, overlaps []overlap) {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(comparePlaces(lower(rows[a]), lower(rows[b])), comparePlaces(upper(rows[a]), upper(rows[b])))
	})
	reached, widest := lower(domain), -1 // widest is the row that reaches furthest
	for _, i := range order {
		lo, hi := lower(rows[i]), upper(rows[i])
		if before(reached, lo) {
			gaps = append(gaps, between(reached, lo))
		}
		if widest >= 0 && before(lo, reached) {
			end := reached
			if before(hi, end) {
				end = hi
			}
			overlaps = append(overlaps, overlap{min(i, widest), max(i, widest), between(lo, end)})
		}
		if widest < 0 || before(reached, hi) {
			reached, widest = hi, i
		}
	}
	if before(reached, upper(domain)) {
		gaps = append(gaps, between(reached, upper(domain)))
	}
	return gaps, overlaps
}

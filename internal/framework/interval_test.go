package framework

import (
	"math"
	"testing"

	"accounthealth/internal/plan"

	"pgregory.net/rapid"
)

// probes are values on and between the whole numbers 0 to 6.
func probes() []float64 {
	var out []float64
	for x := -1.0; x <= 7; x += 0.5 {
		out = append(out, x)
	}
	return out
}

func drawInterval(t *rapid.T, label string) plan.Interval {
	iv := plan.Interval{
		Lo: float64(rapid.IntRange(0, 6).Draw(t, label+" lo")), LoOpen: rapid.Bool().Draw(t, label+" lo open"),
		Hi: float64(rapid.IntRange(0, 6).Draw(t, label+" hi")), HiOpen: rapid.Bool().Draw(t, label+" hi open"),
	}
	if iv.Lo > iv.Hi {
		iv.Lo, iv.Hi = iv.Hi, iv.Lo
	}
	if iv.Lo == iv.Hi {
		iv.LoOpen, iv.HiOpen = false, false
	}
	return iv
}

// partition finds a gap exactly where a brute-force count finds no row, and an
// overlap exactly when it finds two.
func TestPartitionAgainstCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		domain := drawInterval(t, "domain")
		var rows []plan.Interval
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			if iv, ok := clip(drawInterval(t, "row"), domain); ok {
				rows = append(rows, iv)
			}
		}
		gaps, overlaps := partition(domain, rows)
		twice := false
		for _, x := range probes() {
			n := 0
			for _, r := range rows {
				if r.Contains(x) {
					n++
				}
			}
			twice = twice || n > 1
			inGap := false
			for _, g := range gaps {
				inGap = inGap || g.Contains(x)
			}
			if want := domain.Contains(x) && n == 0; inGap != want {
				t.Fatalf("%v: gap %v, want %v", x, inGap, want)
			}
			for _, o := range overlaps {
				if o.part.Contains(x) && (!rows[o.a].Contains(x) || !rows[o.b].Contains(x)) {
					t.Fatalf("%v is not in both rows of the overlap", x)
				}
			}
		}
		if twice != (len(overlaps) > 0) {
			t.Fatalf("overlaps %v, but counted twice: %v", overlaps, twice)
		}
	})
}

func TestIntervalText(t *testing.T) {
	inf := math.Inf(1)
	for text, want := range map[string]plan.Interval{
		"> 70%":                 {Lo: 0.7, LoOpen: true, Hi: inf, HiOpen: true},
		">= 30% and < 50%":      {Lo: 0.3, Hi: 0.5, HiOpen: true},
		"<= 1":                  {Lo: -inf, LoOpen: true, Hi: 1},
		"= 0":                   {},
		"0":                     {},
		"≥ 4 and ≤ 4.5":         {Lo: 4, Hi: 4.5},
		"< 5 and > -5":          {Lo: -5, Hi: 5, LoOpen: true, HiOpen: true},
		">=7 and <30":           {Lo: 7, Hi: 30, HiOpen: true},
		">= 0.1% and <= 12.34%": {Lo: 0.001, Hi: 0.1234},
	} {
		iv, percent, why := parseInterval(text)
		if why != "" || iv != want {
			t.Errorf("%s: %v, %s", text, iv, why)
			continue
		}
		if again, _, _ := parseInterval(formatInterval(iv, percent)); again != want {
			t.Errorf("%s is written %s", text, formatInterval(iv, percent))
		}
	}
	for _, text := range []string{"", "70", "> ", "=> 5", "> 5 and > 6", "= 5 and < 6", "> 5 or < 3", "5 to 7", "> 5 and < 5", ">= 6 and <= 5", "> x", "<> 5", "> 0.12345678901", ">> 5", "= 5 and", "> inf"} {
		if iv, _, why := parseInterval(text); why == "" && text != "70" {
			t.Errorf("%q accepted as %v", text, iv)
		}
	}
}

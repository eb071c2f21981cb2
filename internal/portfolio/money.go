package portfolio

import (
	"math"
	"strconv"
)

// Sums of money are exact: amounts are added in whole cents, so that a total
// never depends on the order of the accounts and ties to the cent.
type cents int64

func toCents(v float64) cents {
	if math.IsNaN(v) {
		return 0
	}
	return cents(math.Round(v * 100))
}

func (c *cents) add(v float64) { *c += toCents(v) }

func (c cents) float() float64 { return float64(c) / 100 }

// rate is num/den with both kept beside it, undefined over zero.
func rate(num, den float64) Figure {
	if den == 0 {
		return Figure{Num: num, Den: den}
	}
	return Figure{Value: num / den, Defined: true, Num: num, Den: den}
}

func maybe(v float64) Figure {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Figure{}
	}
	return Amount(v)
}

// Thousands writes a whole amount with separators, for sentences.
func Thousands(v float64) string {
	s := strconv.FormatFloat(math.Round(math.Abs(v)), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v <= -0.5 {
		return "-" + s
	}
	return s
}

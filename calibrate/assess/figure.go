package assess

import "math"

// Z975 is the 97.5% quantile of the standard normal distribution, the half
// width of a 95% interval in standard errors.
const Z975 = 1.959963984540054

// Number is a figure that may be undefined.
type Number struct {
	Value float64 `json:"value"`         // 0 where OK is false
	OK    bool    `json:"ok"`            // the value is defined
	Why   string  `json:"why,omitempty"` // why it is not
}

// Defined returns v as a Number; a v that is not finite is undefined.
func Defined(v float64) Number {
	if !finite(v) {
		return Undefined("the figure is not finite")
	}
	return Number{Value: v, OK: true}
}

// Undefined returns a Number without a value and the reason.
func Undefined(why string) Number { return Number{Why: why} }

// Estimate is a figure with its standard error and 95% interval.
type Estimate struct {
	Value    float64 `json:"value"`
	SE       float64 `json:"se"`
	Lo       float64 `json:"lo"`
	Hi       float64 `json:"hi"`
	N        int     `json:"n"`        // rows behind it
	OK       bool    `json:"ok"`       // Value is defined
	Interval bool    `json:"interval"` // SE, Lo and Hi are defined
	Why      string  `json:"why,omitempty"`
}

// Test is a hypothesis test: Statistic has DF degrees of freedom (0 for a
// normal statistic; DF2 is the denominator of an F), P is two-sided for a
// normal or t statistic and the upper tail for chi-square and F.
type Test struct {
	Statistic float64 `json:"statistic"`
	DF        float64 `json:"df,omitempty"`
	DF2       float64 `json:"df2,omitempty"`
	P         float64 `json:"p"`
	OK        bool    `json:"ok"`
	Why       string  `json:"why,omitempty"`
}

// normalTest is the two-sided test of a standard normal statistic.
func normalTest(z float64) Test {
	if !finite(z) {
		return Test{Why: "the statistic has no variance"}
	}
	return Test{Statistic: z, P: min(1, 2*NormalSurvival(math.Abs(z))), OK: true}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func allFinite(x []float64) bool {
	for _, v := range x {
		if !finite(v) {
			return false
		}
	}
	return true
}

// The reasons for an undefined figure that several measures share.
const (
	whyLengths     = "the columns have different lengths"
	whyNotFinite   = "a value is missing or not finite"
	whyNoChurned   = "no row churned"
	whyNothingLost = "no ARR was lost"
	whyNoKept      = "every row churned"
	whyEmpty       = "there are no rows"
	whyConstant    = "the column has one value only"
	whyNoScore     = "there is no such score"
	whyFewRows     = "there are too few rows"
	whyCollinear   = "a column is a linear combination of the others"
	whySeparated   = "the columns separate churned from kept rows perfectly"
	whyDiverged    = "the fit did not converge"
)

// outcomes checks a score column against its outcomes and counts both classes.
func outcomes(score []float64, churned []bool) (m, n int, why string) {
	switch {
	case len(score) != len(churned):
		return 0, 0, whyLengths
	case len(score) == 0:
		return 0, 0, whyEmpty
	case !allFinite(score):
		return 0, 0, whyNotFinite
	}
	for _, c := range churned {
		if c {
			m++
		}
	}
	n = len(churned) - m
	switch {
	case m == 0:
		why = whyNoChurned
	case n == 0:
		why = whyNoKept
	}
	return m, n, why
}

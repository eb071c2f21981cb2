package reports

import (
	"math"
	"strconv"
	"strings"
	"time"

	"accounthealth/internal/portfolio"
)

// format says how a column or a single value is shown. The unit stands in the
// heading, not in the format.
type format uint8

const (
	inherit     format = iota // a value's format: that of its column
	asText                    // left, one line
	asWrap                    // left, wrapped
	asID                      // text that may look like a number
	asBand                    // a status: text in the colour of its band
	asCount                   // 1,234
	asMoney                   // 1,234,567
	asPercent                 // 12.3%
	asScore                   // 76.4
	asDate                    // 30 Sep 2026
	asSigned                  // +1.5
	asSignedN                 // +12 accounts
	asSignedUSD               // +12,000
	asSignedPct               // +1.2%
	asDecimal                 // 0.812
	asMark                    // centred word
	asCents                   // 1,234.56
	asFine                    // 0.0123, of either sign
	asDay                     // a date among texts, left
	asChance                  // 0.0123, a p-value; <0.0001 under that
)

// formats gives each format its number format and alignment.
var formats = [...]struct {
	number, align string
	wrap          bool
}{
	asText:      {align: "left"},
	asWrap:      {align: "left", wrap: true},
	asID:        {number: "@", align: "left"},
	asBand:      {align: "center"},
	asCount:     {number: `#,##0`, align: "right"},
	asMoney:     {number: `#,##0`, align: "right"},
	asPercent:   {number: `0.0%`, align: "right"},
	asScore:     {number: `0.0`, align: "right"},
	asDate:      {number: `d mmm yyyy`, align: "center"},
	asSigned:    {number: `+0.0;-0.0;0.0`, align: "right"},
	asSignedN:   {number: `+#,##0;-#,##0;0`, align: "right"},
	asSignedUSD: {number: `+#,##0;-#,##0;0`, align: "right"},
	asSignedPct: {number: `+0.0%;-0.0%;0.0%`, align: "right"},
	asDecimal:   {number: `0.000`, align: "right"},
	asMark:      {align: "center"},
	asCents:     {number: `#,##0.00`, align: "right"},
	asChance:    {number: `[<0.0001]"<0.0001";0.0000`, align: "right"},
	asFine:      {number: `0.0000`, align: "right"},
	asDay:       {number: `d mmm yyyy`, align: "left"},
}

// kind is the type of a stored cell.
type kind uint8

const (
	blank kind = iota
	textual
	number
)

// value is one cell's content before it is stored.
type value struct {
	kind kind
	as   format // inherit, or the value's own format
	text string
	num  float64
	// formula, where given, is what the cell computes; the value is what it gave for
	// the numbers that stand in the workbook.
	formula string
}

func str(s string) value {
	if s == "" {
		return value{}
	}
	return value{kind: textual, text: s}
}

func num(v float64) value { return value{kind: number, num: v} }

// count is a whole number; one that a double cannot hold exactly is text.
func count(n int64) value {
	if n > 1<<53 || n < -1<<53 {
		return str(strconv.FormatInt(n, 10))
	}
	return num(float64(n))
}

// fig is blank where the figure is not defined.
func fig(f portfolio.Figure) value {
	if !f.Defined {
		return value{}
	}
	return num(f.Value)
}

// unless is a value, blank where it is not known.
func unless(unknown bool, v value) value {
	if unknown {
		return value{}
	}
	return v
}

// day is a date cell, blank for portfolio.NoDay. Days that Excel has no number
// for (before March 1900, after 9999) are ISO text.
func day(d int32) value {
	const epoch, first, last = 25569, 61, 2958465
	switch serial := int64(d) + epoch; {
	case d == portfolio.NoDay:
		return value{}
	case serial < first || serial > last:
		return str(dayTime(d).Format(time.DateOnly))
	default:
		return value{kind: number, num: float64(serial)}
	}
}

// by makes a value the result of a formula, written without its =.
func (v value) by(formula string) value { v.formula = formula; return v }

// leading makes a text a link to the place that a formula gives. A text that is too
// long for a formula stays as it is.
func (v value) leading(target string) value {
	var c census
	text := c.clean(v.text)
	if v.kind != textual || text == "" || tooLong(text) {
		return v
	}
	return v.by("HYPERLINK(" + target + "," + quoteText(text) + ")")
}

// quoteText writes a text as formulas need it.
func quoteText(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// tooLong says that a text cannot stand in a formula, which takes 255 UTF-16 units.
func tooLong(s string) bool { return cutUnits(s, 255) != s }

// in gives a value a format of its own, for columns whose rows differ in unit.
func (v value) in(f format) value { v.as = f; return v }

// stored turns a value that a cell cannot hold into one it can, and counts it.
func (c *census) stored(v value) value {
	switch v.kind {
	case textual:
		v.text = c.clean(v.text)
		if v.text == "" {
			return value{as: v.as, formula: v.formula}
		}
	case number:
		if math.IsNaN(v.num) || math.IsInf(v.num, 0) {
			c.blank++
			return value{as: v.as, formula: v.formula}
		}
	}
	return v
}

func dayTime(d int32) time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// dayText writes a date for sentences and titles: 30 September 2026.
func dayText(d int32) string {
	if d == portfolio.NoDay {
		return "unknown"
	}
	return dayTime(d).Format("2 January 2006")
}

func itoa[T int | int32 | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// grouped writes a whole number with thousands separators, for sentences.
func grouped(n float64) string {
	s := strconv.FormatFloat(math.Abs(n), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if n <= -0.5 {
		s = "-" + s
	}
	return s
}

// percentText writes a rate for sentences: 41%.
func percentText(v float64) string { return strconv.FormatFloat(100*v, 'f', 0, 64) + "%" }

// ofText writes a rate's numerator and denominator: "41 of 230".
func ofText(f portfolio.Figure) string {
	if f.Den == 0 && f.Num == 0 {
		return ""
	}
	return grouped(f.Num) + " of " + grouped(f.Den)
}

// enough is a share out of so many that one more or less does not change what it
// says; blank where it is out of fewer than portfolio.SmallGroup. The counts beside
// it stand in either case.
func enough(f portfolio.Figure, n float64) value {
	if n < portfolio.SmallGroup {
		return value{}
	}
	return fig(f)
}

// fewNote says why shares are blank beside counts.
var fewNote = "Out of fewer than " + itoa(portfolio.SmallGroup) + " no share is printed: one more or less would change it. The counts stand for themselves."

// unitFormat is the format of a figure with a unit, and of its change.
func unitFormat(u portfolio.Unit) (level, change format) {
	switch u {
	case portfolio.Currency:
		return asMoney, asSignedUSD
	case portfolio.Percent:
		return asPercent, asSignedPct
	case portfolio.Points:
		return asScore, asSigned
	case Decimal:
		return asDecimal, asDecimal
	case Chance:
		return asChance, asChance
	default:
		return asCount, asSignedN
	}
}

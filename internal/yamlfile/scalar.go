package yamlfile

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// numeral is what counts as a number: no leading zeros, no underscores, no
// other bases, no infinities.
var numeral = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$`)

// ParseNumber reads a finite decimal number, or a percentage: "70%" is exactly
// the float64 nearest to 0.70. It reports whether s is one, and whether it was
// written in per cent.
func ParseNumber(s string) (x float64, percent, ok bool) {
	digits, percent := strings.CutSuffix(s, "%")
	if !isNumeral(digits) {
		return 0, percent, false
	}
	if percent {
		mantissa, exp, _ := strings.Cut(strings.ToLower(digits), "e")
		e, _ := strconv.Atoi(exp)
		digits = fmt.Sprintf("%se%d", mantissa, e-2)
	}
	x, err := strconv.ParseFloat(digits, 64)
	return x, percent, err == nil && !math.IsInf(x, 0)
}

func isNumeral(s string) bool {
	if !numeral.MatchString(s) {
		return false
	}
	s = strings.TrimLeft(s, "+-")
	return len(s) < 2 || s[0] != '0' || s[1] < '0' || s[1] > '9'
}

// shape says what an unquoted scalar reads as.
func (n *Node) shape() string {
	if n.style != plain {
		return "text"
	}
	switch strings.ToLower(n.text) {
	case "true", "false":
		return "a yes-or-no value"
	}
	if isNumeral(n.text) {
		return "a number"
	}
	return "text"
}

// Text returns a text. A bare number or true/false is a problem: quotes make it
// text.
func (n *Node) Text() string {
	if !n.Is(Scalar) {
		return ""
	}
	if s := n.shape(); s != "text" {
		n.Problem(fmt.Sprintf("put it in quotes: %q", n.text), "%s is %s, not text", n.name, s)
		return ""
	}
	if strings.TrimSpace(n.text) == "" {
		n.Problem("write a text or remove the key", "%s is empty", n.name)
	}
	return n.text
}

// Word returns any scalar as it is written, quotes removed: texts, numbers,
// true and false alike.
func (n *Node) Word() string {
	if !n.Is(Scalar) {
		return ""
	}
	if n.text == "" {
		n.Problem("write a value or remove the key", "%s is empty", n.name)
	}
	return n.text
}

// Enum returns a text that must be one of the allowed ones, else "".
func (n *Node) Enum(allowed ...string) string {
	n.allowed = allowed
	if !n.Is(Scalar) {
		return ""
	}
	if slices.Contains(allowed, n.text) {
		return n.text
	}
	n.Problem(Near(n.text, allowed), "%s is %q", n.name, n.text)
	return ""
}

// Bool returns true or false; yes, no, 1 and 0 are problems.
func (n *Node) Bool() bool {
	if !n.Is(Scalar) {
		return false
	}
	if n.style != plain || n.text != "true" && n.text != "false" {
		n.Problem("write true or false without quotes", "%s is %q", n.name, n.text)
	}
	return n.style == plain && n.text == "true"
}

// Float returns a number in [lo, hi].
func (n *Node) Float(lo, hi float64) float64 { return n.number(lo, hi, false) }

// Share returns a fraction in [lo, hi], written as 0.3 or 30%.
func (n *Node) Share(lo, hi float64) float64 { return n.number(lo, hi, true) }

// Int returns a whole number in [lo, hi]; 3.5 and 3.0 are problems.
func (n *Node) Int(lo, hi int) int {
	if !n.Is(Scalar) {
		return 0
	}
	fix := fmt.Sprintf("write a whole number from %d to %d", lo, hi)
	x, err := strconv.Atoi(n.text)
	switch {
	case n.style != plain || !isNumeral(n.text):
		n.Problem(fix, "%s is %q, not a number", n.name, n.text)
		return 0
	case err != nil:
		n.Problem(fix, "%s is %s, not a whole number", n.name, n.text)
		return 0
	case x < lo || x > hi:
		n.Problem(fix, "%s is %d", n.name, x)
		return min(max(x, lo), hi)
	}
	return x
}

func (n *Node) number(lo, hi float64, share bool) float64 {
	if !n.Is(Scalar) {
		return 0
	}
	fix := "write a number " + between(lo, hi, formatNumber)
	if share {
		fix = "write a share " + between(lo, hi, FormatPercent)
	}
	x, percent, ok := ParseNumber(n.text)
	switch {
	case n.style != plain || !ok || percent && !share:
		n.Problem(fix, "%s is %q, not a number", n.name, n.text)
		return 0
	case x < lo || x > hi:
		n.Problem(fix, "%s is %s", n.name, n.text)
		return min(max(x, lo), hi)
	}
	return x
}

func between(lo, hi float64, format func(float64) string) string {
	switch {
	case !math.IsInf(lo, 0) && !math.IsInf(hi, 0):
		return "from " + format(lo) + " to " + format(hi)
	case !math.IsInf(lo, 0):
		return "of at least " + format(lo)
	case !math.IsInf(hi, 0):
		return "of at most " + format(hi)
	}
	return "such as 12.5"
}

func formatNumber(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// FormatPercent writes a fraction as a percentage that ParseNumber reads back to
// the same float64.
func FormatPercent(x float64) string {
	s := strconv.FormatFloat(math.Abs(x), 'f', -1, 64)
	whole, frac, _ := strings.Cut(s, ".")
	for len(frac) < 2 {
		frac += "0"
	}
	whole, frac = strings.TrimLeft(whole+frac[:2], "0"), frac[2:]
	if whole == "" {
		whole = "0"
	}
	if frac != "" {
		whole += "." + frac
	}
	if x < 0 {
		whole = "-" + whole
	}
	return whole + "%"
}

// Date returns a calendar date, written 2026-03-31, as whole days since
// 1970-01-01.
func (n *Node) Date() int32 {
	if !n.Is(Scalar) {
		return 0
	}
	t, err := time.Parse(time.DateOnly, n.text)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		n.Problem("write a date such as 2026-03-31", "%s is %q, not a date", n.name, n.text)
		return 0
	}
	return int32(t.Unix() / 86400)
}

// Texts returns the texts of a list without duplicates; a single text is a list
// of one.
func (n *Node) Texts() []string {
	if n.kind == Scalar {
		if s := n.Text(); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	seen := map[string]bool{}
	for _, c := range n.Items() {
		s := c.Text()
		switch {
		case s == "":
		case seen[s]:
			c.Problem("keep one of them", "%q is listed twice", s)
		default:
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

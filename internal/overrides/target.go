package overrides

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// ratio is the unit of signals whose values may be written in per cent.
const ratio = "ratio"

// maxRatio is the share from which a number without a per cent sign is taken for
// a percentage that lacks one: 72 is 72%, not 72 times the seats.
const maxRatio = 10

// normal is how words are compared: without case, and with spaces, hyphens and
// underscores alike.
func normal(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '-' || r == '_' }), "_")
}

// refusal says why a row cannot be used. Its text quotes what was written and
// says what would mend it.
type refusal struct {
	code   diag.Code
	column string
	text   string
}

// target finds the pillar or signal that a text names, by name or label. Where
// a pillar and a signal share the word, a prefix "pillar:" or "signal:" tells
// them apart.
func target(p *plan.Plan, written string) (pillar, sig int, why *refusal) {
	kind, word, prefixed := strings.Cut(written, ":")
	if kind = normal(kind); !prefixed || kind != "pillar" && kind != "signal" {
		kind, word = "", written
	}
	word = normal(word)
	pillar, sig = None, None
	if kind != "signal" {
		pillar = slices.IndexFunc(p.Pillars, func(x plan.Pillar) bool { return word == normal(x.Name) || word == normal(x.Label) })
	}
	if kind != "pillar" {
		sig = slices.IndexFunc(p.Signals, func(x plan.Signal) bool { return word == normal(x.Name) || word == normal(x.Label) })
	}
	switch {
	case pillar != None && sig != None:
		return None, None, &refusal{diag.UnknownWord, "target", fmt.Sprintf("%q: it names a pillar and a signal; write pillar:%s or signal:%s", written, p.Pillars[pillar].Name, p.Signals[sig].Name)}
	case pillar == None && sig == None:
		return None, None, &refusal{diag.UnknownWord, "target", fmt.Sprintf("%q: neither a pillar nor a signal of the framework; %s", written, yamlfile.Near(word, names(p)))}
	}
	return pillar, sig, nil
}

func names(p *plan.Plan) []string {
	var out []string
	for i := range p.Pillars {
		out = append(out, p.Pillars[i].Name)
	}
	for i := range p.Signals {
		out = append(out, p.Signals[i].Name)
	}
	return out
}

// value reads what a target is set to.
func value(p *plan.Plan, pillar, sig int, written string) (float64, *refusal) {
	if sig == None {
		return number(written, p.Pillars[pillar].Name, "", plan.Interval{Lo: 0, Hi: 100})
	}
	s := &p.Signals[sig]
	if !s.IsWord() {
		return number(written, s.Name, s.Unit, s.Domain)
	}
	word := normal(written)
	if w := slices.IndexFunc(s.Words, func(x string) bool { return normal(x) == word }); w >= 0 {
		return float64(w), nil
	}
	return 0, &refusal{diag.UnknownWord, "value", fmt.Sprintf("%q: not a value of %s; %s", written, s.Name, yamlfile.Near(word, s.Words))}
}

func number(written, name, unit string, domain plan.Interval) (float64, *refusal) {
	x, percent, ok := yamlfile.ParseNumber(strings.TrimSpace(written))
	example := "write a number such as 55"
	if unit == ratio {
		example = "write a share such as 72% or 0.72"
	}
	switch {
	case !ok || percent && unit != ratio:
		return 0, &refusal{diag.Unparsable, "value", fmt.Sprintf("%q: not a value of %s; %s", written, name, example)}
	case unit == ratio && !percent && x >= maxRatio:
		return 0, &refusal{diag.OutOfRange, "value", fmt.Sprintf("%q: a share this large lacks its per cent sign; %s", written, example)}
	case !domain.Contains(x):
		return 0, &refusal{diag.OutOfRange, "value", fmt.Sprintf("%q: %s lies %s", written, name, span(domain, unit))}
	}
	return x + 0, nil // -0 and 0 are one value
}

// span writes the possible values for a message.
func span(d plan.Interval, unit string) string {
	end := func(x float64) string {
		if unit == ratio {
			return fmt.Sprintf("%g%%", x*100)
		}
		return fmt.Sprintf("%g", x)
	}
	lo, hi := "from ", " to "
	if d.LoOpen {
		lo = "above "
	}
	if d.HiOpen {
		hi = " to below "
	}
	switch {
	case math.IsInf(d.Hi, 1):
		return lo + end(d.Lo) + " up"
	case math.IsInf(d.Lo, -1):
		return strings.TrimPrefix(hi, " to ") + end(d.Hi) + " at most"
	}
	return lo + end(d.Lo) + hi + end(d.Hi)
}

// Entry writes a value as Parse reads it back, "support = 55"; a word that names
// a pillar and a signal alike has its prefix.
func (v *Value) Entry(p *plan.Plan) string {
	name := v.Target(p)
	if _, _, why := target(p, name); why != nil {
		if v.Signal != None {
			name = "signal:" + name
		} else {
			name = "pillar:" + name
		}
	}
	return name + " = " + v.Text(p)
}

// Parse reads a value that Entry wrote; ok is false where the framework has no
// such target, or it cannot have the value. Row and days are the caller's to set.
func Parse(p *plan.Plan, entry string) (v Value, ok bool) {
	name, written, ok := strings.Cut(entry, " = ")
	if !ok {
		return v, false
	}
	var why *refusal
	if v.Pillar, v.Signal, why = target(p, name); why != nil {
		return v, false
	}
	v.Value, why = value(p, v.Pillar, v.Signal, written)
	return v, why == nil
}

// Sort puts values in the order that At returns.
func Sort(values []Value) { slices.SortStableFunc(values, compareTargets) }

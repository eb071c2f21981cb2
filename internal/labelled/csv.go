package labelled

import (
	"io"
	"math"
	"strconv"
	"strings"

	"accounthealth/internal/csvfile"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
)

// ReadCSV reads a table from CSV as csvfile does: a header line, then rows of as many
// fields, separated by commas, semicolons or tabs. Numbers have a decimal point. Empty
// fields are unknown. Every problem is told as file:line:column, up to 20 of them; a
// row is never repaired or dropped for one. It fails for a table without rows.
func ReadCSV(file string, r io.Reader, spec Spec) (*Table, error) {
	c, err := csvfile.NewReader(file, r)
	if err != nil {
		return nil, err
	}
	l, err := spec.find(file, c.Header())
	if err != nil {
		return nil, err
	}
	b := newBuilder(file, l)
	for {
		record, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			b.errs = append(b.errs, err)
			break // fields can no longer be told apart
		}
		before := len(b.errs) + b.lost
		parsed := l.parse(record, b, func(part int) string { return c.Place(l.at[part]) })
		if len(b.errs)+b.lost == before {
			b.add(c.Place(0), parsed)
		}
	}
	if b.t.Read == 0 && len(b.errs) == 0 {
		return nil, diag.Errorf(diag.Data, file, "export it again", "the file has a header and no rows")
	}
	return b.finish()
}

// parse reads one record. where gives the place of a part's field.
func (l *layout) parse(record []string, b *builder, where func(part int) string) row {
	r := row{date: day.None, decision: day.None, arr: math.NaN(), lost: math.NaN(), score: math.NaN()}
	for i, p := range l.parts {
		j := l.at[i]
		if j < 0 {
			continue
		}
		text := record[j]
		bad := func(fix string) { b.problem(where(i), fix, "%s is %q", p.Name, clip(text)) }
		switch {
		case p.pillar:
			v, ok := scoreOf(text)
			if !ok {
				bad("write a number from 0 to 100, or nothing where the pillar was not measured")
			}
			r.x = append(r.x, v)
		case p.Name == Account:
			if r.account = strings.Clone(text); text == "" {
				b.problem(where(i), "every row needs its account", "%s is empty", p.Name)
			}
		case p.Name == SnapshotDate:
			v, err := day.Parse(text)
			if err != nil {
				bad("write a date such as 2026-06-30")
			}
			r.date = v
		case p.Name == DecisionDate && text != "":
			v, err := day.Parse(text)
			if err != nil {
				bad("write a date such as 2026-06-30, or nothing where none was taken")
			}
			r.decision = v
		case p.Name == Segment:
			r.segment = strings.Clone(text)
		case (p.Name == ARR || p.Name == ARRLost) && text != "":
			v, ok := number(text)
			if !ok || v < 0 || v > mostARR {
				bad("write an amount from 0 to 1e15 without separators, or nothing where it is unknown")
			}
			if p.Name == ARR {
				r.arr = v
			} else {
				r.lost = v
			}
		case p.Name == Score:
			v, ok := scoreOf(text)
			if !ok {
				bad("write a number from 0 to 100, or nothing where the account was not scored")
			}
			r.score = v
		case p.Name == Worked && text != "":
			v, ok := flag(text)
			if !ok {
				bad("write 1 or 0")
			}
			r.worked = v
		case p.Name == Churn && text != "":
			v, ok := flag(text)
			if !ok {
				bad("write 1 for churned and 0 for stayed, or nothing where the outcome is not known yet")
			}
			r.churned, r.labelled = v, true
		}
	}
	return r
}

// clip shortens a value for a message.
func clip(text string) string {
	if len(text) > 40 {
		return text[:40] + "..."
	}
	return text
}

// number reads a decimal number as people and databases write it; Inf, NaN,
// hexadecimals and underscores are none.
func number(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return math.NaN(), false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// scoreOf reads a score of 0 to 100; empty is NaN.
func scoreOf(text string) (float64, bool) {
	if text == "" {
		return math.NaN(), true
	}
	v, ok := number(text)
	return v, ok && v >= 0 && v <= 100
}

func flag(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "1", "true", "yes", "y", "t":
		return true, true
	case "0", "false", "no", "n", "f":
		return false, true
	}
	return false, false
}

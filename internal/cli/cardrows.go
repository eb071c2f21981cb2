package cli

import (
	"fmt"
	"io"
	"math"
	"strings"

	"accounthealth/internal/explain"
	"accounthealth/internal/intake"
)

// rowsText prints the rows behind each signal, where they were asked for.
func rowsText(w io.Writer, c *explain.Card) {
	first := true
	for i := range c.Signals {
		s := &c.Signals[i]
		for k := range s.Evidence {
			p := &s.Evidence[k]
			if first {
				fmt.Fprintln(w, "\nrows behind the signals, what decides first")
				first = false
			}
			fmt.Fprintf(w, "%s: %s\n", s.Label, partText(p))
			for r := range p.Shown {
				fmt.Fprintf(w, "  %s\n", rowText(&p.Shown[r]))
			}
		}
	}
}

// partText says what an aggregate reads, and of how many rows.
func partText(p *explain.Part) string {
	out := p.What
	if p.Role != "" {
		out = p.Role + ": " + out
	}
	if p.Value != nil {
		out += " = " + intake.FormatNumber(math.Round(*p.Value*1e4)/1e4)
	}
	rows := several(int64(p.Rows), "row")
	switch {
	case p.Decides && p.Rows > 1:
		out += ": the one that decides, of " + rows
	case len(p.Shown) < p.Rows+p.Unusable && !p.Decides:
		out += fmt.Sprintf(": %d of %s", len(p.Shown), rows)
	default:
		out += ": " + rows
	}
	if p.Unusable > 0 {
		out += fmt.Sprintf(", %d more unusable", p.Unusable)
	}
	return out
}

func rowText(r *explain.Row) string {
	parts := []string{fmt.Sprintf("%s row %d", r.File, r.Row)}
	for _, list := range [][]explain.Cell{r.Key, r.Read} {
		for _, c := range list {
			value := "empty"
			switch {
			case c.Unusable && c.Says != "":
				value = fmt.Sprintf("%s (unusable)", shorten(c.Says, 40))
			case c.Unusable:
				value = "unusable"
			case c.Value != nil:
				value = *c.Value
			}
			parts = append(parts, c.Column+" "+value)
		}
	}
	return strings.Join(parts, "  ")
}

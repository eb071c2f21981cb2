package cli

import (
	"fmt"
	"io"
	"strings"

	"accounthealth/internal/explain"
)

// cardMarkdown prints an explanation as a scorecard in Markdown.
func cardMarkdown(w io.Writer, c *explain.Card) error {
	title := md(c.Name)
	if c.ID != "" {
		title += " (" + md(c.ID) + ")"
	}
	fmt.Fprintf(w, "# %s\n\n", title)
	switch {
	case c.Score == nil && c.Coverage == nil:
		fmt.Fprintf(w, "**%s**\n", md(c.Status))
	case c.Score == nil:
		fmt.Fprintf(w, "**%s**, coverage %s\n", md(c.Status), share(c.Coverage))
	default:
		fmt.Fprintf(w, "**%.0f of 100: %s**, %s\n", *c.Headline, md(c.Status), md(c.Trend.Phrase))
	}
	if c.Banner != "" {
		fmt.Fprintf(w, "\n> **%s**\n", md(c.Banner))
	}
	if len(c.NeedsPerson) > 0 {
		fmt.Fprintf(w, "\n> A person decides: %s\n", md(strings.Join(c.NeedsPerson, "; ")))
	}
	fmt.Fprintf(w, "\nAs of %s, framework %s version %d. %s.\n", c.AsOf, md(c.Framework.Name), c.Framework.Version, md(capital(who(c))))
	if len(c.Dimensions) == 0 {
		return nil
	}
	if t := c.Trend; t != nil && t.Change != nil {
		fmt.Fprintf(w, "\nChange since %s: %s; over 90 days: %s. ", t.Against, change(t.Change), change(c.Delta90))
		if t.Since != "" {
			fmt.Fprintf(w, "%s. ", md(capital(t.Since)))
		}
		fmt.Fprintf(w, "%s.\n", capital(t.Action))
	}
	if c.Score != nil {
		fmt.Fprintf(w, "\nCoverage %s; the score lies between %s and %s whatever is missing.", share(c.Coverage), fixed(c.Low, 1), fixed(c.High, 1))
		for _, s := range []string{c.CappedBy, c.Provisional} {
			if s != "" {
				fmt.Fprintf(w, " %s.", md(capital(s)))
			}
		}
		if c.Depends {
			fmt.Fprint(w, " **Status depends on missing data.**")
		}
		fmt.Fprintln(w)
	}
	for _, m := range c.ByHand {
		fmt.Fprintf(w, "\nSet by hand on %s: %s\n", m.From, md(m.Text))
	}
	mdTable(w, "Dimensions", []string{"Dimension", "Score", "Weight", "Weighted", "Key factor"}, "lrrrl", len(c.Dimensions), func(i int) []string {
		d := &c.Dimensions[i]
		return []string{d.Label, fixed(d.Score, 1), fmt.Sprintf("%.1f%%", d.Effective*100), fixed(d.Weighted, 2), d.KeyFactor}
	})
	breakdown := make([][]string, 0, len(c.Signals))
	for i := range c.Signals {
		s := &c.Signals[i]
		if s.Points == nil {
			breakdown = append(breakdown, []string{s.Label, s.State, "", "", added(s), "", ""})
			continue
		}
		from := s.From
		if from == "" {
			from = s.Note
		}
		breakdown = append(breakdown, []string{s.Label, s.Text, s.Row, fmt.Sprintf("%+g", *s.Points), fmt.Sprintf("%.2f", s.Adds), fmt.Sprintf("%.2f", s.Costs), from})
	}
	for i := range c.Dimensions {
		if d := &c.Dimensions[i]; d.ByHand {
			breakdown = append(breakdown, []string{d.Label + ", set by hand", fixed(d.Score, 1), "", "", fixed(d.Weighted, 2), "", ""})
		}
	}
	mdTable(w, "Breakdown", []string{"Signal", "Value", "Row", "Points", "Adds", "Costs", "From"}, "lllrrrl", len(breakdown), func(i int) []string { return breakdown[i] })
	mdTable(w, "Not known", []string{"Signal", "Why", "Could change the score by"}, "lll", len(c.Gaps), func(i int) []string {
		g := &c.Gaps[i]
		return []string{g.Label, g.State, fmt.Sprintf("%+.2f to %+.2f", g.Low, g.High)}
	})
	for k := range c.Changes {
		d := &c.Changes[k]
		if d.Change == 0 && len(d.Drivers) == 0 {
			continue
		}
		title := fmt.Sprintf("Since %s: %+.1f (framework %+.1f, data %+.1f, override %+.1f, behaviour %+.1f)",
			d.Against, d.Change, d.Framework, d.Data, d.Override, d.Behaviour)
		mdTable(w, title, []string{"Points", "Cause", "What", "When"}, "rlll", len(d.Drivers), func(i int) []string {
			x := &d.Drivers[i]
			return []string{fmt.Sprintf("%+.1f", x.Points), x.Part, x.What, dated(x)}
		})
	}
	for i, r := range c.Risks {
		if i == 0 {
			fmt.Fprint(w, "\n## Risks\n\n")
		}
		fmt.Fprintf(w, "%d. **%s**: %s\n", i+1, capital(r.Severity), md(riskText(&r)))
	}
	mdToDo(w, c)
	return nil
}

func mdToDo(w io.Writer, c *explain.Card) {
	if c.Action == nil && c.Bundle == nil && c.Play == nil {
		return
	}
	fmt.Fprint(w, "\n## What to do\n\n")
	if c.Action != nil {
		fmt.Fprintf(w, "- First: %s (%s points)\n", md(c.Action.Text), change(c.Action.Gain))
	}
	if b := c.Bundle; b != nil && b.Reached {
		fmt.Fprintf(w, "- For %.0f points (%+.1f, to %s): %s\n", b.Target, b.Gain, fixed(b.After, 1), md(strings.Join(b.Actions, " ")))
	}
	if p := c.Play; p != nil {
		fmt.Fprintf(w, "- Play: %s, %s, by %s\n", md(p.Name), md(p.Owner), p.Due)
		for _, step := range p.Steps {
			fmt.Fprintf(w, "  - %s\n", md(step))
		}
	}
}

// mdTable prints a table under a heading; nothing where it has no rows. align has
// l or r for each column.
func mdTable(w io.Writer, title string, heads []string, align string, rows int, row func(i int) []string) {
	if rows == 0 {
		return
	}
	fmt.Fprintf(w, "\n## %s\n\n", title)
	line := func(cells []string) {
		for i, c := range cells {
			cells[i] = md(c)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	line(heads)
	marks := make([]string, len(heads))
	for i := range marks {
		if marks[i] = "---"; align[i] == 'r' {
			marks[i] = "--:"
		}
	}
	fmt.Fprintf(w, "| %s |\n", strings.Join(marks, " | "))
	for i := range rows {
		line(row(i))
	}
}

// md takes the meaning out of characters that Markdown would read.
func md(s string) string {
	return mdEscapes.Replace(s)
}

var mdEscapes = strings.NewReplacer("\\", "\\\\", "|", "\\|", "*", "\\*", "_", "\\_", "<", "&lt;", "`", "\\`", "[", "\\[", "\n", " ", "\r", " ")

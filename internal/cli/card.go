package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"accounthealth/internal/explain"
)

var errBoth = errors.New("--json and --markdown exclude each other")

// printCard prints an explanation as text, Markdown or JSON.
func printCard(w io.Writer, c *explain.Card, asJSON, markdown bool) error {
	switch {
	case asJSON:
		return printJSON(w, c)
	case markdown:
		return cardMarkdown(w, c)
	}
	cardText(w, c)
	return nil
}

// fixed writes a number that may not exist.
func fixed(v *float64, decimals int) string {
	if v == nil {
		return "~"
	}
	return fmt.Sprintf("%.*f", decimals, *v)
}

func change(v *float64) string {
	if v == nil {
		return "~"
	}
	return fmt.Sprintf("%+.1f", *v)
}

func share(v *float64) string {
	if v == nil {
		return "~"
	}
	return fmt.Sprintf("%.1f%%", *v*100)
}

func sumOf(v *float64, currency string) string {
	text := "~"
	if v != nil {
		text = money(*v)
	}
	return strings.TrimSpace(text + " " + currency)
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// who is the account's line of facts.
func who(c *explain.Card) string {
	out := fmt.Sprintf("segment %s, owner %s, %s, ARR %s", orNone(c.Segment), orNone(c.Owner), c.Class, sumOf(c.ARR, c.Currency))
	if c.Renewal != "" {
		out += fmt.Sprintf(", renews %s, decides by %s", c.Renewal, c.Deadline)
	}
	return out
}

func cardText(w io.Writer, c *explain.Card) {
	name := c.Name
	if c.ID != "" {
		name = fmt.Sprintf("%s (%s)", orNone(c.Name), c.ID)
	}
	fmt.Fprintln(w, name)
	fmt.Fprintf(w, "as of %s, framework %s version %d", c.AsOf, c.Framework.Name, c.Framework.Version)
	if c.Framework.Rules != "" {
		fmt.Fprintf(w, ", rules of %s", c.Framework.Rules)
	}
	fmt.Fprintf(w, "\n%s\n", who(c))
	switch {
	case c.Score == nil && len(c.Dimensions) == 0: // outside the scored population
		fmt.Fprintf(w, "\n%s", c.Status)
		if !strings.EqualFold(c.Status, c.Class) {
			fmt.Fprintf(w, ": %s", c.Class)
		}
		fmt.Fprintln(w)
	case c.Score == nil:
		fmt.Fprintf(w, "\n%s: coverage %s\n", c.Status, share(c.Coverage))
	default:
		fmt.Fprintf(w, "\nscore %.1f  headline %.0f  %s  %s\n", *c.Score, *c.Headline, strings.ToUpper(c.Status), c.Trend.Phrase)
		if c.Banner != "" {
			fmt.Fprintf(w, "*** %s ***\n", c.Banner)
		}
		if len(c.NeedsPerson) > 0 {
			fmt.Fprintf(w, "a person decides: %s\n", strings.Join(c.NeedsPerson, "; "))
		}
	}
	if n := c.Next; n != nil {
		fmt.Fprintf(w, "from %s, under version %d: score %s  %s\n", n.Effective, n.Version, fixed(n.Score, 1), strings.ToUpper(n.Status))
	}
	if len(c.Dimensions) == 0 { // outside the scored population
		return
	}
	trendText(w, c)
	certainty(w, c)
	for _, m := range c.ByHand {
		fmt.Fprintf(w, "set by hand on %s: %s\n", m.From, m.Text)
	}
	if b := c.WithoutHand; b != nil {
		if b.Score == nil {
			fmt.Fprintln(w, "from the data alone: not scored")
		} else {
			fmt.Fprintf(w, "from the data alone: score %.1f  %s\n", *b.Score, strings.ToUpper(b.Status))
		}
	}
	fmt.Fprintln(w)
	dimensionsText(w, c)
	signalsText(w, c)
	rowsText(w, c)
	gapsText(w, c)
	changesText(w, c)
	for i, r := range c.Risks {
		if i == 0 {
			fmt.Fprintln(w, "\nrisks")
		}
		fmt.Fprintf(w, "  %d. %s: %s\n", i+1, r.Severity, riskText(&r))
	}
	if c.Action != nil {
		fmt.Fprintf(w, "\nfirst action: %s (%s points)\n", c.Action.Text, change(c.Action.Gain))
	}
	bundleText(w, c)
	if c.Fall != "" {
		fmt.Fprintf(w, "\nwhat would cost the status: %s\n", c.Fall)
	}
	playText(w, c)
}

func riskText(r *explain.Risk) string {
	out := fmt.Sprintf("%s (%s)", r.Text, strings.Join(r.Evidence, "; "))
	for _, n := range r.Notes {
		out += "; " + n
	}
	return out
}

func trendText(w io.Writer, c *explain.Card) {
	t := c.Trend
	if t == nil || t.Change == nil {
		return
	}
	fmt.Fprintf(w, "change since %s: %s; over 90 days: %s. %s\n", t.Against, change(t.Change), change(c.Delta90), capital(t.Action))
	if t.Since != "" {
		fmt.Fprintln(w, t.Since)
	}
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// certainty prints how much is known and what keeps the status from being firm.
func certainty(w io.Writer, c *explain.Card) {
	if c.Score == nil {
		return
	}
	fmt.Fprintf(w, "coverage %s; whatever the missing values are, the score lies between %s and %s\n", share(c.Coverage), fixed(c.Low, 1), fixed(c.High, 1))
	if c.CappedBy != "" {
		fmt.Fprintf(w, "capped by rule: %s\n", c.CappedBy)
	}
	if c.Provisional != "" {
		fmt.Fprintf(w, "provisional: %s\n", c.Provisional)
	}
	if c.Depends {
		fmt.Fprintln(w, "status depends on missing data")
	}
}

func dimensionsText(w io.Writer, c *explain.Card) {
	t := table(w)
	fmt.Fprint(t, "dimension\tscore\tweight\tweighted\tkey factor\t\n")
	for _, d := range c.Dimensions {
		fmt.Fprintf(t, "%s\t%s\t%.1f%%\t%s\t%s\t\n", d.Label, fixed(d.Score, 2), d.Effective*100, fixed(d.Weighted, 2), d.KeyFactor)
	}
	t.Flush()
}

func signalsText(w io.Writer, c *explain.Card) {
	t := table(w)
	fmt.Fprint(t, "\nsignal\tvalue\tladder row\tpoints\tadds\tcosts\tfrom\t\n")
	for _, s := range c.Signals {
		if s.Points == nil {
			fmt.Fprintf(t, "%s\t%s\t\t\t%s\t\t\t\n", s.Label, s.State, added(&s))
			continue
		}
		from := s.From
		if from == "" {
			from = s.Note
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%+g\t%.2f\t%.2f\t%s\t\n", s.Label, s.Text, s.Row, *s.Points, s.Adds, s.Costs, from)
	}
	for _, d := range c.Dimensions {
		if d.ByHand {
			fmt.Fprintf(t, "%s, set by hand\t%s\t\t\t%s\t\t\t\n", d.Label, fixed(d.Score, 2), fixed(d.Weighted, 2))
		}
	}
	t.Flush()
}

// added is what a signal without a value adds all the same: a missing modifier
// stands above its worst row.
func added(s *explain.Signal) string {
	if s.Adds == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", s.Adds)
}

func gapsText(w io.Writer, c *explain.Card) {
	if len(c.Gaps) == 0 {
		return
	}
	fmt.Fprintln(w, "\nnot known")
	t := table(w)
	for _, g := range c.Gaps {
		fmt.Fprintf(t, "  %s\t%s\t", g.Label, g.State)
		if c.Score != nil {
			fmt.Fprintf(t, "could change the score by %+.2f to %+.2f", g.Low, g.High)
		}
		fmt.Fprint(t, "\t\n")
	}
	t.Flush()
	var parts []string
	for _, p := range c.Policies {
		parts = append(parts, fmt.Sprintf("%s %s", p.Policy, strings.TrimSpace(fixed(p.Score, 1)+" "+p.Status)))
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "  with the missing values: %s\n", strings.Join(parts, "; "))
	}
}

// driversShown is how many drivers of a change the terminal names.
const driversShown = 6

func changesText(w io.Writer, c *explain.Card) {
	for _, d := range c.Changes {
		if d.Change == 0 && len(d.Drivers) == 0 {
			continue
		}
		how := map[string]string{explain.Published: "as published", explain.Rebuilt: "rebuilt from the exports", explain.Form: "by its form"}[d.Basis]
		fmt.Fprintf(w, "\nwhat moved the score since %s (%.1f %s, %s): %+.1f\n", d.Against, d.FromScore, d.FromStatus, how, d.Change)
		fmt.Fprintf(w, "  framework %+.1f, data %+.1f, override %+.1f, behaviour %+.1f\n", d.Framework, d.Data, d.Override, d.Behaviour)
		t := table(w)
		for _, x := range d.Drivers[:min(len(d.Drivers), driversShown)] {
			fmt.Fprintf(t, "  %+.1f\t%s\t%s\t%s\t\n", x.Points, x.Part, x.What, dated(&x))
		}
		t.Flush()
		if n := len(d.Drivers) - driversShown; n > 0 {
			fmt.Fprintf(w, "  and %d smaller ones: see --json\n", n)
		}
	}
}

// dated says what began a change: the day of its row, else when it first showed.
func dated(d *explain.Driver) string {
	switch {
	case d.Event != "":
		return d.Event
	case d.Seen != "":
		return "first seen " + d.Seen
	}
	return ""
}

func bundleText(w io.Writer, c *explain.Card) {
	b := c.Bundle
	switch {
	case b == nil:
	case !b.Reached:
		fmt.Fprintf(w, "no set of changes that a team can cause raises the score by %.0f points\n", b.Target)
	default:
		fmt.Fprintf(w, "\nsmallest set of changes that gains %.0f points (%+.1f, to %s)\n", b.Target, b.Gain, fixed(b.After, 1))
		for _, a := range b.Actions {
			fmt.Fprintf(w, "  - %s\n", a)
		}
	}
}

func playText(w io.Writer, c *explain.Card) {
	p := c.Play
	if p == nil {
		return
	}
	fmt.Fprintf(w, "\nplay: %s, %s, by %s\n", p.Name, p.Owner, p.Due)
	for i, step := range p.Steps {
		fmt.Fprintf(w, "  %d. %s\n", i+1, step)
	}
	if p.KPI != "" {
		fmt.Fprintf(w, "  done when: %s\n", p.KPI)
	}
}

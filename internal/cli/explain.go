package cli

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/job"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/signal"
)

// explain prints one account down to the row and rule.
func explain(w io.Writer, r *job.Result, account string) error {
	row, err := find(r, account)
	if err != nil {
		return err
	}
	now, _ := r.Scores.At(r.Job.AsOf)
	x := explained{now: now, row: row, advice: r.Advice, currency: r.Portfolio.Currency}
	x.from = func(sig int) string { return behind(now, sig, row) }
	a := &x.account
	r.Rows.Of(row, a)
	x.title(w, fmt.Sprintf("%s (%s)", orNone(a.Name), a.ID))
	if !x.status(w) && a.Class != "customer" && a.Class != "onboarding" {
		return nil
	}
	if a.Score.Defined {
		fmt.Fprintf(w, "change since %s: %s; over 90 days: %s\n", day.Format(r.Scores.Dates.Review), signed(a.Delta), signed(a.Delta90))
		x.certainty(w)
	}
	manual(w, r, now, row)
	if err := x.body(w); err != nil {
		return err
	}
	if a.Play != "" {
		fmt.Fprintf(w, "play: %s, %s, by %s\n", a.Play, a.PlayOwner, day.Format(a.PlayDeadline))
	}
	return nil
}

// manual prints the values that people set for the account, and what it would
// score without them.
func manual(w io.Writer, r *job.Result, now portfolio.Scored, row int) {
	values := now.Result.ManualOf(row)
	for i := range values {
		fmt.Fprintf(w, "set by hand on %s: %s\n", day.Format(values[i].From), values[i].Sentence(now.Result.Plan))
	}
	if len(values) == 0 {
		return
	}
	measured, _ := r.Scores.Measured(r.Job.AsOf)
	if v, ok := measured.Result.Score(row); ok {
		fmt.Fprintf(w, "from the data alone: score %.1f  %s\n", v, strings.ToUpper(measured.Result.Band(row).Name))
	} else {
		fmt.Fprintln(w, "from the data alone: not scored")
	}
}

// find returns the population row of an id, or of a name that only one account
// has.
func find(r *job.Result, account string) (int, error) {
	t := r.Data.Table
	if i := t.Lookup(account); i >= 0 {
		return int(i), nil
	}
	var named []int
	for i, n := range t.Name {
		if strings.EqualFold(n, account) {
			named = append(named, i)
		}
	}
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		near := slices.IndexFunc(t.ID, func(id string) bool { return strings.EqualFold(id, account) })
		if near >= 0 {
			return near, nil
		}
		return 0, diag.Errorf(diag.Config, account, "use an account id of the accounts export", "no account has this id or name")
	}
	return 0, diag.Errorf(diag.Config, account, "use one of the ids "+t.ID[named[0]]+", "+t.ID[named[1]], "%d accounts have this name", len(named))
}

func dimensions(w io.Writer, s portfolio.Scored, row int) {
	p, res := s.Result.Plan, s.Result
	t := table(w)
	fmt.Fprint(t, "dimension\tscore\tweight\tweighted\tkey factor\t\n")
	for k := range p.Pillars {
		score, weighted := "~", "~"
		if v := res.Pillars[k][row]; !math.IsNaN(v) {
			score, weighted = fmt.Sprintf("%.2f", v), fmt.Sprintf("%.2f", v*res.Weights[k][row])
		}
		fmt.Fprintf(t, "%s\t%s\t%.1f%%\t%s\t%s\t\n", p.Pillars[k].Label, score, res.Weights[k][row]*100, weighted, keyFactor(s, k, row))
	}
	t.Flush()
}

// keyFactor is the signal that costs the pillar most, of equals the graver risk,
// or the one that adds most where nothing costs.
func keyFactor(s portfolio.Scored, pillar, row int) string {
	p, res := s.Result.Plan, s.Result
	if res.PillarByHand(pillar, row) {
		return "set by hand"
	}
	best, cost, gain := -1, 0.0, 0.0
	graver := func(k int) bool { return best < 0 || rung(s, k, row).Severity > rung(s, best, row).Severity }
	for _, k := range p.Pillars[pillar].Signals {
		if res.Rung[k][row] < 0 {
			continue
		}
		switch c := plan.Round9(res.Cost[k][row]); {
		case c > cost, c > 0 && c == cost && graver(k):
			best, cost = k, c
		case cost == 0 && res.Contribution[k][row] > gain:
			best, gain = k, res.Contribution[k][row]
		}
	}
	if best < 0 {
		return "nothing known"
	}
	return p.Signals[best].Label + ": " + rung(s, best, row).Label
}

func rung(s portfolio.Scored, sig, row int) *plan.Rung {
	return &s.Result.Plan.Rules[s.Result.Rules[row]].Ladders[sig][s.Result.Rung[sig][row]]
}

// breakdown prints every signal with its value, its ladder row, its points, what
// they add to the composite, and where the value is from.
func breakdown(w io.Writer, s portfolio.Scored, row int, from func(sig int) string) {
	p, res := s.Result.Plan, s.Result
	t := table(w)
	fmt.Fprint(t, "\nsignal\tvalue\tladder row\tpoints\tadds\tcosts\tfrom\t\n")
	for k := range p.Signals {
		sig := &p.Signals[k]
		state := signal.State(s.Signals.States(k).Value(row))
		if res.Rung[k][row] < 0 {
			fmt.Fprintf(t, "%s\t%s\t\t\t\t\t\t\n", sig.Label, state)
			continue
		}
		g := rung(s, k, row)
		fmt.Fprintf(t, "%s\t%s\t%s\t%+g\t%.2f\t%.2f\t%s\t\n", sig.Label, value(s, k, row), g.Label, g.Points,
			res.Contribution[k][row], res.Cost[k][row], from(k))
	}
	t.Flush()
}

func value(s portfolio.Scored, sig, row int) string {
	v, _ := s.Signals.Value(sig, row)
	def := &s.Result.Plan.Signals[sig]
	switch {
	case def.IsWord():
		return strings.ReplaceAll(def.Words[int(v)], "_", " ")
	case def.Unit == "ratio":
		return fmt.Sprintf("%.1f%%", v*100)
	}
	text := fmt.Sprintf("%.4g", v)
	if def.Unit != "" {
		text += " " + def.Unit
	}
	return text
}

// behind says how many rows a value comes from and how new they are.
func behind(s portfolio.Scored, sig, row int) string {
	for _, v := range s.Result.ManualOf(row) {
		if v.Signal == sig {
			return "set by hand on " + day.Format(v.From)
		}
	}
	n := s.Signals.RowsBehind(sig).Value(row)
	var parts []string
	def := &s.Result.Plan.Signals[sig]
	if len(def.Derive.FirstOf) > 0 {
		if b := int(s.Signals.Basis(sig).Value(row)); b < len(def.Derive.FirstOf) && def.Derive.FirstOf[b].Basis != "" {
			parts = append(parts, def.Derive.FirstOf[b].Basis)
		}
	}
	if n == 0 {
		parts = append(parts, "no row: absence counts")
	} else {
		rows := fmt.Sprintf("%d rows", n)
		if n == 1 {
			rows = "1 row"
		}
		if newest := s.Signals.Newest(sig); newest.IsValid(row) {
			rows += ", newest " + day.Format(int32(newest.Value(row)))
		}
		parts = append(parts, rows)
	}
	return strings.Join(parts, "; ")
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func amount(f portfolio.Figure) string {
	if !f.Defined {
		return "~"
	}
	return money(f.Value)
}

func percent(f portfolio.Figure) string {
	if !f.Defined {
		return "~"
	}
	return fmt.Sprintf("%.1f%%", f.Value*100)
}

package cli

import (
	"fmt"
	"io"
	"strings"

	"accounthealth/internal/advise"
	"accounthealth/internal/day"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/signal"
)

// explained is one account with everything that its explanation prints. explain
// fills it from a run, assess from a form.
type explained struct {
	now      portfolio.Scored
	row      int
	account  portfolio.AccountRow
	advice   *advise.Advice
	currency string
	from     func(sig int) string // where a signal's value is from
	note     func(sig int) string // what somebody wrote beside it; may be nil
}

// title prints who the account is.
func (x *explained) title(w io.Writer, name string) {
	a, p := &x.account, x.now.Result.Plan
	fmt.Fprintln(w, name)
	fmt.Fprintf(w, "as of %s, framework %s version %d\n", day.Format(x.now.Result.AsOf), p.Name, p.Version)
	arr := strings.TrimSpace(amount(a.ARR) + " " + x.currency)
	fmt.Fprintf(w, "segment %s, owner %s, %s, ARR %s", orNone(a.Segment), orNone(a.Owner), a.Class, arr)
	if a.Renewal != day.None {
		fmt.Fprintf(w, ", renews %s, decides by %s", day.Format(a.Renewal), day.Format(a.Deadline))
	}
	fmt.Fprintln(w)
}

// status prints the score and its status, and reports whether there is one.
func (x *explained) status(w io.Writer) bool {
	a := &x.account
	if !a.Score.Defined {
		fmt.Fprintf(w, "\n%s: coverage %s\n", a.Band, percent(a.Coverage))
		return false
	}
	fmt.Fprintf(w, "\nscore %.1f  headline %.0f  %s  %s\n", a.Score.Value, a.Headline.Value, strings.ToUpper(a.Band), a.Trend)
	return true
}

// certainty prints how much is known and what keeps the status from being firm.
func (x *explained) certainty(w io.Writer) {
	a := &x.account
	fmt.Fprintf(w, "coverage %s; whatever the missing values are, the score lies between %.1f and %.1f\n", percent(a.Coverage), a.Low.Value, a.High.Value)
	if a.CappedBy != "" {
		fmt.Fprintf(w, "capped by rule: %s\n", a.CappedBy)
	}
	if a.Provisional != "" {
		fmt.Fprintf(w, "provisional: %s\n", a.Provisional)
	}
	if a.DependsOnMissing {
		fmt.Fprintln(w, "status depends on missing data")
	}
}

// body prints the pillars, every signal, what is not known, the risks and what to
// do first.
func (x *explained) body(w io.Writer) error {
	fmt.Fprintln(w)
	dimensions(w, x.now, x.row)
	breakdown(w, x.now, x.row, x.from)
	if err := x.gaps(w); err != nil {
		return err
	}
	x.risks(w)
	a := &x.account
	if a.Action != "" {
		fmt.Fprintf(w, "\nfirst action: %s (%+.1f points)\n", a.Action, a.Gain.Value)
	}
	return nil
}

// gaps prints what is not known and what it could change.
func (x *explained) gaps(w io.Writer) error {
	gaps, err := x.advice.GapsOf(x.row)
	if err != nil || len(gaps) == 0 {
		return err
	}
	fmt.Fprintln(w, "\nnot known")
	t := table(w)
	for _, g := range gaps {
		fmt.Fprintf(t, "  %s\t%s\t", x.now.Result.Plan.Signals[g.Signal].Label, g.State)
		if x.account.Score.Defined {
			fmt.Fprintf(t, "could change the score by %+.2f to %+.2f", g.Low, g.High)
		}
		fmt.Fprint(t, "\t\n")
	}
	return t.Flush()
}

// risks prints the account's risks, most severe first, with their evidence.
func (x *explained) risks(w io.Writer) {
	for i, risk := range x.advice.RisksOf(x.row) {
		if i == 0 {
			fmt.Fprintln(w, "\nrisks")
		}
		fmt.Fprintf(w, "  %d. %s: %s", i+1, risk.Severity, risk)
		for _, e := range risk.Evidence {
			if x.note != nil && x.note(e.Signal) != "" {
				fmt.Fprintf(w, "; %s", x.note(e.Signal))
			}
		}
		fmt.Fprintln(w)
	}
}

// state says whether a signal has a value, or why not.
func (x *explained) state(sig int) string {
	return signal.State(x.now.Signals.States(sig).Value(x.row)).String()
}

package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/job"
	"accounthealth/internal/plan"
)

// summary tells what a run did, in the order in which a person asks.
func summary(w io.Writer, r *job.Result) {
	p := r.Portfolio
	scored := p.Classes[0].Accounts + p.Classes[1].Accounts
	fmt.Fprintf(w, "%s: %s accounts scored", day.Format(p.AsOf), whole(scored))
	for _, c := range p.Classes[2:] {
		if c.Accounts > 0 {
			fmt.Fprintf(w, ", %s %s", whole(c.Accounts), strings.ToLower(c.Class))
		}
	}
	fmt.Fprintln(w)
	reported := money(p.Tie.ReportedARR) + " " + p.Currency
	if p.BandTotal.NoARR && p.Tie.ReportedARR == 0 {
		reported = "not known"
	}
	fmt.Fprintf(w, "ARR %s; tie-out to the accounts export: difference %.2f in ARR, %d in accounts\n",
		reported, p.Tie.DifferenceARR, p.Tie.DifferenceAccounts)
	t := table(w)
	for _, b := range p.Bands {
		arr := money(b.ARR) + " " + p.Currency
		if b.NoARR {
			arr = "ARR not known"
		}
		fmt.Fprintf(t, "  %s\t%s accounts\t%s\t\n", b.Band, whole(b.Accounts), arr)
	}
	t.Flush()
	if n := p.Next; n != nil {
		fmt.Fprintf(w, "from %s version %d is in force: %s would change score, %s status (ARR %s); both scores are shown until then\n",
			day.Format(n.Effective), n.Framework.Version, several(n.Rescored, "account"), whole(n.Moved), arrText(n.MovedARR, p.Currency))
	}
	for _, v := range p.Warnings {
		if v.Code == "source" {
			v.Text = v.Subject + ": " + v.Text
		}
		fmt.Fprintf(w, "warning: %s\n", v.Text)
	}
	for _, g := range p.Quality.Gates {
		if !g.Passed {
			fmt.Fprintf(w, "allowed although it failed: gate %s: %s (required: %s)\n", g.Gate, g.Figure, g.Threshold)
		}
	}
	if p.Alerts != nil {
		fmt.Fprintln(w, "alerts: "+job.AlertsSentence(p.Alerts))
	}
	if r.Calibration == nil {
		fmt.Fprintln(w, "calibration: "+job.CalibrationNeeds)
	} else {
		fmt.Fprintln(w, "calibration: "+p.Verdict)
	}
	fmt.Fprintf(w, "published: %s\n", r.Folder())
}

// validated tells what the settings name and what is there.
func validated(w io.Writer, j *job.Job, d *job.Data, collected []bool) {
	p := j.Framework.Plan
	fmt.Fprintf(w, "framework %s version %d: %d pillars, %d signals\n", p.Name, p.Version, len(p.Pillars), len(p.Signals))
	fmt.Fprintf(w, "as of %s, %d accounts\n", day.Format(j.AsOf), d.Table.Len())
	t := table(w)
	for _, o := range d.Sources {
		fmt.Fprintf(t, "  %s\t%d files\t%s rows\t", o.Name, len(o.Source.Files()), whole(o.Source.Rows()))
		if missing := o.Meter.Missing(); len(missing) > 0 {
			fmt.Fprintf(t, "without %s", strings.Join(missing, ", "))
		}
		fmt.Fprint(t, "\t\n")
	}
	t.Flush()
	if without := notCollected(p, collected); len(without) > 0 {
		fmt.Fprintf(w, "not collected, so left out of every score: %s\n", strings.Join(without, ", "))
	}
}

// notCollected names the signals that no source gives.
func notCollected(p *plan.Plan, collected []bool) []string {
	out := []string{}
	for i, ok := range collected {
		if !ok {
			out = append(out, p.Signals[i].Name)
		}
	}
	return out
}

// whole writes a count with thousands separators.
func whole(n int64) string {
	s := fmt.Sprint(n)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		return "-" + s
	}
	return s
}

// arrText writes a sum of ARR, and of how many accounts it is not known.
func arrText(a compare.ARR, currency string) string {
	switch v := a.Value(); {
	case v == nil:
		return "not known"
	case a.Unknown > 0:
		return fmt.Sprintf("%s %s, without %s whose ARR is not known", money(*v), currency, several(a.Unknown, "account"))
	default:
		return money(*v) + " " + currency
	}
}

// money writes an amount without its cents.
func money(v float64) string { return whole(int64(v + 0.5)) }

func table(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

// shorten puts a text on one line of at most n characters.
func shorten(s string, n int) string {
	r := []rune(strings.Map(func(c rune) rune {
		if c < ' ' {
			return ' '
		}
		return c
	}, s))
	if len(r) > n {
		return string(r[:n-3]) + "..."
	}
	return string(r)
}

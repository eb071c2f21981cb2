package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"accounthealth/calibrate"
	"accounthealth/internal/job"
)

// printLosses says what became of every loss on record, whole accounts and parts
// apart, and what the lost ARR rests on.
func printLosses(w io.Writer, r *job.RecordLosses) {
	if len(r.Lines) == 0 {
		return
	}
	unsized := slices.ContainsFunc(r.Lines, func(l job.RecordLossLine) bool { return l.Unsized > 0 })
	head := ""
	if unsized {
		head = "no amount\t"
	}
	t := table(w)
	fmt.Fprintf(t, "\nlosses on record\tof\tlosses\tARR, %s\t%s\n", r.Currency, head)
	for _, l := range r.Lines {
		of := "parts"
		if l.Whole {
			of = "accounts"
		}
		arr, none := money(l.ARR), ""
		if l.Unsized == l.Losses {
			arr = "~"
		}
		if unsized {
			none = whole(l.Unsized) + "\t"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", l.Became, of, whole(l.Losses), arr, none)
	}
	t.Flush()
	for _, n := range r.Notes(func(v float64) string { return money(v) + " " + r.Currency }) {
		fmt.Fprintln(w, "note: "+n)
	}
}

// partsIn says how many of some losses were of parts; "" where none was.
func partsIn(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s)", several(int64(n), "part"))
}

// partsOf counts the rows that lost a part only.
func partsOf(k *calibrate.KindAudit) int {
	n := k.NotScored.Parts
	for _, s := range k.Statuses.Rows {
		n += s.Parts
	}
	return n
}

// ways gives the losses, while they are few, with the score and the pillars on the way
// to each.
func (a *auditRecord) ways(w io.Writer, k *calibrate.KindAudit) {
	if len(k.Lost) == 0 {
		return
	}
	fmt.Fprintf(w, "the way to each loss, %d in all: scores in the half year before the decision, oldest first\n", len(k.Lost))
	for _, l := range k.Lost {
		r := a.row[l.Row]
		what := "left"
		if l.Partial {
			what = "lost a part"
		}
		fmt.Fprintf(w, "  %s  %s  judged %s on %s, %s, ARR %s of %s\n", r.ID, orNone(r.Name), l.Status, r.Date, what, a.lostOf(r, l.ARRLost), a.amount(r.paid()))
		if len(l.Path) == 0 {
			fmt.Fprintln(w, "    no scores on days before it")
			continue
		}
		parts := []string{wayOf(l.Path, func(s calibrate.PathStep) string { return fmt.Sprint(s.Days) }) + " days before: score " +
			wayOf(l.Path, func(s calibrate.PathStep) string { return figureOf(s.Score, "%.0f") })}
		for p, name := range a.Result.Pillars {
			parts = append(parts, name+" "+wayOf(l.Path, func(s calibrate.PathStep) string {
				if p >= len(s.Pillars) {
					return "~"
				}
				return figureOf(s.Pillars[p], "%.0f")
			}))
		}
		fmt.Fprintln(w, "    "+strings.Join(parts, "; "))
	}
	fmt.Fprintln(w)
}

// wayOf writes one figure of every step.
func wayOf(path []calibrate.PathStep, of func(calibrate.PathStep) string) string {
	var out []string
	for _, s := range path {
		out = append(out, of(s))
	}
	return strings.Join(out, "→")
}

// greenParts counts the false greens that lost a part only.
func greenParts(k *calibrate.KindAudit) int {
	n := 0
	for _, g := range k.FalseGreens {
		if g.Partial {
			n++
		}
	}
	return n
}

// churnedOf counts the churned accounts of an audit; those that lost a part only
// apart.
func churnedOf(k *calibrate.KindAudit) string {
	if k.PartialAccounts == 0 {
		return fmt.Sprint(k.ChurnedAccounts)
	}
	return fmt.Sprintf("%d (%d left, %d lost a part and stayed)", k.ChurnedAccounts, k.ChurnedAccounts-k.PartialAccounts, k.PartialAccounts)
}

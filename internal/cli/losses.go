package cli

import (
	"fmt"
	"io"

	"accounthealth/calibrate"
	"accounthealth/internal/job"
)

// printLosses says what became of every loss on record, whole accounts and parts
// apart, and what the lost ARR rests on.
func printLosses(w io.Writer, r *job.RecordLosses) {
	if len(r.Lines) == 0 {
		return
	}
	t := table(w)
	fmt.Fprintf(t, "\nlosses on record\tof\tlosses\tARR, %s\t\n", r.Currency)
	for _, l := range r.Lines {
		of := "parts"
		if l.Whole {
			of = "accounts"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", l.Became, of, whole(l.Losses), money(l.ARR))
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

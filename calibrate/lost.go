package calibrate

import (
	"fmt"
	"math"
)

// lostColumn is what each row lost: as stated, else all of its ARR (1 where arr is
// nil) for a churned row and nothing for the others.
func lostColumn(y []bool, arr, lost []float64) []float64 {
	if lost != nil {
		return lost
	}
	out := make([]float64, len(y))
	for i, churned := range y {
		switch {
		case !churned:
		case arr == nil:
			out[i] = 1
		default:
			out[i] = arr[i]
		}
	}
	return out
}

// lost checks an optional column of lost ARR. A row cannot lose more than it has:
// shares of lost ARR then stay between 0 and 1.
func (v *violations) lost(lost, arr []float64, n int) {
	switch {
	case lost == nil:
	case arr == nil:
		v.addf("Lost is given without ARR")
	case len(lost) != n || len(arr) != n:
		v.length("Lost", len(lost), n)
	default:
		v.rows("Lost", n, func(i int) bool { return lost[i] >= 0 && lost[i] <= arr[i] && !math.IsInf(lost[i], 1) }, "is outside 0 to the row's ARR")
	}
}

// partial checks an optional column of partial losses.
func (v *violations) partial(partial, y []bool) {
	if partial == nil {
		return
	}
	if v.length("Partial", len(partial), len(y)); len(partial) == len(y) {
		v.rows("Partial", len(y), func(i int) bool { return !partial[i] || y[i] }, "is set for a row that did not churn")
	}
}

// eventKinds counts distinct churned accounts and their rows by what was lost.
type eventKinds struct {
	accounts int // distinct churned accounts
	partial  int // of these, lost a part only and stayed
	rows     int // churned rows
	parts    int // of these, of a part
}

// kindsOf counts the events among rows; columns as in Sample.
func kindsOf(rows, account []int32, churned, partial []bool) eventKinds {
	whole := map[int32]bool{} // churned account -> left on some row
	k := eventKinds{}
	for _, i := range rows {
		if !churned[i] {
			continue
		}
		part := partial != nil && partial[i]
		k.rows++
		if part {
			k.parts++
		}
		whole[account[i]] = whole[account[i]] || !part
	}
	k.accounts = len(whole)
	for _, left := range whole {
		if !left {
			k.partial++
		}
	}
	return k
}

// overlap reports whether a whole loss is on several rows: an account can lose a
// part more than once, but leaves once.
func (k eventKinds) overlap() bool { return k.rows-k.parts > k.accounts-k.partial }

// kinds counts the events among rows.
func (f *frame) kinds(rows []int32) eventKinds { return kindsOf(rows, f.entity, f.Y, f.Partial) }

// partialAccounts counts, of the churned accounts among rows, those that lost a part
// only.
func (f *frame) partialAccounts(rows []int32) int { return f.kinds(rows).partial }

// ByKind counts churned accounts under a noun, those that only lost a part apart:
// "41 churned accounts", "41 churned accounts (30 left, 11 lost a part and stayed)".
func ByKind(churned, partial int, noun string) string {
	if partial == 0 {
		return fmt.Sprintf("%d %s", churned, noun)
	}
	return fmt.Sprintf("%d %s (%d left, %d lost a part and stayed)", churned, noun, churned-partial, partial)
}

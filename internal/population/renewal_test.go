package population

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/day"
)

// termOn is a paid term of one account with 30 days' notice.
func termOn(t *testing.T, start, end, renewal string, months float64) Term {
	t.Helper()
	on := func(s string) int32 {
		if s == "" {
			return NoDay
		}
		d, err := day.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	return Term{Start: on(start), End: on(end), Renewal: on(renewal), Notice: 30, Months: months, ARR: 100}
}

func contracts(asOf int32, terms ...[]Term) *Table {
	n := len(terms)
	table := &Table{
		ID: make([]string, n), Stage: make([]string, n), ARRToday: slices.Repeat([]float64{math.NaN()}, n),
		Start: slices.Repeat([]int32{NoDay}, n), Renewal: slices.Repeat([]int32{NoDay}, n), Notice: slices.Repeat([]int32{60}, n),
	}
	for i, list := range terms {
		table.ID[i] = fmt.Sprintf("A%02d", i)
		for _, x := range list {
			x.Account = int32(i)
			table.Terms = append(table.Terms, x)
		}
	}
	table.Arrange(Settings{AsOf: asOf}, true)
	return table
}

// What each kind of row says on 1 March 2024 of the renewal ahead: date, last day
// to opt out, length of the contract period.
func TestRenewalsAhead(t *testing.T) {
	unknown := math.NaN()
	on, asOf := day.Of(2024, 3, 1), day.Of(2025, 12, 31)
	free := termOn(t, "2023-06-15", "", "2024-06-15", 12)
	free.ARR = 0
	unstated := termOn(t, "2023-06-15", "2024-06-15", "2024-06-15", 12)
	unstated.Notice = -1
	for _, c := range []struct {
		name  string
		terms []Term
		want  string
	}{
		{"stated", []Term{termOn(t, "2023-06-15", "2024-06-15", "2024-06-15", 12)}, "2024-06-15 2024-05-16 365"},
		{"without a length", []Term{termOn(t, "2023-06-15", "2024-06-15", "2024-06-15", unknown)}, "2024-06-15 2024-05-16 366"},
		{
			"a price later than the contract",
			[]Term{termOn(t, "2023-06-15", "2024-01-10", "2024-06-15", unknown), termOn(t, "2024-01-10", "", "2024-06-15", unknown)},
			"2024-06-15 2024-05-16 366",
		},
		{"renewed since, in the same row", []Term{termOn(t, "2021-06-15", "", "2027-06-15", 12)}, "2024-06-15 2024-05-16 365"},
		{"renewed since, half years", []Term{termOn(t, "2021-06-15", "", "2027-06-15", 6)}, "2024-06-15 2024-05-16 183"},
		{"bound for three years", []Term{termOn(t, "2023-06-15", "", "2026-06-15", 36)}, "2026-06-15 2026-05-16 1096"},
		{"stated long ago, and renewed by itself", []Term{termOn(t, "2021-06-15", "", "2022-06-15", 12)}, "2024-06-15 2024-05-16 365"},
		{"stated long ago, no length", []Term{termOn(t, "2021-06-15", "", "2022-06-15", unknown)}, "none 365"},
		{"a month-end stays one", []Term{termOn(t, "2023-02-28", "", "2026-02-28", 12)}, "2025-02-28 2025-01-29 365"},
		{"by the month", []Term{termOn(t, "2023-06-15", "", "", 1)}, "none 30"},
		{"not begun", []Term{termOn(t, "2024-06-15", "2025-06-15", "2025-06-15", 12)}, ""},
		{"over", []Term{termOn(t, "2022-06-15", "2023-06-15", "2023-06-15", 12)}, ""},
		{"free", []Term{free}, ""},
		{"no notice on record", []Term{unstated}, "2024-06-15 2024-04-16 365 assumed"},
		{
			"two contracts",
			[]Term{termOn(t, "2023-06-15", "2024-06-15", "2024-06-15", 12), termOn(t, "2023-09-01", "2024-09-01", "2024-09-01", 12)},
			"2024-06-15 2024-05-16 365; 2024-09-01 2024-08-02 365",
		},
	} {
		if got := ahead(contracts(asOf, c.terms), on); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func ahead(table *Table, on int32) string {
	var out []string
	for a := range table.Renewals(0, on) {
		s := fmt.Sprintf("none %d", a.Days)
		if a.Renewal != NoDay {
			s = fmt.Sprintf("%s %s %d", day.Format(a.Renewal), day.Format(a.Deadline), a.Days)
		}
		if !a.Stated {
			s += " assumed"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// An end is a renewal only where the terms of accounts that stay state ends, and
// not where a new price ended the row early.
func TestEndsThatBind(t *testing.T) {
	on, asOf := day.Of(2024, 3, 1), day.Of(2025, 12, 31)
	own := []Term{termOn(t, "2023-06-15", "2024-06-15", "", 12)}
	stays := []Term{termOn(t, "2025-06-15", "2026-06-15", "", 12)}
	open := []Term{termOn(t, "2021-06-15", "", "", 12)}
	if got := ahead(contracts(asOf, own, stays, stays, stays), on); got != "2024-06-15 2024-05-16 365" {
		t.Errorf("where ends are stated: %q", got)
	}
	if got := ahead(contracts(asOf, own, open, open, stays), on); got != "none 365" {
		t.Errorf("where only accounts that left have ends: %q", got)
	}
	repriced := []Term{termOn(t, "2023-06-15", "2024-03-20", "", 12)}
	if got := ahead(contracts(asOf, repriced, stays, stays, stays), on); got != "none 365" {
		t.Errorf("a price that ended: %q", got)
	}
}

// Only terms that began by a day and run past it continue a contract.
func TestContinues(t *testing.T) {
	ended, by := day.Of(2024, 6, 15), day.Of(2025, 1, 1)
	first := termOn(t, "2023-06-15", "2024-06-15", "2024-06-15", 12)
	for _, c := range []struct {
		name  string
		terms []Term
		want  bool
	}{
		{"ran out", []Term{first}, false},
		{"ends the day after", []Term{first, termOn(t, "2024-01-01", "2024-06-16", "", 1)}, false},
		{"renewed", []Term{first, termOn(t, "2024-06-15", "2025-06-15", "2025-06-15", 12)}, true},
		{"came back", []Term{first, termOn(t, "2024-11-15", "", "", 1)}, true},
		{"came back after the day", []Term{first, termOn(t, "2025-01-02", "", "", 1)}, false},
	} {
		if got := contracts(by, c.terms).Continues(0, ended, by); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// The notice period of an account counts as stated where its row of accounts, or the
// term itself, states one.
func TestNoticeThatIsStated(t *testing.T) {
	table, _ := load(t, []row{{"account_id": "a", "notice_days": 45}, {"account_id": "b"}, {"account_id": "c"}}, []row{
		{"account_id": "b", "subscription_id": "2", "start": "2025-06-01", "arr": 50, "renewal_date": "2026-06-01"},
		{"account_id": "a", "subscription_id": "1", "start": "2025-06-01", "arr": 50, "renewal_date": "2026-06-01"},
		{"account_id": "c", "subscription_id": "3", "start": "2025-06-01", "arr": 50, "renewal_date": "2026-06-01", "notice_days": 20},
	}, nil)
	var got []string
	for i := range table.ID {
		for a := range table.Renewals(i, day.Of(2025, 9, 1)) {
			got = append(got, fmt.Sprintf("%s %d %v", table.ID[i], a.Notice, a.Stated))
		}
	}
	if want := []string{"a 45 true", "b 60 false", "c 20 true"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A renewal that a placeholder puts thousands of years away is the one that terms
// counted one by one lead to.
func TestRenewalsFarAway(t *testing.T) {
	table, asOf := &Table{}, day.Of(2025, 3, 17)
	for _, stated := range []int32{day.Of(9999, 12, 31), day.Of(2015, 1, 31), day.Of(2031, 8, 30), day.Of(2019, 5, 31), asOf} {
		for m := 1; m <= 37; m += 3 {
			x := Term{Start: day.Of(2015, 1, 1), End: NoDay, Renewal: stated, Months: float64(m)}
			k := 0
			for day.AddMonths(stated, k*m) < asOf {
				k++
			}
			for day.AddMonths(stated, (k-1)*m) >= asOf {
				k--
			}
			if got, want := table.renewal(&x, asOf), day.AddMonths(stated, k*m); got != want {
				t.Errorf("%s by %d months: %s, want %s", day.Format(stated), m, day.Format(got), day.Format(want))
			}
		}
	}
}

package day

import "testing"

func TestCalendar(t *testing.T) {
	d := func(s string) int32 {
		x, err := Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct {
		name      string
		got, want int32
	}{
		{"epoch", d("1970-01-01"), 0},
		{"before the epoch", d("1969-12-31"), -1},
		{"month end of a leap February", MonthEnd(d("2024-02-10")), d("2024-02-29")},
		{"a month end is its own month end", MonthEnd(d("2026-06-30")), d("2026-06-30")},
		{"previous month end from a month end", PrevMonthEnd(d("2026-03-31")), d("2026-02-28")},
		{"quarter end inside", QuarterEnd(d("2026-05-15")), d("2026-06-30")},
		{"next quarter end from a quarter end", NextQuarterEnd(d("2026-06-30")), d("2026-09-30")},
		{"next quarter end over new year", NextQuarterEnd(d("2025-12-31")), d("2026-03-31")},
		{"previous quarter end from a quarter end", PrevQuarterEnd(d("2026-06-30")), d("2026-03-31")},
		{"previous quarter end in January", PrevQuarterEnd(d("2026-01-05")), d("2025-12-31")},
		{"add months keeps the day", AddMonths(d("2026-01-15"), 13), d("2027-02-15")},
		{"add months clips to the month end", AddMonths(d("2026-01-31"), 1), d("2026-02-28")},
		{"months between, day not reached", MonthsBetween(d("2026-01-15"), d("2026-03-14")), 1},
		{"months between, same day", MonthsBetween(d("2026-01-15"), d("2026-03-15")), 2},
		{"months between, clipped by a short month", MonthsBetween(d("2025-08-31"), d("2026-02-28")), 6},
		{"months between, backwards", MonthsBetween(d("2026-03-15"), d("2026-01-15")), -2},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s (%d), want %s (%d)", c.name, Format(c.got), c.got, Format(c.want), c.want)
		}
	}
	if got := MonthEnds(d("2026-06-30"), 3); len(got) != 3 || got[0] != d("2026-03-31") || got[2] != d("2026-05-31") {
		t.Errorf("MonthEnds = %v", got)
	}
	if _, err := Parse("2026-02-30"); err == nil {
		t.Error("Parse accepted 30 February")
	}
	if Format(None) != "" {
		t.Error("Format(None) is not empty")
	}
}

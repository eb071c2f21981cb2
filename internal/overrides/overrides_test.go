package overrides_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/overrides"
	"accounthealth/internal/plan"
	"accounthealth/internal/source"
)

// framework has a pillar and a signal of every kind, and one word, "finance",
// that names both.
var framework = &plan.Plan{
	Pillars: []plan.Pillar{{Name: "product", Label: "Product"}, {Name: "support", Label: "Service"}, {Name: "finance", Label: "Finance"}},
	Signals: []plan.Signal{
		{Name: "activity", Label: "Active users", Unit: "ratio", Domain: plan.Interval{Lo: 0, Hi: math.Inf(1), HiOpen: true}},
		{Name: "nps", Label: "NPS", Domain: plan.Interval{Lo: 0, Hi: 10}},
		{Name: "champion", Label: "Champion", Words: []string{"engaged", "expansion_in_discussion", "left"}},
		{Name: "payment", Label: "Finance", Domain: plan.Interval{Lo: 0, Hi: math.Inf(1), HiOpen: true}},
	},
}

var accounts = []string{"007", "A", "B", "C"}

func lookup(id string) int32 { return int32(slices.Index(accounts, id)) }

const today = "2026-06-30"

// note is a sound row; changes replace columns, nil leaves one out.
func note(changes ...any) intaketest.Row {
	row := intaketest.Row{"account_id": "A", "target": "support", "value": "55", "reason": "settled", "author": "Ana", "set_at": "2026-06-01", "expires_at": "2026-09-30"}
	for i := 0; i < len(changes); i += 2 {
		if row[changes[i].(string)] = changes[i+1]; changes[i+1] == nil {
			delete(row, changes[i].(string))
		}
	}
	return row
}

func read(t interface {
	Helper()
	Fatal(...any)
}, in intake.Input,
) *overrides.Set {
	t.Helper()
	s, err := overrides.Read(context.Background(), &in, nil, framework, lookup, intaketest.Day(today))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func notes(rows ...intaketest.Row) intake.Input {
	return intaketest.Canonical(memory.NewGoAllocator(), "overrides", rows...)
}

func inForce(s *overrides.Set, d string) (out []string) {
	for _, v := range s.At(intaketest.Day(d)) {
		out = append(out, accounts[v.Row]+" "+v.Target(framework)+" "+v.Text(framework))
	}
	return out
}

// Every row has one defect, and the finding says which and what would mend it.
func TestMistakesAreListed(t *testing.T) {
	for _, c := range []struct {
		row          intaketest.Row
		code, column string
		says         string
	}{
		{note("account_id", nil), "missing_key", "account_id", "no account"},
		{note("account_id", "7"), "orphan", "account_id", "7: not in accounts"},
		{note("target", "suport"), "unknown_word", "target", `"suport": neither a pillar nor a signal of the framework; did you mean "support"`},
		{note("target", nil), "unknown_word", "target", "use one of product, support"},
		{note("target", "finance"), "unknown_word", "target", "write pillar:finance or signal:payment"},
		{note("value", "fifty"), "unparsable", "value", `"fifty": not a value of support; write a number such as 55`},
		{note("value", "55%"), "unparsable", "value", "write a number"},
		{note("value", nil), "unparsable", "value", `""`},
		{note("value", "NaN"), "unparsable", "value", "NaN"},
		{note("value", "100.1"), "out_of_range", "value", `"100.1": support lies from 0 to 100`},
		{note("value", "-1"), "out_of_range", "value", "from 0 to 100"},
		{note("target", "nps", "value", "11"), "out_of_range", "value", "nps lies from 0 to 10"},
		{note("target", "activity", "value", "-1%"), "out_of_range", "value", "activity lies from 0% up"},
		{note("target", "activity", "value", "72"), "out_of_range", "value", "write a share such as 72% or 0.72"},
		{note("target", "champion", "value", "engagd"), "unknown_word", "value", `"engagd": not a value of champion; did you mean "engaged"`},
		{note("reason", nil), "incomplete", "reason", "no reason"},
		{note("reason", " "), "incomplete", "reason", "no reason"},
		{note("author", nil), "incomplete", "author", "no author"},
		{note("set_at", nil), "undated", "set_at", "missing"},
		{note("set_at", intaketest.Bad), "unparsable", "set_at", "cannot be read"},
		{note("expires_at", intaketest.Bad), "unparsable", "expires_at", "cannot be read"},
		{note("expires_at", "2026-05-31"), "reversed", "expires_at", "2026-05-31: before it was set"},
		{note("set_at", "2026-07-01"), "future_date", "set_at", "set on 2026-07-01"},
		{note("expires_at", "2026-06-29"), "expired", "expires_at", "support = 55 expired on 2026-06-29"},
	} {
		// A sound row of another account beside it, so that every column is mapped.
		s := read(t, notes(note("account_id", "C", "value", "1"), c.row))
		left := s.Left()
		if len(left) != 1 {
			t.Errorf("%v: findings %+v, want one", c.row, left)
			continue
		}
		f := left[0]
		if string(f.Code) != c.code || f.Column != c.column || !strings.Contains(f.Value, c.says) || f.File != "part-0" || f.Row != 1 || f.Source != "overrides" {
			t.Errorf("%v: finding %+v, want %s in %s saying %q", c.row, f, c.code, c.column, c.says)
		}
		if d := cmp.Diff([]string{"C support 1"}, inForce(s, today)); d != "" {
			t.Errorf("%v is applied: %s", c.row, d)
		}
		if n := s.Count(); n.Rows != 2 || n.InForce != 1 || n.Superseded+n.Expired+n.Pending+n.Refused != 1 {
			t.Errorf("%v: counts %+v", c.row, n)
		}
	}
}

// Names and labels, in any case and with any of space, hyphen and underscore.
func TestTargetsAndValues(t *testing.T) {
	for _, c := range []struct{ target, value, want string }{
		{"Support", "55", "support 55"},
		{"service", "0", "support 0"},
		{"pillar:finance", "99.5", "finance 99.5"},
		{"signal: Finance", "60", "payment 60"},
		{"ACTIVE-USERS", "72%", "activity 72%"},
		{"activity", "0.725", "activity 72.5%"},
		{"nps", " 9 ", "nps 9"},
		{"Champion", "Expansion in discussion", "champion expansion_in_discussion"},
	} {
		s := read(t, notes(note("target", c.target, "value", c.value)))
		if d := cmp.Diff([]string{"A " + c.want}, inForce(s, today)); d != "" {
			t.Errorf("%+v: %s %+v", c, d, s.Left())
		}
	}
	v := read(t, notes(note())).At(intaketest.Day(today))[0]
	if got, want := v.Sentence(framework), "support = 55 until 2026-09-30 (settled, Ana)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	v = read(t, notes(note("expires_at", nil))).At(intaketest.Day(today))[0]
	if got, want := v.Sentence(framework), "support = 55 without end (settled, Ana)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A value is in force from the day it is set to the day it expires, both
// included; of several the newest counts, and an older one again after it.
func TestInForce(t *testing.T) {
	s := read(t, notes(
		note("value", "10", "set_at", "2026-01-10", "expires_at", nil),
		note("value", "20", "set_at", "2026-03-01 09:00", "expires_at", "2026-03-31"),
		note("value", "30", "set_at", "2026-03-01 17:00", "expires_at", "2026-03-15"),
		note("account_id", "B", "value", "40", "set_at", "2026-03-01", "expires_at", "2026-03-01"),
	))
	for _, c := range []struct {
		day  string
		want []string
	}{
		{"2026-01-09", nil},
		{"2026-01-10", []string{"A support 10"}},
		{"2026-02-28", []string{"A support 10"}},
		{"2026-03-01", []string{"A support 30", "B support 40"}},
		{"2026-03-02", []string{"A support 30"}},
		{"2026-03-15", []string{"A support 30"}},
		{"2026-03-16", []string{"A support 20"}},
		{"2026-04-01", []string{"A support 10"}},
		{today, []string{"A support 10"}},
	} {
		if d := cmp.Diff(c.want, inForce(s, c.day)); d != "" {
			t.Errorf("%s: %s", c.day, d)
		}
	}
	if got, want := s.Count(), (overrides.Counts{Rows: 4, InForce: 1, Expired: 3}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

// Rows of one account, target and moment: the first counts.
func TestTies(t *testing.T) {
	s := read(t, notes(
		note("value", "10"), note("value", "10"), note("value", "20"), note("value", "30", "set_at", "2026-06-01 08:00"), note("value", "10", "author", "Bo"),
	))
	var got []string
	for _, f := range s.Left() {
		got = append(got, fmt.Sprint(f.Row, " ", f.Code))
	}
	if d := cmp.Diff([]string{"0 superseded", "1 duplicate", "2 conflict", "4 conflict"}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"A support 30"}, inForce(s, today)); d != "" {
		t.Error(d)
	}
}

// A full copy replaces the one before; the spells of an SCD bound its values.
func TestLayouts(t *testing.T) {
	mem, c := memory.NewGoAllocator(), source.Find("overrides")
	s := read(t, intaketest.Input(mem, c, source.Snapshot,
		note("snapshot_date", "2026-06-29"), note("snapshot_date", "2026-06-29", "account_id", "B"),
		note("snapshot_date", "2026-06-30", "account_id", "B"), note("snapshot_date", "2026-07-01", "account_id", "C"),
		note("account_id", "007"),
	))
	if d := cmp.Diff([]string{"B support 55"}, inForce(s, today)); d != "" {
		t.Error(d)
	}
	if n := s.Count(); n.Rows != 2 || n.Refused != 1 {
		t.Errorf("counts %+v, want the newest copy's row and the one without a date", n)
	}
	s = read(t, intaketest.Input(mem, c, source.SCD,
		note("valid_from", "2026-06-01", "valid_to", "2026-06-10"),
		note("valid_from", "2026-06-10", "value", "60"),
	))
	for d, want := range map[string][]string{"2026-06-09": {"A support 55"}, "2026-06-10": {"A support 60"}, "2026-10-01": nil} {
		if d := cmp.Diff(want, inForce(s, d)); d != "" {
			t.Error(d)
		}
	}
}

func TestSignalsThatAreNotCollected(t *testing.T) {
	s := read(t, notes(note("target", "nps", "value", "3"), note("target", "champion", "value", "left"), note()))
	s.Collected([]bool{true, false, true, true})
	if d := cmp.Diff([]string{"A support 55", "A champion left"}, inForce(s, today)); d != "" {
		t.Error(d)
	}
	if f := s.Left(); len(f) != 1 || f[0].Code != overrides.NotCollected || f[0].Row != 0 {
		t.Errorf("findings %+v", f)
	}
}

func TestAnUnmappedColumnIsNamed(t *testing.T) {
	in := notes(note("author", nil))
	_, err := overrides.Read(context.Background(), &in, nil, framework, lookup, intaketest.Day(today))
	if diag.ClassOf(err) != diag.Data || !strings.Contains(err.Error(), `"author"`) {
		t.Errorf("error %v", err)
	}
	var none *overrides.Set
	none.Collected(nil)
	if none.At(0) != nil || none.Left() != nil || none.Count() != (overrides.Counts{}) {
		t.Error("a nil set is not empty")
	}
}

// At agrees with the definition taken row by row, however the rows are cut into
// batches, and the counts take every row once.
func TestAtAgreesWithItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := intaketest.Day("2026-06-25")
		type drawn struct {
			account, target string
			value           int
			set, until      int32
		}
		var all []drawn
		var rows []intaketest.Row
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			d := drawn{
				account: rapid.SampledFrom(accounts[:2]).Draw(t, "account"), target: rapid.SampledFrom([]string{"support", "nps"}).Draw(t, "target"),
				value: rapid.IntRange(0, 10).Draw(t, "value"), set: first + rapid.Int32Range(0, 9).Draw(t, "set"), until: day.None,
			}
			row := note("account_id", d.account, "target", d.target, "value", fmt.Sprint(d.value), "set_at", d.set, "expires_at", nil)
			row["expires_at"] = nil // mapped, but empty
			if rapid.Bool().Draw(t, "ends") {
				d.until = d.set + rapid.Int32Range(-1, 5).Draw(t, "length")
				row["expires_at"] = d.until
			}
			all, rows = append(all, d), append(rows, row)
		}
		in := notes(rows...)
		in.Rows.(*intaketest.Source).Batch = rapid.IntRange(1, 5).Draw(t, "batch")
		s := read(t, in)
		usable := func(i int) bool {
			d := all[i]
			if d.until != day.None && d.until < d.set {
				return false
			}
			for k := range i {
				e := all[k]
				if (e.until == day.None || e.until >= e.set) && e.account == d.account && e.target == d.target && e.set == d.set {
					return false
				}
			}
			return true
		}
		for on := first - 1; on < first+18; on++ {
			var want []string
			for _, account := range accounts[:2] {
				for _, target := range []string{"support", "nps"} {
					best := -1
					for i, d := range all {
						if usable(i) && d.account == account && d.target == target && d.set <= on && (d.until == day.None || on <= d.until) && (best < 0 || d.set > all[best].set) {
							best = i
						}
					}
					if best >= 0 {
						want = append(want, fmt.Sprint(account, " ", target, " ", all[best].value))
					}
				}
			}
			if d := cmp.Diff(want, inForce(s, day.Format(on))); d != "" {
				t.Fatalf("%s: %s", day.Format(on), d)
			}
		}
		c := s.Count()
		if c.InForce != len(s.At(intaketest.Day(today))) || c.Rows != len(all) || c.InForce+c.Superseded+c.Expired+c.Pending+c.Refused != c.Rows {
			t.Fatalf("counts %+v of %d rows, %d in force", c, len(all), len(s.At(intaketest.Day(today))))
		}
	})
}

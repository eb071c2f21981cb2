package cohort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
)

const none = population.NoDay

// contract is a yearly term unless it says otherwise.
func contract(t *testing.T, start, renewal string) population.Term {
	t.Helper()
	x := population.Term{Start: mustParse(t, start), End: none, Renewal: none, Notice: 60, Months: 12, ARR: 1000}
	if renewal != "" {
		x.Renewal = mustParse(t, renewal)
		x.End = x.Renewal
	}
	return x
}

func loss(t *testing.T, event string) population.Loss {
	t.Helper()
	return population.Loss{Event: mustParse(t, event), End: none, Logo: true, Counts: true, ARRBefore: math.NaN(), ARRLost: math.NaN()}
}

// account is one account's contracts and losses.
type account struct {
	terms  []population.Term
	losses []population.Loss
}

func tableOf(accounts []account, asOf int32) *population.Table {
	n := len(accounts)
	table := &population.Table{
		Segment: make([]string, n), Owner: make([]string, n), Stage: make([]string, n), Parent: make([]string, n), Currency: make([]string, n),
		ARRToday: slices.Repeat([]float64{math.NaN()}, n), Start: slices.Repeat([]int32{none}, n), Renewal: slices.Repeat([]int32{none}, n), Notice: slices.Repeat([]int32{60}, n),
	}
	for i, a := range accounts {
		table.ID = append(table.ID, fmt.Sprintf("A%03d", i))
		for _, x := range a.terms {
			x.Account = int32(i)
			table.Terms = append(table.Terms, x)
		}
		for _, l := range a.losses {
			l.Account = int32(i)
			table.Losses = append(table.Losses, l)
		}
	}
	table.Arrange(population.Settings{AsOf: asOf, OnboardingDays: 0}, true)
	return table
}

// monthEnds scores every account on every month-end of a stretch.
func monthEnds(table *population.Table, from, to int32) []Dated {
	var out []Dated
	for d := day.MonthEnd(from); d <= to; d = day.MonthEnd(d + 1) {
		out = append(out, Dated{View: table.At(d, false), Result: &score.Result{Status: make([]int8, table.Len())}})
	}
	return out
}

// The days of the hand-made accounts: month-ends of two years, losses on record
// until a month before the as-of date.
var (
	firstEnd = day.Of(2023, 10, 31)
	dataEnd  = day.Of(2025, 10, 31)
	asOfDay  = day.Of(2025, 11, 30)
)

func cohortOf(accounts []account) (*population.Table, *Cohort) {
	table := tableOf(accounts, asOfDay)
	return table, Build(table, monthEnds(table, firstEnd, asOfDay), Rule{Gap: 14, DataEnd: dataEnd, AtRenewal: true, Partial: 0.2})
}

// told lists one account's outcomes on the dates on which it is up for decision,
// and else the reasons why it is not.
func told(a account) string {
	_, c := cohortOf([]account{a})
	var up, idle []string
	for _, l := range c.Ledger {
		switch l.Outcome {
		case Stayed, Churned, InGap, HorizonIncomplete, NoVerdict, Lapsed, Earlier:
			up = append(up, fmt.Sprintf("%s %s", day.Format(l.AsOf), l.Outcome))
		default:
			if s := l.Outcome.String(); !slices.Contains(idle, s) {
				idle = append(idle, s)
			}
		}
	}
	if up == nil {
		return strings.Join(idle, "; ")
	}
	return strings.Join(up, "; ")
}

// Every rule of sampling by renewal decisions, on one account each. A decision
// about a renewal on 15 June with 60 days' notice can be opted out of until 16
// April; 90 days before that is 17 January, and the newest month-end up to it 31
// December.
func TestDecisions(t *testing.T) {
	year := func(start, renewal string) population.Term { return contract(t, start, renewal) }
	years := func(start, renewal string) population.Term {
		x := contract(t, start, renewal)
		x.Months = 36
		return x
	}
	two := []population.Term{year("2023-06-15", "2024-06-15"), year("2024-06-15", "2025-06-15"), year("2025-06-15", "2026-06-15")}
	lost := func(event, end string, terms ...population.Term) account {
		l := loss(t, event)
		if end != "" {
			l.End = mustParse(t, end)
		}
		return account{terms, []population.Loss{l}}
	}
	rolling := contract(t, "2023-06-15", "")
	rolling.Months = 1
	open := contract(t, "2023-06-15", "")
	open.Months = math.NaN()
	overwritten := contract(t, "2021-06-15", "2026-06-15")
	overwritten.End = none
	shortNotice := year("2023-06-15", "2024-06-15")
	shortNotice.Notice = 15
	half := contract(t, "2024-02-01", "2024-05-01")
	half.Months, half.End = 3, none
	part := lost("2024-04-01", "", two[:2]...)
	part.losses[0].Logo, part.losses[0].ARRLost = false, 300
	parts := lost("2024-05-01", "", two[0], year("2023-08-15", "2024-08-15"), two[1], two[2])
	parts.losses[0].Logo, parts.losses[0].ARRLost = false, 600
	acquired := lost("2024-04-01", "", two[0])
	acquired.losses[0].Counts = false
	upgraded := []population.Term{two[0], two[0], two[1], two[2]}
	upgraded[0].End = mustParse(t, "2024-01-20")
	upgraded[1].Start = mustParse(t, "2024-01-20")
	for _, c := range []struct {
		name string
		a    account
		want string
	}{
		{"a row a decision", account{two, nil}, "2023-12-31 kept as stayed; 2024-12-31 kept as stayed"},
		{"a price changed on the way", account{upgraded, nil}, "2023-12-31 kept as stayed; 2024-12-31 kept as stayed"},
		{"90 days before the deadline is a month-end itself", account{[]population.Term{year("2023-06-29", "2024-06-29"), years("2024-06-29", "2027-06-29")}, nil}, "2024-01-31 kept as stayed"},
		{"a day before that", account{[]population.Term{year("2023-06-28", "2024-06-28"), years("2024-06-28", "2027-06-28")}, nil}, "2023-12-31 kept as stayed"},
		{"a shorter notice is scored later", account{[]population.Term{shortNotice, years("2024-06-15", "2027-06-15")}, nil}, "2024-02-29 kept as stayed"},
		{"lost at the deadline", lost("2024-04-16", "2024-06-14", two[0]), "2023-12-31 kept as churned"},
		{"lost after the deadline, before the renewal", lost("2024-06-10", "", two[0]), "2023-12-31 kept as churned"},
		{"lost at the second renewal", lost("2025-04-10", "", two[0], two[1]), "2023-12-31 kept as stayed; 2024-12-31 kept as churned"},
		{"lost in the middle of a contract", lost("2024-09-10", "2024-09-30", two[0], two[1]), "2023-12-31 kept as stayed"},
		{"lost within the gap", lost("2024-01-10", "", two[0]), "2023-12-31 decided inside the gap: too late to act"},
		{"lost before the date", lost("2023-12-20", "2024-06-14", two[0]), "not up for decision: no renewal falls due on any of the dates; loss already decided or in notice"},
		{"a part lost at the deadline, where that is an event", part, "2023-12-31 kept as churned; 2024-12-31 contract ran out with neither a renewal nor a loss on record"},
		{"two contracts, a part lost at the first", parts, "2023-12-31 kept as churned; 2024-02-29 kept as stayed; 2024-12-31 kept as stayed"},
		{"acquired", acquired, "2023-12-31 lost for a reason that is no verdict on health"},
		{"the renewal lies after the data end, kept", account{[]population.Term{year("2024-11-05", "2025-11-05"), year("2025-11-05", "2026-11-05")}, nil}, "2025-05-31 outcome window not complete at the data end"},
		{"the renewal lies after the data end, lost", lost("2025-08-20", "", year("2024-11-05", "2025-11-05")), "2025-05-31 outcome window not complete at the data end"},
		{"bound for years", account{[]population.Term{years("2023-09-10", "2026-09-10")}, nil}, "not up for decision: multi-year contract, not due on any of the dates"},
		{"a multi-year contract that is due", account{[]population.Term{years("2021-06-15", "2024-06-15"), years("2024-06-15", "2027-06-15")}, nil}, "2023-12-31 kept as stayed"},
		{"too young to be due", account{[]population.Term{year("2025-07-01", "2026-07-01")}, nil}, "not yet a customer; not up for decision: no renewal falls due on any of the dates"},
		{"no renewal date", account{[]population.Term{open}, nil}, "no renewal date on record"},
		{"rolling by the month", account{[]population.Term{rolling}, []population.Loss{loss(t, "2024-08-20")}}, "2023-12-31 kept as stayed; 2024-03-31 kept as stayed; 2024-06-30 kept as churned"},
		{
			"three months are too short to be scored before their deadline", lost("2024-10-20", "", half),
			"2024-03-31 kept as stayed; 2024-06-30 kept as stayed; 2024-09-30 kept as churned",
		},
		{"one row, whose renewal moves on", account{[]population.Term{overwritten}, nil}, "2023-12-31 kept as stayed; 2024-12-31 kept as stayed"},
		{"one row, whose renewal moved on until the loss", lost("2025-04-10", "2025-06-14", overwritten), "2023-12-31 kept as stayed; 2024-12-31 kept as churned"},
		{"ran out, and nobody says why", account{two[:1], nil}, "2023-12-31 contract ran out with neither a renewal nor a loss on record"},
		{"ran out, and the loss was booked later", lost("2024-07-20", "", two[0]), "2023-12-31 kept as churned"},
		{"ran out, and the loss was booked after the data end", lost("2025-11-20", "", two[0]), "2023-12-31 contract ran out with neither a renewal nor a loss on record"},
		{
			"left and came back",
			account{[]population.Term{two[0], year("2024-09-01", "2025-09-01"), year("2025-09-01", "2026-09-01")}, lost("2024-04-10", "2024-06-14").losses},
			"2023-12-31 kept as churned; 2025-03-31 kept as stayed",
		},
		{
			"two contracts, lost at the first", lost("2024-05-01", "", two[0], year("2023-08-15", "2024-08-15")),
			"2023-12-31 kept as churned; 2024-02-29 outcome belongs to a decision scored before",
		},
		{
			"two contracts, lost at the second", lost("2024-07-10", "", two[0], two[1], year("2023-08-15", "2024-08-15")),
			"2023-12-31 kept as stayed; 2024-02-29 kept as churned",
		},
		{
			"two contracts that renew on one day are one decision",
			account{[]population.Term{two[0], shortNotice, two[1], two[2]}, nil},
			"2023-12-31 kept as stayed; 2024-02-29 outcome belongs to a decision scored before; 2024-12-31 kept as stayed",
		},
		{
			"from rolling to a year: the quarter's window comes first",
			lost("2024-04-10", "", func() population.Term { x := rolling; x.End = mustParse(t, "2024-01-05"); return x }(), func() population.Term {
				x := year("2024-01-05", "2024-06-15")
				x.Months = 6
				return x
			}()),
			"2023-12-31 kept as churned",
		},
	} {
		if got := told(c.a); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A loss in the gap of the decision that it comes from is out with its row, by either
// kind of loss; one in the gap of a date whose row is in is in no window.
func TestALossInTheGapIsOutWithItsRow(t *testing.T) {
	two := []population.Term{contract(t, "2023-06-15", "2024-06-15"), contract(t, "2024-06-15", "2025-06-15"), contract(t, "2025-06-15", "2026-06-15")}
	part := loss(t, "2025-01-08")
	part.Logo, part.ARRLost = false, 600
	small := part
	small.ARRLost = 10
	_, c := cohortOf([]account{{two[:2], []population.Loss{loss(t, "2025-01-10")}}, {two, []population.Loss{part}}, {two, []population.Loss{small}}})
	var got []string
	for _, l := range c.Losses {
		got = append(got, fmt.Sprint(l, " ", l.Logo, " ", l.Losses))
	}
	want := []string{
		"its account-date is out: decided inside the gap: too late to act true 1",
		"its account-date is out: decided inside the gap: too late to act false 1",
		"decided in no outcome window of these dates false 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// Rows count whose deadline rests on the notice period of the settings, and each
// row knows what its window holds.
func TestDecisionsWithoutANoticePeriodAreCounted(t *testing.T) {
	assumed := contract(t, "2023-06-15", "2024-06-15")
	assumed.Notice = -1
	next := contract(t, "2024-06-15", "2027-06-15")
	next.Months = 36
	rolling := contract(t, "2023-06-15", "")
	rolling.Months = 1
	_, c := cohortOf([]account{{[]population.Term{assumed, next}, nil}, {[]population.Term{contract(t, "2023-06-15", "2024-06-15"), next}, nil}, {[]population.Term{rolling}, nil}})
	if c.Assumed != 1 {
		t.Errorf("%d rows with the notice period of the settings, want 1", c.Assumed)
	}
	of, names := c.Rule.kinds(c.Rows)
	if !slices.Equal(names, []string{"rolling contract, a quarter", "decision, contract up to a year"}) || of[0] != 1 || !slices.Contains(of, 0) {
		t.Errorf("kinds %q %v", names, of)
	}
	dates := []int32{day.Of(2023, 11, 30), day.Of(2023, 12, 31), day.Of(2024, 1, 31)}
	if of, names := c.Rule.periods(dates); !slices.Equal(names, []string{"2023 Q4", "2024 Q1"}) || !slices.Equal(of, []int32{0, 0, 1}) {
		t.Errorf("periods %q %v", names, of)
	}
}

// A year's contract in five accounts, of which some have no renewal date.
func TestChoose(t *testing.T) {
	open := contract(t, "2020-01-01", "")
	open.Months = math.NaN()
	dated := account{terms: []population.Term{contract(t, "2023-06-15", "2024-06-15"), contract(t, "2024-06-15", "2025-06-15"), contract(t, "2025-06-15", "2026-06-15")}}
	undated := account{terms: []population.Term{open}}
	gap := int32(14)
	choose := func(asked string, accounts ...account) Sampling {
		table := tableOf(accounts, asOfDay)
		var views []*population.View
		for _, d := range monthEnds(table, firstEnd, asOfDay) {
			views = append(views, d.View)
		}
		return Choose(asked, table, views, Rule{Gap: gap, DataEnd: dataEnd})
	}
	seven, six := append(slices.Repeat([]account{dated}, 7), slices.Repeat([]account{undated}, 3)...), append(slices.Repeat([]account{dated}, 6), slices.Repeat([]account{undated}, 4)...)
	for _, c := range []struct {
		asked    string
		accounts []account
		used     string
		why      string
	}{
		{Auto, seven, Renewal, "7 of 10 accounts have a renewal date on record (70%), and from 70% on renewals are judged"},
		{Auto, six, Calendar, "6 of 10 accounts have a renewal date on record (60%); from 70% on, renewals are judged"},
		{Calendar, seven, Calendar, "calibration.sampling asks for it; 7 of 10"},
		{Renewal, six, Renewal, "calibration.sampling asks for it; 6 of 10"},
		{Auto, nil, Calendar, "0 of 0 accounts"},
	} {
		s := choose(c.asked, c.accounts...)
		if s.Used() != c.used || !strings.HasPrefix(s.Why, c.why) || !strings.Contains(s.Words(), s.Why) {
			t.Errorf("%s: %s, %q", c.asked, s.Used(), s.Why)
		}
	}
	// Rows without a length, overwritten at each renewal: the renewals on record of
	// the past are those of accounts that left.
	var accounts []account
	for k := range 20 {
		kept := contract(t, "2020-06-15", "2026-06-15")
		kept.Months, kept.End = math.NaN(), none
		gone := account{terms: []population.Term{contract(t, "2020-06-15", "2025-06-15")}, losses: []population.Loss{loss(t, "2025-04-10")}}
		gone.terms[0].Months = math.NaN()
		if accounts = append(accounts, account{terms: []population.Term{kept}}); k%2 == 0 {
			accounts = append(accounts, gone)
		}
	}
	if s := choose(Auto, accounts...); s.AtRenewal || !strings.Contains(s.Why, "10 of 10 past renewals on record were losses, as where renewal dates are overwritten") {
		t.Errorf("overwritten: %+v", s)
	}
	// With a gap up to the deadline no loss before it could be the outcome.
	if gap = Lead - 1; !choose(Auto, seven...).AtRenewal {
		t.Error("a gap that ends before the deadline leaves days to be lost in")
	}
	if gap = Lead; choose(Auto, seven...).AtRenewal || !strings.HasPrefix(choose(Auto, seven...).Why, "calibration.gap_days is 90: ") {
		t.Errorf("a gap up to the deadline: %+v", choose(Auto, seven...))
	}
	gap = 14
	// Where no past renewal has an outcome, nothing is judged at renewals.
	young := account{terms: []population.Term{contract(t, "2025-01-15", "2027-01-15")}}
	if s := choose(Auto, young, young); s.AtRenewal || s.Why != "2 of 2 accounts have a renewal date on record (100%), but the outcome of none of the past renewals is known" {
		t.Errorf("no outcome: %+v", s)
	}
	// Ends of rows without a renewal date and a term are renewals, and it is said.
	ends := account{terms: slices.Clone(dated.terms)}
	for k := range ends.terms {
		ends.terms[k].Renewal, ends.terms[k].Months = none, math.NaN()
	}
	for _, asked := range []string{Auto, Renewal} {
		if s := choose(asked, dated, ends, ends); !s.AtRenewal || s.OfRows != 4 || s.Decided != 6 || !strings.Contains(s.Words(), "Of the 6 past renewals whose outcome is known, 4 are taken from the end of a subscription row") {
			t.Errorf("%s: %+v", asked, s)
		}
	}
	if s := choose(Auto, dated); s.OfRows != 0 || strings.Contains(s.Why, "taken from the end") {
		t.Errorf("stated renewals: %+v", s)
	}
	if _, c := cohortOf([]account{dated, ends}); c.OfRows != 2 {
		t.Errorf("%d rows with a renewal from the end of a row, want 2", c.OfRows)
	}
	// An end that only accounts that left have is no renewal date.
	gone := account{terms: []population.Term{open}, losses: []population.Loss{loss(t, "2024-04-10")}}
	gone.terms = []population.Term{{Start: open.Start, End: mustParse(t, "2024-06-15"), Renewal: none, Notice: 60, Months: math.NaN(), ARR: 1000}}
	if s := choose(Auto, gone, undated, undated); s.Dated != 0 {
		t.Errorf("the end of service of a lost account counts as a renewal date: %+v", s)
	}
}

// drawn draws an account with contracts of all kinds, side by side or with gaps
// between them, and losses at any time.
func drawn(r *rand.Rand) account {
	var a account
	yes := func(share float64) bool { return r.Float64() < share }
	at := day.Of(2022, 1, 1) + r.Int32N(900)
	for range 1 + r.IntN(5) {
		months := []int{1, 3, 6, 12, 12, 12, 24, 36}[r.IntN(8)]
		x := population.Term{Start: at, End: none, Renewal: none, Notice: []int32{-1, 0, 30, 90}[r.IntN(4)], Months: float64(months), ARR: 100}
		if yes(.2) {
			x.Months = math.NaN()
		}
		if months > 1 {
			x.Renewal = day.AddMonths(at, months)
			if yes(.7) {
				x.End = x.Renewal
			}
		}
		a.terms = append(a.terms, x)
		at = day.AddMonths(at, months) + []int32{0, 0, -40, -300, 100}[r.IntN(5)]
	}
	for range r.IntN(3) {
		l := population.Loss{Event: day.Of(2023, 10, 1) + r.Int32N(790), End: none, Logo: true, Counts: yes(.9), ARRBefore: math.NaN(), ARRLost: math.NaN()}
		if yes(.3) {
			l.Logo, l.ARRLost = false, 60
		} else if yes(.5) {
			l.End = l.Event + r.Int32N(90)
		}
		a.losses = append(a.losses, l)
	}
	return a
}

// Whatever the contracts: a loss labels at most one row, windows hold it, every
// account-date is counted once, and what is dated after the data end changes no
// row.
func TestDecisionsProperties(t *testing.T) {
	seen := map[Outcome]int64{}
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 0))
		accounts := []account{drawn(r), drawn(r), drawn(r), drawn(r)}
		table, c := cohortOf(accounts)
		labelled := map[[2]int32]int32{}
		for _, row := range c.Rows {
			if !row.Churned {
				continue
			}
			on := c.Dates[row.Date]
			if row.Event <= on+c.Rule.Gap || row.Event > c.Rule.DataEnd {
				t.Fatalf("seed %d: account %d on %s: a loss on %s", seed, row.Account, day.Format(on), day.Format(row.Event))
			}
			key := [2]int32{row.Account, row.Event}
			if was, twice := labelled[key]; twice {
				t.Fatalf("seed %d: account %d: the loss on %s labels %s and %s", seed, row.Account, day.Format(row.Event), day.Format(was), day.Format(on))
			}
			labelled[key] = on
		}
		var counted int64
		dates := map[int32]bool{}
		for _, l := range c.Ledger {
			counted += l.Accounts
			seen[l.Outcome] += l.Accounts
			dates[l.AsOf] = true
		}
		if counted != int64(len(dates)*table.Len()) {
			t.Fatalf("seed %d: the ledger counts %d account-dates of %d", seed, counted, len(dates)*table.Len())
		}

		tied(t, table, c.Rows, nil, c.Losses, c.LostARR)
		addsLabels(t, seed, Build(table, monthEnds(table, firstEnd, asOfDay), Rule{Gap: 14, DataEnd: dataEnd, AtRenewal: true}), c)

		later := slices.Clone(accounts)
		for i := range later {
			later[i].terms = append(slices.Clone(later[i].terms), population.Term{Start: dataEnd + 1, End: none, Renewal: dataEnd + 200, Notice: 30, Months: 12, ARR: 5})
			later[i].losses = append(slices.Clone(later[i].losses), population.Loss{Event: dataEnd + 1 + int32(i), End: none, Logo: true, Counts: true})
		}
		_, with := cohortOf(later)
		in := func(c *Cohort) (rows []string) {
			for _, r := range c.Rows {
				rows = append(rows, fmt.Sprint(r.Account, c.Dates[r.Date], r.Churned))
			}
			return rows
		}
		if a, b := in(c), in(with); !slices.Equal(a, b) {
			t.Fatalf("seed %d: rows change by what happened after the data end:\n%v\n%v", seed, a, b)
		}
	}
	for _, o := range All() {
		if seen[o] == 0 && o != NotScored && o != IsOnboarding {
			t.Errorf("no account-date came out as %q", o)
		}
	}
}

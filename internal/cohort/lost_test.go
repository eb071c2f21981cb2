package cohort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/score"
)

// part and whole are losses so many days after a date.
func part(after int32, before, lost float64) population.Loss {
	return population.Loss{Event: after, ARRBefore: before, ARRLost: lost, Counts: true}
}

func whole(after int32, before, lost float64) population.Loss {
	l := part(after, before, lost)
	l.Logo = true
	return l
}

func uncounted(l population.Loss) population.Loss {
	l.Counts = false
	return l
}

func acquired(l population.Loss) population.Loss {
	l.Reason = "acquired"
	return uncounted(l)
}

func member(l population.Loss) population.Loss {
	l.Member = true
	return l
}

// Accounts that pay 100 on 2025-12-31, one a rule. The gap is 14 days, the window the
// 90 to the next quarter-end after it: losses on days 15 to 104 are outcomes.
func TestLossesByHand(t *testing.T) {
	nan := math.NaN()
	const in = 50
	cases := []struct {
		name   string
		losses []population.Loss
		// with logo losses as events, and with those of parts from 20% too: what the
		// account-date is, the day of the loss that labels it, and what it lost
		logo, both string
	}{
		{"nothing", nil, "stayed 0", "stayed 0"},
		{"whole account", []population.Loss{whole(in, 100, 100)}, "churned on 50: 100", "churned on 50: 100"},
		{"a part, large", []population.Loss{part(in, 100, 30)}, "stayed 30", "part on 50: 30"},
		{"a part, exactly the share", []population.Loss{part(in, 100, 20)}, "stayed 20", "part on 50: 20"},
		{"a part, a cent under the share", []population.Loss{part(in, 100, 19.99)}, "stayed 19.99", "stayed 19.99"},
		{"a part, of what was paid before it", []population.Loss{part(in, 200, 30)}, "stayed 30", "stayed 30"},
		{"a part, nothing known before", []population.Loss{part(in, nan, 30)}, "stayed 30", "part on 50: 30"},
		{"a part of unknown size", []population.Loss{part(in, 100, nan)}, "stayed 0", "stayed 0"},
		{"a member's account, of the parent's ARR", []population.Loss{member(part(in, 10, 10))}, "stayed 10", "stayed 10"},
		{"a large member's account", []population.Loss{member(part(in, 25, 25))}, "stayed 25", "part on 50: 25"},
		{"a part on the date", []population.Loss{part(0, 100, 30)}, "stayed 0", "stayed 0"},
		{"a part, last day of the gap", []population.Loss{part(14, 100, 30)}, "stayed 0", "in gap"},
		{"a part, first day of the window", []population.Loss{part(15, 100, 30)}, "stayed 30", "part on 15: 30"},
		{"a part, last day of the window", []population.Loss{part(104, 100, 30)}, "stayed 30", "part on 104: 30"},
		{"a part, after the window", []population.Loss{part(105, 100, 30)}, "stayed 0", "stayed 0"},
		{"two parts", []population.Loss{part(20, 100, 25), part(60, 75, 5)}, "stayed 30", "part on 20: 30"},
		{"a part in the gap, another in the window", []population.Loss{part(5, 100, 25), part(60, 75, 25)}, "stayed 25", "part on 60: 25"},
		{"a part, then the rest", []population.Loss{part(20, 100, 30), whole(60, 70, 70)}, "churned on 60: 100", "churned on 20: 100"},
		{"a part in the gap, then the rest", []population.Loss{part(5, 100, 30), whole(60, 70, 70)}, "churned on 60: 70", "churned on 60: 70"},
		{"the account in the gap", []population.Loss{whole(5, 100, 100)}, "in gap", "in gap"},
		{"the account in the gap, a part before", []population.Loss{part(3, 100, 30), whole(5, 70, 70)}, "in gap", "in gap"},
		{"no verdict", []population.Loss{uncounted(whole(in, 100, 100))}, "no verdict", "no verdict"},
		{"no verdict on a part", []population.Loss{acquired(part(in, 100, 30))}, "stayed 0", "no verdict"},
		{"no verdict on a small part", []population.Loss{uncounted(part(in, 100, 3))}, "stayed 0", "stayed 0"},
		{"no verdict on a part, then a verdict", []population.Loss{uncounted(part(20, 100, 30)), part(60, 70, 20)}, "stayed 20", "part on 60: 20"},
		{"a part, then no verdict on the rest", []population.Loss{part(20, 100, 30), uncounted(whole(60, 70, 70))}, "no verdict", "part on 20: 30"},
		{"no verdict on the account, a part booked later", []population.Loss{uncounted(whole(20, 100, 100)), part(60, 100, 100)}, "no verdict", "no verdict"},
		{"no amount: what the account paid", []population.Loss{whole(in, nan, nan)}, "churned on 50: 100", "churned on 50: 100"},
		{"no amount lost, but the one before", []population.Loss{whole(in, 80, nan)}, "churned on 50: 80", "churned on 50: 80"},
		{"a part, then the rest without an amount", []population.Loss{part(20, 100, 30), whole(60, nan, nan)}, "churned on 60: 100", "churned on 20: 100"},
		{"more than it paid", []population.Loss{whole(in, 150, 150)}, "churned on 50: 100", "churned on 50: 100"},
	}
	date := mustParse(t, "2025-12-31")
	table := &population.Table{}
	for i, c := range cases {
		table.ID, table.Segment, table.Owner, table.Parent = append(table.ID, fmt.Sprintf("%02d", i)), append(table.Segment, ""), append(table.Owner, ""), append(table.Parent, "")
		for _, l := range c.losses {
			l.Account, l.Event = int32(i), date+l.Event
			table.Losses = append(table.Losses, l)
		}
	}
	n := len(cases)
	view := &population.View{AsOf: date, Class: make([]population.Class, n), ARR: slices.Repeat([]float64{100}, n), TenureMonths: make([]int32, n)}
	for _, both := range []bool{false, true} {
		rule := Rule{Gap: 14, DataEnd: date + 400}
		if both {
			rule.Partial = .20
		}
		c := Build(table, []Dated{{View: view, Result: &score.Result{Status: make([]int8, n)}}}, rule)
		got := slices.Repeat([]string{"out"}, n)
		for _, r := range c.Rows {
			switch {
			case r.Partial:
				got[r.Account] = fmt.Sprintf("part on %d: %g", r.Event-date, r.Lost)
			case r.Churned:
				got[r.Account] = fmt.Sprintf("churned on %d: %g", r.Event-date, r.Lost)
			default:
				got[r.Account] = fmt.Sprintf("stayed %g", r.Lost)
			}
		}
		gaps, excused, parts, events := 0, 0, 0, 0
		for i, x := range cases {
			want := x.logo
			if both {
				want = x.both
			}
			switch want {
			case "in gap":
				gaps, want = gaps+1, "out"
			case "no verdict":
				excused, want = excused+1, "out"
			}
			if strings.Contains(want, " on ") {
				events++
			}
			if strings.HasPrefix(want, "part") {
				parts++
			}
			if got[i] != want {
				t.Errorf("parts %v, %s: %s, want %s", both, x.name, got[i], want)
			}
		}
		if c.Accounts[InGap] != gaps || c.Accounts[NoVerdict] != excused || c.Events != events || c.Parts != parts {
			t.Errorf("parts %v: %d in the gap, %d without a verdict, %d events, %d of parts; want %d, %d, %d, %d",
				both, c.Accounts[InGap], c.Accounts[NoVerdict], c.Events, c.Parts, gaps, excused, events, parts)
		}
		tied(t, table, c.Rows, nil, c.Losses, c.LostARR)
		var ledger []string
		for _, l := range c.Losses {
			ledger = append(ledger, fmt.Sprintf("%s, whole %v: %d of %.2f", l, l.Logo, l.Losses, l.ARR))
		}
		// Added up by hand from the cases.
		want := []string{
			"event: labels an account-date, whole true: 7 of 470.00",
			"lost a part: ARR counts, no event (calibration.events is logo), whole false: 16 of 359.99",
			"no verdict on health, whole true: 3 of 270.00",
			"no verdict on health, whole false: 3 of 63.00",
			"its account-date is out: lost for a reason that is no verdict on health, whole false: 2 of 130.00",
			"decided before the first outcome window, whole true: 2 of 170.00",
			"decided before the first outcome window, whole false: 5 of 145.00",
			"decided in no outcome window of these dates, whole false: 1 of 30.00",
		}
		if both {
			want = []string{
				"event: labels an account-date, whole true: 7 of 470.00",
				"event: labels an account-date, whole false: 12 of 325.00",
				"lost a part under the threshold: ARR counts, no event, whole false: 4 of 64.99",
				"lost a part of unknown size: no event, whole false: 1 of 0.00",
				"no verdict on health, whole true: 3 of 270.00",
				"no verdict on health, whole false: 3 of 63.00",
				"its account-date is out: lost for a reason that is no verdict on health, whole false: 1 of 100.00",
				"decided before the first outcome window, whole true: 2 of 170.00",
				"decided before the first outcome window, whole false: 5 of 145.00",
				"decided in no outcome window of these dates, whole false: 1 of 30.00",
			}
		}
		for _, l := range c.Losses {
			if reasons := fmt.Sprint(l.Reasons); l.Fate == Excused && reasons != map[bool]string{false: "[{ 2 33} {acquired 1 30}]", true: "[{ 3 270}]"}[l.Logo] {
				t.Errorf("whole %v: %s", l.Logo, reasons)
			}
		}
		if !slices.Equal(ledger, want) {
			t.Errorf("parts %v:\n%s", both, strings.Join(ledger, "\n"))
		}
	}
}

// tied checks that every loss is in the ledger once, that its lines that count add
// up to what the rows lost, and that a loss labels one row at most. excused may be
// nil.
func tied(t *testing.T, table *population.Table, rows []Row, excused []bool, ledger []LossLine, lost LostARR) {
	t.Helper()
	cents := func(v float64) int64 { return int64(math.Round(v * 100)) }
	var losses, stated, counted, inRows int64
	for _, l := range ledger {
		losses += l.Losses
		stated += cents(l.ARR)
		if l.Fate.Counted() {
			counted += cents(l.ARR)
		}
	}
	var all int64
	for _, l := range table.Losses {
		if v := l.Amount(); !math.IsNaN(v) {
			all += cents(v)
		}
	}
	label := map[[2]int32]int{}
	for i, r := range rows {
		if r.Churned {
			label[[2]int32{r.Account, r.Event}]++
		}
		if excused == nil || !excused[i] {
			inRows += cents(r.Lost)
		}
	}
	if losses != int64(len(table.Losses)) || stated != all {
		t.Errorf("%d losses of %d cents in the ledger, %d of %d on record", losses, stated, len(table.Losses), all)
	}
	if inRows != cents(lost.ARR) || inRows != counted+cents(lost.AssumedARR)-cents(lost.OverARR) {
		t.Errorf("rows lost %d cents, said %d; counted losses %d, assumed %d, over %d", inRows, cents(lost.ARR), counted, cents(lost.AssumedARR), cents(lost.OverARR))
	}
	for k, n := range label {
		if n > 1 {
			t.Errorf("the loss of account %d on %s labels %d rows", k[0], day.Format(k[1]), n)
		}
	}
}

// randomLosses is a population of n accounts at quarter-ends, with losses of all kinds
// at any time.
func randomLosses(r *rand.Rand, n int) (*population.Table, []*population.View) {
	nan := math.NaN()
	table := &population.Table{}
	first, _ := day.Parse("2024-12-31")
	amount := func() float64 {
		return []float64{nan, 0, 10, 19.99, 20, 20.01, 55.55, 100, 250}[r.IntN(9)]
	}
	for i := range n {
		table.ID = append(table.ID, fmt.Sprintf("%03d", i))
		table.Segment, table.Owner, table.Parent = append(table.Segment, ""), append(table.Owner, ""), append(table.Parent, "")
		table.Start = append(table.Start, population.NoDay)
		for range r.IntN(5) {
			table.Losses = append(table.Losses, population.Loss{
				Account: int32(i), Event: first - 50 + r.Int32N(600), Logo: r.IntN(3) == 0, Counts: r.IntN(4) > 0, Member: r.IntN(6) == 0,
				ARRBefore: amount(), ARRLost: amount(), Imputed: r.IntN(2) == 0,
			})
		}
	}
	table.Arrange(population.Settings{}, false)
	var views []*population.View
	for q := range 5 {
		d := first
		for range q {
			d = day.NextQuarterEnd(d)
		}
		v := &population.View{AsOf: d, TenureMonths: make([]int32, n)}
		for range n {
			class := population.Customer
			if r.IntN(6) == 0 {
				class = population.Class(r.IntN(population.Classes))
			}
			v.Class = append(v.Class, class)
			v.ARR = append(v.ARR, []float64{100, 100, 100, 40, 0, nan}[r.IntN(6)])
		}
		views = append(views, v)
	}
	return table, views
}

// labelOfWhole is the label by losses of whole accounts alone, as the method states
// it: the first loss of the account after the date decides.
func labelOfWhole(table *population.Table, v *population.View, account int32, rule Rule) Outcome {
	if o := classOutcome(v.Class[account]); !o.In() {
		return o
	}
	for _, l := range table.Losses {
		if l.Account != account || !l.Logo || l.Event <= v.AsOf {
			continue
		}
		o := rule.Label(v.AsOf, l.Event)
		if (o == Churned || o == InGap) && !l.Counts {
			o = NoVerdict
		}
		return o
	}
	return rule.Label(v.AsOf, day.None)
}

// Over random losses: the ledger ties out; losses of parts change no label while only
// whole accounts are events, and where they are events they add labels and take none
// that a whole account gave; what an account-date lost is the same either way.
func TestLossesOfPartsProperties(t *testing.T) {
	for seed := range uint64(300) {
		table, views := randomLosses(rand.New(rand.NewPCG(seed, 7)), 25)
		n := table.Len()
		var dated []Dated
		var dates []InForce
		for _, v := range views {
			res := &score.Result{Status: make([]int8, n)}
			for i := range res.Status {
				if (i+int(seed))%9 == 0 {
					res.Status[i] = score.NotScored
				}
			}
			dated = append(dated, Dated{View: v, Result: res})
			dates = append(dates, InForce{View: v, Score: make([]float64, n), Status: make([]int32, n), ScoredOn: v.AsOf, Pillars: [][]float64{make([]float64, n)}})
		}
		end := views[len(views)-1].AsOf
		type at [2]int32
		var logo *Cohort
		for _, from := range []float64{0, .20, 1e-9} {
			rule := Rule{Gap: 14, DataEnd: end + 60, Partial: from}
			c := Build(table, dated, rule)
			tied(t, table, c.Rows, nil, c.Losses, c.LostARR)
			a := Audit{Table: table, Plan: &plan.Plan{Pillars: []plan.Pillar{{Name: "p"}}, Rules: []plan.Rules{{}}}, Rule: rule, Labels: []string{"red", "green"}, Cuts: []float64{60}}.Build(dates)
			tied(t, table, a.Rows, a.Sample.Excused, a.Losses, a.LostARR)
			if err := a.Sample.Validate(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if from == 0 {
				rows := map[at]Row{}
				for _, r := range c.Rows {
					rows[at{r.Account, c.Dates[r.Date]}] = r
				}
				logo = c
				for _, s := range dated {
					for i := range int32(n) {
						o := labelOfWhole(table, s.View, i, rule)
						r, in := rows[at{i, s.View.AsOf}]
						if want := o.In() && s.Result.Status[i] >= 0; in != want || in && (r.Churned != (o == Churned) || r.Partial) {
							t.Fatalf("seed %d, account %d on %s: %v by whole accounts, row %v %+v", seed, i, day.Format(s.View.AsOf), o, in, r)
						}
					}
				}
				continue
			}
			addsLabels(t, seed, logo, c)
		}
	}
}

// addsLabels checks that losses of parts as events take no label that a whole account
// gave, give none as a whole account, and change no lost ARR.
func addsLabels(t *testing.T, seed uint64, whole, both *Cohort) {
	t.Helper()
	type at [2]int32
	rowsOf := func(c *Cohort) map[at]Row {
		rows := map[at]Row{}
		for _, r := range c.Rows {
			rows[at{r.Account, c.Dates[r.Date]}] = r
		}
		return rows
	}
	logo, rows := rowsOf(whole), rowsOf(both)
	for k, was := range logo {
		is, in := rows[k]
		if was.Partial || was.Churned && (!in || !is.Churned || is.Partial) {
			t.Fatalf("seed %d: the loss of account %d labels no row any more: %+v, %+v", seed, k[0], was, is)
		}
		if in && is.Lost != was.Lost {
			t.Fatalf("seed %d: account %d lost %g, was %g", seed, k[0], is.Lost, was.Lost)
		}
	}
	for k, is := range rows {
		if was, in := logo[k]; is.Churned && !is.Partial && !(in && was.Churned) {
			t.Fatalf("seed %d: account %d left in a row that was none: %+v", seed, k[0], is)
		}
	}
}

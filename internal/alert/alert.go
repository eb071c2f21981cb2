package alert

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/advise"
	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/score"
)

// Input is a scored day and what its alerts are judged against. Everything is by
// population row and under one framework.
type Input struct {
	Table  *population.Table
	Advice *advise.Advice
	Scorer *score.Scorer
	Now    portfolio.Scored
	// Past are earlier scored days, oldest first. The newest one not after Review,
	// and not after Before where that is earlier, is what changes are measured
	// from; without one nothing is raised.
	Past    []portfolio.Scored
	Review  int32
	Snoozes []Snooze
	// Before is the day of the last run and Open its alerts that were open or held
	// back; NoDay and nil without one.
	Before int32
	Open   []portfolio.AlertRow
}

// Snooze keeps an account's alerts, or those of one rule, from being raised.
type Snooze struct {
	Account  int32
	Rule     string // "" for every rule
	From, To int32  // days, both included
	Reason   string
	Author   string
}

// Raise returns the alerts of a day; nil where the framework raises none.
func Raise(in Input) (*portfolio.Workflow, error) {
	rules := in.Now.Result.Plan.Alerts
	if rules == nil {
		return nil, nil
	}
	r := raiser{Input: in, plan: in.Now.Result.Plan, rules: rules, open: map[int32][]portfolio.AlertRow{}, snoozes: map[int32][]Snooze{}}
	for _, s := range in.Snoozes {
		r.snoozes[s.Account] = append(r.snoozes[s.Account], s)
	}
	r.shiftedOn = portfolio.NoDay
	r.out = &portfolio.Workflow{Since: portfolio.NoDay, Before: in.Before}
	if err := r.measure(); err != nil {
		return nil, err
	}
	r.carry()
	for i := range in.Now.View.Class {
		r.account(i)
	}
	r.count()
	return r.out, nil
}

type raiser struct {
	Input
	plan   *plan.Plan
	rules  *plan.Alerts
	since  *portfolio.Scored // what changes are measured from, or nil
	shifts []shift
	// shiftedOn is the day of the newest shift whose alert is still open: scores
	// before it are not comparable with today's.
	shiftedOn int32
	// tenths and pillars are today's with shifted signals where they were; nil
	// where none shifted.
	held    *score.Result
	open    map[int32][]portfolio.AlertRow // by population row: open or held back before
	snoozes map[int32][]Snooze             // by population row
	out     *portfolio.Workflow
}

// measure finds the day to measure from and what shifted as a whole since.
func (r *raiser) measure() error {
	limit := r.Review
	if r.Before != portfolio.NoDay {
		limit = min(limit, r.Before)
	}
	for k := range r.Past {
		if d := r.Past[k].View.AsOf; d <= limit && d < r.Now.View.AsOf {
			r.since = &r.Past[k]
		}
	}
	if r.since == nil {
		return nil
	}
	r.out.Since = r.since.View.AsOf
	return r.findShifts()
}

// scored returns the score in tenths that triggers look at, and its status.
func (r *raiser) scored(i int) (tenths int32, status int8) {
	res := r.Now.Result
	if r.held != nil && res.Status[i] >= 0 {
		res = r.held
	}
	return res.Tenths[i], res.Status[i]
}

func (r *raiser) pillar(p, i int) float64 {
	if r.held != nil {
		return r.held.Pillars[p][i]
	}
	return r.Now.Result.Pillars[p][i]
}

// fired is a rule that applies to an account now.
type fired struct {
	rule      int
	condition portfolio.AlertCondition
	reason    string
}

// account settles one account: what was open, and what is new.
func (r *raiser) account(i int) {
	before := r.open[int32(i)]
	switch {
	case !r.Now.View.Class[i].Scored():
		for _, a := range before {
			if a.State != portfolio.AlertHeld {
				r.add(r.close(r.refresh(a, i), "the account is "+r.Now.View.Class[i].String()))
			}
		}
		return
	case r.Now.Result.Status[i] < 0: // what is not known has not cleared
		for _, a := range before {
			if a.State != portfolio.AlertHeld {
				a.State = portfolio.AlertOpen
			}
			r.add(r.refresh(a, i))
		}
		return
	}
	var known []portfolio.AlertCondition // of alerts that stay open
	var waiting []fired                  // held back before, and holding still
	for _, a := range before {
		still, why := r.still(a, i)
		switch {
		case a.State == portfolio.AlertHeld:
			waiting = append(waiting, r.again(still, i)...)
		case len(still) > 0:
			// One that cleared is heard again when it comes back.
			a.State, a.Conditions = portfolio.AlertOpen, still
			known = append(known, still...)
			r.add(r.refresh(a, i))
		default:
			r.add(r.close(r.refresh(a, i), why))
		}
	}
	all := r.fire(i, known)
	for _, w := range waiting {
		if !slices.ContainsFunc(all, func(f fired) bool { return f.rule == w.rule && f.condition.Subject == w.condition.Subject }) {
			all = append(all, w)
		}
	}
	r.raise(i, all)
}

// raise makes one alert of what fired, or one that is held back.
func (r *raiser) raise(i int, all []fired) {
	var told, quiet []fired
	var whys []string
	for _, f := range all {
		why := r.suppressed(i, r.rules.Rules[f.rule].Name)
		if why == "" {
			told = append(told, f)
			continue
		}
		quiet = append(quiet, f)
		if !slices.Contains(whys, why) {
			whys = append(whys, why)
		}
	}
	if len(told) > 0 {
		r.add(r.alert(i, told))
	}
	if len(quiet) > 0 {
		a := r.alert(i, quiet)
		a.State, a.Why = portfolio.AlertHeld, strings.Join(whys, "; ")
		a.Key += ":held"
		r.add(a)
	}
}

// suppressed says why an account's trigger raises nothing, "" where it does.
func (r *raiser) suppressed(i int, rule string) string {
	asOf := r.Now.View.AsOf
	if start := r.Table.Start[i]; start != population.NoDay && asOf-start < r.rules.QuietDays {
		return fmt.Sprintf("a customer for %d days only", asOf-start)
	}
	for _, s := range r.snoozes[int32(i)] {
		if (s.Rule == "" || s.Rule == rule) && s.From <= asOf && asOf <= s.To {
			return fmt.Sprintf("snoozed until %s by %s: %s", day.Format(s.To), s.Author, s.Reason)
		}
	}
	return ""
}

func (r *raiser) add(a portfolio.AlertRow) {
	r.out.Alerts = append(r.out.Alerts, a)
}

// alert writes a new alert of what fired.
func (r *raiser) alert(i int, all []fired) portfolio.AlertRow {
	asOf := r.Now.View.AsOf
	lead := 0
	for k := range all {
		if r.rules.Rules[all[k].rule].Severity > r.rules.Rules[all[lead].rule].Severity {
			lead = k
		}
	}
	rule := &r.rules.Rules[all[lead].rule]
	a := portfolio.AlertRow{
		Key: "account:" + r.Table.ID[i] + ":" + day.Format(asOf), State: portfolio.AlertNew,
		ID: r.Table.ID[i], Role: rule.Owner, Severity: rule.Severity.String(), Raised: asOf, Deadline: asOf + int32(rule.Days),
		Closed: portfolio.NoDay, Channel: rule.Channel, Field: rule.Field,
	}
	var reasons []string
	for _, f := range all {
		own := &r.rules.Rules[f.rule]
		a.Deadline = min(a.Deadline, asOf+int32(own.Days))
		if !slices.Contains(a.Triggers, own.Label) { // a pillar each
			a.Triggers = append(a.Triggers, own.Label)
		}
		a.Conditions = append(a.Conditions, f.condition)
		reasons = append(reasons, f.reason)
	}
	a.Reason = strings.Join(reasons, "; ")
	if worse := r.worsened(i); worse != "" {
		a.Reason += ". What got worse: " + worse
	}
	if play := r.playFor(i, rule); play >= 0 {
		a.Play = r.plan.Plays[play].Label
	}
	return r.refresh(a, i)
}

// playFor is the rule's play, else the account's own, else the one for the signal
// that lost most points; an alert is no occasion to sell more.
func (r *raiser) playFor(i int, rule *plan.AlertRule) int {
	if rule.Play != plan.NoPlay {
		return rule.Play
	}
	if own := r.Advice.PlayOf(i); own >= 0 && !r.plan.Plays[own].Expands {
		return own
	}
	best, lost := plan.NoPlay, 0.0
	for _, c := range r.changes(i) {
		if play := r.Advice.PlayAnswering(i, c.sig); play >= 0 && !r.plan.Plays[play].Expands && c.points > lost {
			best, lost = play, c.points
		}
	}
	return best
}

// refresh fills in what is known of the account today.
func (r *raiser) refresh(a portfolio.AlertRow, i int) portfolio.AlertRow {
	a.Name, a.Owner = r.Table.Name[i], r.Table.Owner[i]
	a.ARR = amount(r.Now.View.ARR[i])
	a.Score, a.Delta, a.Band = portfolio.Figure{}, portfolio.Figure{}, ""
	a.Escalate = r.Advice.NeedsPerson(r.Table, i)
	if v, ok := r.Now.Result.Score(i); ok {
		a.Score, a.Band = portfolio.Amount(v), r.Now.Result.Band(i).Name
		if old, ok := r.past(i); ok {
			a.Delta = portfolio.Amount(float64(r.Now.Result.Tenths[i]-old) / 10)
		}
	}
	return a
}

func amount(v float64) portfolio.Figure {
	if math.IsNaN(v) {
		return portfolio.Figure{}
	}
	return portfolio.Amount(v)
}

// past returns the score that changes are measured from, in tenths.
func (r *raiser) past(i int) (tenths int32, ok bool) {
	if r.since == nil || !r.since.View.Class[i].Scored() || r.since.Result.Tenths[i] < 0 {
		return 0, false
	}
	return r.since.Result.Tenths[i], true
}

func (r *raiser) close(a portfolio.AlertRow, why string) portfolio.AlertRow {
	a.State, a.Closed, a.Why = portfolio.AlertClosed, r.Now.View.AsOf, why
	return a
}

// carry sorts the alerts of the last run by account and settles those about
// sources and those of accounts that are gone.
func (r *raiser) carry() {
	for _, a := range r.Open {
		if a.State != portfolio.AlertNew && a.State != portfolio.AlertOpen && a.State != portfolio.AlertHeld {
			continue
		}
		row := int32(-1)
		if a.Source == "" {
			row = r.Table.Lookup(a.ID)
		}
		switch {
		case a.Source != "":
			r.carrySource(a)
		case row >= 0:
			r.open[row] = append(r.open[row], a)
		case a.State != portfolio.AlertHeld:
			r.add(r.close(a, "the account is no longer in the accounts export"))
		}
	}
	// What one source does to several signals is one alert.
	var names []string
	bySource := map[string][]shift{}
	for _, s := range r.shifts {
		if name := r.sourceOf(s.sig); !s.open {
			if bySource[name] == nil {
				names = append(names, name)
			}
			bySource[name] = append(bySource[name], s)
		}
	}
	for _, name := range names {
		r.add(r.sourceAlert(name, bySource[name]))
	}
}

// count orders the alerts and fills the counts.
func (r *raiser) count() {
	out := r.out
	rank := map[string]int{
		portfolio.AlertNew: 0, portfolio.AlertOpen: 1, portfolio.AlertClosed: 2, portfolio.AlertHeld: 3,
		plan.Critical.String(): 0, plan.High.String(): 1, plan.Medium.String(): 2,
	}
	source := func(a *portfolio.AlertRow) int {
		if a.Source != "" {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(out.Alerts, func(a, b portfolio.AlertRow) int {
		return cmp.Or(
			cmp.Compare(source(&a), source(&b)), cmp.Compare(rank[a.State], rank[b.State]), cmp.Compare(rank[a.Severity], rank[b.Severity]),
			cmp.Compare(b.ARR.Value, a.ARR.Value), cmp.Compare(a.Key, b.Key),
		)
	})
	owners := map[string]*portfolio.OwnerAlerts{}
	of := func(name string) *portfolio.OwnerAlerts {
		name = cmp.Or(name, "(none)")
		if owners[name] == nil {
			owners[name] = &portfolio.OwnerAlerts{Owner: name}
		}
		return owners[name]
	}
	for i, c := range r.Now.View.Class {
		if c.Scored() && r.Now.Result.Status[i] >= 0 {
			of(r.Table.Owner[i]).Accounts++
		}
	}
	for _, rule := range r.rules.Rules {
		out.Rules = append(out.Rules, r.ruleRow(&rule))
	}
	out.Rules = append(out.Rules, r.shiftRow())
	for k := range out.Alerts {
		a := &out.Alerts[k]
		switch a.State {
		case portfolio.AlertNew:
			out.New++
		case portfolio.AlertOpen:
			out.Open++
		case portfolio.AlertClosed:
			out.Closed++
		case portfolio.AlertHeld:
			out.HeldBack++
		}
		for _, c := range a.Conditions {
			if j := slices.IndexFunc(out.Rules, func(row portfolio.AlertRuleRow) bool { return row.Name == c.Rule }); j >= 0 {
				switch a.State {
				case portfolio.AlertNew:
					out.Rules[j].New++
				case portfolio.AlertOpen:
					out.Rules[j].Open++
				}
			}
		}
		if a.Source != "" {
			continue
		}
		switch o := of(a.Owner); a.State {
		case portfolio.AlertNew:
			o.New++
			if a.Severity == plan.Critical.String() {
				o.Critical++
			}
		case portfolio.AlertOpen:
			o.Open++
			if a.Deadline < r.Now.View.AsOf {
				o.Overdue++
			}
		}
	}
	r.perWeek(owners)
}

// perWeek spreads the new alerts over the weeks since the last run, or since the
// review where there is none.
func (r *raiser) perWeek(owners map[string]*portfolio.OwnerAlerts) {
	out := r.out
	from := out.Since
	if out.Before != portfolio.NoDay {
		from = out.Before
	}
	if from != portfolio.NoDay {
		out.Weeks = float64(r.Now.View.AsOf-from) / 7
	}
	var raised int64
	for _, o := range owners {
		if out.Weeks > 0 {
			o.PerWeek = float64(o.New) / out.Weeks
		}
		raised += o.New
		out.Owners = append(out.Owners, *o)
	}
	slices.SortFunc(out.Owners, func(a, b portfolio.OwnerAlerts) int {
		return cmp.Or(cmp.Compare(b.New, a.New), cmp.Compare(b.Open, a.Open), cmp.Compare(a.Owner, b.Owner))
	})
	if n := float64(len(owners)) * out.Weeks; n > 0 {
		out.PerOwnerWeek = portfolio.Figure{Value: float64(raised) / n, Defined: true, Num: float64(raised), Den: n}
	}
}

package reports

import (
	"strings"

	"accounthealth/internal/portfolio"
)

// taskIDs is the column of the sheet of plans that holds the tasks' account ids.
const taskIDs = "C"

// plans shows what is done about the largest accounts at risk: one row a plan,
// then one row a task, to filter by account or by who does it.
func (p *portfolioBook) plans() {
	r := p.r
	g := p.page(sheetPlans, presentation, 28, 14, 13, 13, 28, 62, 24, 14)
	g.title("Save plans", "As of "+dayText(r.AsOf)+"   |   what is done in 90 days about the accounts at risk with the most ARR")
	type plan = portfolio.SavePlan
	link := func(s plan) string { return p.accountLink(s.ID) }
	g.section("Plans", "")
	put(g, table[plan]{name: "Save_plans", rows: r.Plans, cols: []col[plan]{
		{head: "Account", as: asWrap, link: link, get: func(s plan) value { return str(nameOr(s.Name, s.ID)) }},
		{head: "ARR" + p.money, as: asMoney, get: func(s plan) value { return fig(s.ARR) }},
		{head: "Status", as: asBand, get: func(s plan) value { return str(s.Band) }},
		{head: "Score", as: asScore, get: func(s plan) value { return num(s.Score) }},
		{head: "Owner", as: asWrap, get: func(s plan) value { return str(s.Owner) }},
		{head: "What it is about", as: asWrap, get: func(s plan) value { return str(strings.Trim(s.Banner+"\n"+s.Headline, "\n")) }},
		{head: "For a person to decide", as: asWrap, get: func(s plan) value { return str(strings.Join(s.Escalate, "; ")) }},
		{head: "Renewal", as: asDate, get: func(s plan) value { return day(s.Renewal) }},
	}})
	if r.Unlisted > 0 {
		g.footnote(grouped(float64(r.Unlisted)) + " more accounts at risk have no plan here: the framework lists plans for those with the most ARR. Their plays are on " + sheetAtRisk + ".")
	}
	g.gap(1)
	g.section("How likely, and if it fails", "A share is printed once enough saves are on record; until then it is an assumption and says so.")
	put(g, table[plan]{name: "Save_chances", bare: true, rows: r.Plans, cols: []col[plan]{
		{head: "Account", as: asWrap, get: func(s plan) value { return str(nameOr(s.Name, s.ID)) }},
		{head: "Share", as: asPercent, get: func(s plan) value { return fig(s.Chance.Share) }},
		{head: "Assumed", as: asMark, get: func(s plan) value {
			if s.Chance.Assumed {
				return str("assumed")
			}
			return str("observed")
		}},
		{head: "Saved of", as: asMark, get: func(s plan) value { return str(ofText(s.Chance.Share)) }},
		{head: "In words", as: asWrap, get: func(s plan) value { return str(s.Chance.Sentence) }},
		{head: "If it fails", as: asWrap, get: func(s plan) value { return str(strings.Join(s.IfItFails, "\n")) }},
	}})
	g.gap(1)
	type task struct {
		s *plan
		t portfolio.PlanTask
	}
	var tasks []task
	for i := range r.Plans {
		for _, t := range r.Plans[i].Tasks {
			tasks = append(tasks, task{&r.Plans[i], t})
		}
	}
	g.section("Tasks", "")
	a := put(g, table[task]{name: "Save_tasks", rows: tasks, cols: []col[task]{
		{head: "Account", as: asWrap, get: func(x task) value { return str(nameOr(x.s.Name, x.s.ID)) }},
		{head: "Account id", as: asID, get: func(x task) value { return str(x.s.ID) }},
		{head: "From", as: asDate, get: func(x task) value { return day(x.t.From) }},
		{head: "To", as: asDate, get: func(x task) value { return day(x.t.To) }},
		{head: "Phase", as: asWrap, get: func(x task) value { return str(x.t.Phase) }},
		{head: "Task", as: asWrap, get: func(x task) value { return str(x.t.Task) }},
		{head: "Who", as: asWrap, get: func(x task) value { return str(x.t.Owner) }},
		{head: "Due", as: asDate, get: func(x task) value { return day(x.t.Due) }},
	}})
	g.repeat(a.head, a.head, 0)
	g.freeze(1, 4)
	g.seal()
}

// saveRates shows what became of the plays that were run.
func (p *portfolioBook) saveRates() {
	s := p.r.Saves
	g := p.page(sheetSaves, presentation, 38, 13, 13, 13, 13, 13)
	g.title("Save rates", "As of "+dayText(p.r.AsOf)+"   |   what became of the plays that were run, and of accounts at risk without one")
	g.callout(grouped(float64(s.Closed)) + " plays have ended with an outcome, " + grouped(float64(s.Open)) + " are open, " + grouped(float64(s.Unusable)) + " cannot be used.")
	if s.Note != "" {
		g.note(s.Note)
	}
	g.gap(1)
	type rate = portfolio.SaveRate
	few := false
	rateOf := func(x rate) portfolio.Figure {
		if x.N < portfolio.SmallGroup {
			few = true
			return portfolio.Figure{}
		}
		return x.Rate
	}
	for _, part := range []struct {
		heading, note, name, of, hits string
		rows                          []rate
	}{
		{"By play", "", "Saves_by_play", "Play", "Saved", s.ByPlay},
		{"By owner", "", "Saves_by_owner", "Owner", "Saved", s.ByOwner},
		{"By status", "", "Saves_by_status", "Status", "Saved", s.ByStatus},
		{"At risk at a past review, and worked on", "Kept in the " + itoa(s.HorizonDays) + " days after the review.", "Kept_worked", "Status", "Kept", s.Worked},
		{"At risk at a past review, and not worked on", "Who is worked on is chosen: the difference is no effect of the work.", "Kept_unworked", "Status", "Kept", s.Unworked},
	} {
		if len(part.rows) == 0 {
			continue
		}
		g.section(part.heading, part.note)
		as := asText
		if part.of == "Status" {
			as = asBand
		}
		put(g, table[rate]{name: part.name, bare: true, rows: part.rows, cols: []col[rate]{
			{head: part.of, as: as, get: func(x rate) value { return str(x.Of) }},
			{head: part.hits, as: asCount, get: func(x rate) value { return count(x.Hits) }},
			{head: "Of", as: asCount, get: func(x rate) value { return count(x.N) }},
			{head: "Share", as: asPercent, get: func(x rate) value { return fig(rateOf(x)) }},
			{head: "At least", as: asPercent, help: "Lower end of the 95% interval.", get: func(x rate) value { return bound(rateOf(x), x.Low) }},
			{head: "At most", as: asPercent, help: "Upper end of the 95% interval.", get: func(x rate) value { return bound(rateOf(x), x.High) }},
		}})
		g.gap(1)
	}
	if few {
		g.footnote(fewNote)
	}
	g.freeze(1, 4)
	g.seal()
}

// bound is the end of a rate's interval; blank where there is no rate.
func bound(f portfolio.Figure, v float64) value {
	if !f.Defined {
		return value{}
	}
	return num(v)
}

// early shows which signals stood before losses in this portfolio's own past.
func (p *portfolioBook) early() {
	e := p.r.Early
	g := p.page(sheetEarly, presentation, 31, 26, 12, 14, 12, 12, 12, 15, 12, 13, 14, 72)
	g.title("Early warnings", "Reviews from "+dayText(e.From)+" to "+dayText(e.To)+"   |   what stood before losses in this portfolio's own past")
	if e.Note != "" {
		g.note(e.Note)
	}
	g.footnote(itoa(e.Tried) + " signals and horizons were tried; those listed first hold up against chance with so many tries.")
	g.gap(1)
	type row = portfolio.EarlyWarning
	cols := []col[row]{
		{head: "Signal", as: asWrap, get: func(w row) value { return str(w.Signal) }},
		{head: "At", as: asWrap, get: func(w row) value { return str(w.Level) }},
		{head: "Lost within, days", as: asCount, get: func(w row) value { return count(int64(w.Horizon)) }},
		{head: "Lost of", as: asMark, get: func(w row) value { return str(ofText(portfolio.Figure{Num: float64(w.Lost), Den: float64(w.N)})) }},
		{head: "Share lost", as: asPercent, get: func(w row) value { return fig(w.Rate) }},
		{head: "At least", as: asPercent, help: "Lower end of the 95% interval.", get: func(w row) value { return bound(w.Rate, w.Low) }},
		{head: "At most", as: asPercent, help: "Upper end of the 95% interval.", get: func(w row) value { return bound(w.Rate, w.High) }},
		{head: "Others, lost of", as: asMark, help: "Accounts at other levels of the signal.", get: func(w row) value {
			return str(ofText(portfolio.Figure{Num: float64(w.OtherLost), Den: float64(w.OtherN)}))
		}},
		{head: "Times the average", as: asScore, get: func(w row) value { return fig(w.Lift) }},
		{head: "Accounts there now", as: asCount, get: func(w row) value { return count(w.Firing) }},
		{head: "Their ARR" + p.money, as: asMoney, get: func(w row) value { return num(w.FiringARR) }},
		{head: "The largest of them", as: asWrap, get: func(w row) value { return str(p.namesOf(w.Where)) }},
	}
	var last area
	const onlyNow = 3 // the last columns, about today, are for those that hold up
	for _, part := range []struct {
		heading, name string
		rows          []row
		cols          []col[row]
	}{{"Hold up against chance", "Early_warnings", e.Signals, cols}, {"Tried, and may be chance", "Early_warnings_tried", e.Rest, cols[:len(cols)-onlyNow]}} {
		if len(part.rows) == 0 {
			continue
		}
		g.section(part.heading, "")
		last = put(g, table[row]{name: part.name, rows: part.rows, cols: part.cols})
		g.gap(1)
	}
	g.repeat(last.head, last.head, 0)
	g.freeze(3, 4)
	g.seal()
}

package reports

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/overrides"
	"accounthealth/internal/portfolio"
)

// cutsFixture adds to the fixture the figures of the sheets that cut the
// portfolio in other ways. Every number is another one.
func cutsFixture(n int) *portfolio.Report {
	r := fixture(n)
	next := 1000.0
	number := func() float64 { next += 7.25; return next }
	figure := func() portfolio.Figure { return portfolio.Figure{Value: number(), Defined: true, Num: 30, Den: 40} }
	amounts := func() portfolio.Amounts { return portfolio.Amounts{Accounts: int64(number()), ARR: number()} }
	each := func() (out []portfolio.Amounts) {
		for range r.Bands {
			out = append(out, amounts())
		}
		return out
	}
	asOf := r.AsOf
	bridge := &portfolio.Bridge{Name: "12 months", From: asOf - 365, To: asOf, Logo: figure(), GRR: figure(), NRR: figure()}
	for i, key := range []string{"opening", "new", "churn", "closing"} {
		s := portfolio.BridgeStep{Key: key, Name: key, Accounts: int64(number()), ARR: number(), Total: i == 0 || i == 3, Why: "why " + key}
		if !s.Total {
			s.Adds, s.Takes = figure(), figure()
		}
		bridge.Steps = append(bridge.Steps, s)
	}
	r.Bridges = []*portfolio.Bridge{bridge}
	window := func(key string) portfolio.RenewalWindow {
		return portfolio.RenewalWindow{Key: key, Name: "window " + key, Bands: each(), Total: amounts(), AtRisk: amounts(), NotScored: amounts(), InNotice: amounts(), Ahead: figure()}
	}
	var account portfolio.AccountRow
	r.Accounts.Row(0, &account)
	account.Deadline, account.PlayDeadline = asOf+20, asOf+7
	r.Renewals = &portfolio.Renewals{
		Dated: true, Windows: []portfolio.RenewalWindow{window("overdue"), window("30")}, Total: window("total"),
		Top: []portfolio.RenewalRow{{AccountRow: account, Days: 20}}, TopShare: figure(),
		Leaving: []portfolio.LeavingRow{{ID: "L-1", Name: "Leaving", ARR: figure(), Decided: asOf - 3, End: asOf + 60, Reason: "price"}},
	}
	group := func(name string, rank int) portfolio.GroupRow {
		return portfolio.GroupRow{
			Name: name, Rank: rank, Small: rank == 0, ARR: number(), Scored: int64(number()), Mean: figure(), Bands: each(), AtRisk: amounts(),
			AtRiskShare: figure(), Renewing: amounts(), RenewingAtRisk: amounts(), InNotice: amounts(), Stale: figure(),
		}
	}
	r.Owners, r.OwnerTotal = []portfolio.GroupRow{group("=Ana", 1), group("Bo", 2), group("Cy", 0)}, group("All", 0)
	r.Segments, r.SegmentTotal = []portfolio.GroupRow{group("large", 1)}, group("All", 0)
	m := &portfolio.Migration{From: asOf - 91, To: asOf}
	for _, b := range r.Bands {
		m.Rows, m.Columns = append(m.Rows, b.Band), append(m.Columns, b.Band)
	}
	m.Columns = append(m.Columns, "Churned")
	for range m.Rows {
		var n []int64
		var arr []float64
		for range m.Columns {
			n, arr = append(n, int64(number())), append(arr, number())
		}
		m.Accounts, m.ARR = append(m.Accounts, n), append(m.ARR, arr)
		m.RowAccounts, m.RowARR, m.Churned = append(m.RowAccounts, int64(number())), append(m.RowARR, number()), append(m.Churned, figure())
	}
	for range m.Columns {
		m.ColumnCounts = append(m.ColumnCounts, int64(number()))
	}
	r.Migration = m
	r.Foreseen = &portfolio.Foreseen{From: asOf - 365, To: asOf, Ahead: 60, Flagged: figure(), FlaggedARR: figure(), WithoutLargest: figure(), Alerts: figure(), Largest: []string{"A", "B"}, Words: "So many."}
	kind := portfolio.AccuracyKind{Name: "as published", Headline: "11 of 13.", From: asOf - 365, To: asOf - 91, Rates: true}
	for _, b := range r.Bands {
		kind.Statuses = append(kind.Statuses, portfolio.AccuracyRow{Status: b.Band, Rate: figure(), Low: figure(), High: figure(), Lift: figure(), ARRLost: figure(), ShareOfARR: figure()})
	}
	kind.Leads = []portfolio.AccuracyLead{{Status: r.Bands[0].Band, Days: 60, Found: figure(), ARR: figure(), Alerts: figure()}, {
		Status: r.Bands[0].Band, Days: 90, Found: portfolio.Figure{Value: 1. / 9, Defined: true, Num: 1, Den: 9}, ARR: figure(), Alerts: figure(),
	}}
	kind.FalseGreens = []portfolio.FalseGreen{{ID: "G-1", Name: "Green", ARR: figure(), Scored: asOf - 91, Score: figure(), Status: r.Bands[0].Band, FirstFlagged: figure()}}
	r.Accuracy = &portfolio.Accuracy{Kinds: []portfolio.AccuracyKind{kind}}
	r.Matrix = &portfolio.Matrix{Grades: []string{"high", "low"}, Unplaced: 3, UnplacedARR: number()}
	for i := range 4 {
		r.Matrix.Cells = append(r.Matrix.Cells, portfolio.MatrixCell{Risk: "high", Opportunity: "low", Play: fmt.Sprint("play ", i), Owner: "who", Accounts: int64(number()), ARR: number()})
	}
	r.Cadence = []portfolio.CadenceRow{{Label: "Weekly", Every: "week", LastDone: portfolio.NoDay, NextDue: asOf + 5}, {Label: "Monthly", Every: "month", LastDone: asOf - 5, NextDue: asOf + 26, Overdue: true}}
	r.Scorecards = []portfolio.Scorecard{{ID: "S-1", Name: "Card", ARR: figure(), Score: figure(), Deadline: asOf + 9, Pillars: []portfolio.ScorecardPillar{{Label: "Product", Score: figure(), Weight: 0.3, Weighted: figure(), KeyFactor: "logins"}}}}
	r.Plans = []portfolio.SavePlan{{
		ID: r.AtRisk[len(r.AtRisk)-1].ID, Name: "Plan", Band: r.Bands[0].Band, Score: number(), ARR: figure(), Renewal: asOf + 40,
		Tasks:  []portfolio.PlanTask{{Phase: "Week 1", From: asOf + 1, To: asOf + 7, Task: "call", Owner: "who", Due: asOf + 5}},
		Chance: portfolio.Chance{Share: figure(), Sentence: "3 of 4"},
	}}
	for i := range r.AtRisk {
		r.AtRisk[i].Plan = i + 1 - len(r.AtRisk) // the last one's is listed
		r.AtRisk[i].Chance = figure()
		r.AtRisk[i].Escalate = []string{"strategic account", "legal or contract dispute"}
	}
	saved := portfolio.SaveRate{Of: "call", Hits: 30, N: 40, Rate: figure(), Low: number(), High: number()}
	few := portfolio.SaveRate{Of: "some", Hits: 8, N: 9, Rate: figure(), Low: number(), High: number()}
	r.Saves = &portfolio.SaveRates{Closed: 49, ByPlay: []portfolio.SaveRate{saved, few, {Of: "rare", N: 0}}}
	r.Early = &portfolio.EarlyWarnings{From: asOf - 900, To: asOf - 60, Tried: 9, Signals: []portfolio.EarlyWarning{
		{Signal: "NPS", Level: "detractor", Horizon: 30, Lost: 3, N: 4, Rate: figure(), Low: number(), High: number(), Lift: figure(), Firing: 5, FiringARR: number()},
	}}
	return r
}

// Every number on the sheets that cut the portfolio is the field it shows.
func TestCutsShowTheirFigures(t *testing.T) {
	r := cutsFixture(30)
	f := open(t, portfolioBytes(t, r, Options{}))

	bridge := readTable(t, f, "ARR_bridge_1")
	b := r.Bridges[0]
	expect(t, bridge, "Step", pick(b.Steps, func(s portfolio.BridgeStep) any { return s.Name })...)
	expect(t, bridge, "Accounts", pick(b.Steps, func(s portfolio.BridgeStep) any { return s.Accounts })...)
	expect(t, bridge, "ARR (USD)", pick(b.Steps, func(s portfolio.BridgeStep) any { return s.ARR })...)
	expect(t, bridge, "Adds", pick(b.Steps, func(s portfolio.BridgeStep) any { return s.Adds })...)
	expect(t, bridge, "Takes", pick(b.Steps, func(s portfolio.BridgeStep) any { return s.Takes })...)
	expect(t, readTable(t, f, "Retention_1"), "Rate", b.Logo, b.GRR, b.NRR)

	windows := readTable(t, f, "Renewals")
	w := r.Renewals.Windows
	for i, band := range r.Bands {
		expect(t, windows, band.Band, pick(w, func(w portfolio.RenewalWindow) any { return w.Bands[i].ARR })...)
	}
	expect(t, windows, "All scored", pick(w, func(w portfolio.RenewalWindow) any { return w.Total.ARR })...)
	expect(t, windows, "Accounts", pick(w, func(w portfolio.RenewalWindow) any { return w.Total.Accounts })...)
	expect(t, windows, "Of these, up to here", pick(w, func(w portfolio.RenewalWindow) any { return w.Ahead })...)
	expect(t, windows, "Not scored", pick(w, func(w portfolio.RenewalWindow) any { return w.NotScored.ARR })...)
	expect(t, windows, "In notice, service ends", pick(w, func(w portfolio.RenewalWindow) any { return w.InNotice.ARR })...)
	top := readTable(t, f, "Top_renewals")
	expect(t, top, "Decide by", r.Renewals.Top[0].Deadline)
	expect(t, top, "Days left", int64(20))
	leaving := readTable(t, f, "In_notice")
	expect(t, leaving, "Service ends", r.Renewals.Leaving[0].End)
	expect(t, leaving, "ARR (USD)", r.Renewals.Leaving[0].ARR)

	owners := readTable(t, f, "Owners")
	expect(t, owners, "Owner", "=Ana", "Bo", "Cy")
	expect(t, owners, "Rank", 1.0, 2.0, "*")
	for head, get := range map[string]func(portfolio.GroupRow) any{
		"ARR (USD)": func(g portfolio.GroupRow) any { return g.ARR }, "Scored accounts": func(g portfolio.GroupRow) any { return g.Scored },
		"Mean score": func(g portfolio.GroupRow) any { return g.Mean }, "ARR at risk (USD)": func(g portfolio.GroupRow) any { return g.AtRisk.ARR },
		"At risk, of scored ARR": func(g portfolio.GroupRow) any { return g.AtRiskShare }, "Decide soon (USD)": func(g portfolio.GroupRow) any { return g.Renewing.ARR },
		"Of it at risk (USD)": func(g portfolio.GroupRow) any { return g.RenewingAtRisk.ARR }, "In notice (USD)": func(g portfolio.GroupRow) any { return g.InNotice.ARR },
		"Values missing or stale": func(g portfolio.GroupRow) any { return g.Stale },
	} {
		expect(t, owners, head, pick(r.Owners, get)...)
	}
	for i, band := range r.Bands {
		expect(t, owners, band.Band+" ARR (USD)", pick(r.Owners, func(g portfolio.GroupRow) any { return g.Bands[i].ARR })...)
		expect(t, owners, band.Band+" accounts", pick(r.Owners, func(g portfolio.GroupRow) any { return g.Bands[i].Accounts })...)
	}

	accounts, arr := readTable(t, f, "Migration_accounts"), readTable(t, f, "Migration_ARR")
	rows := make([]int, len(r.Migration.Rows))
	for i := range rows {
		rows[i] = i
	}
	for c, name := range r.Migration.Columns {
		expect(t, accounts, "Now: "+name, pick(rows, func(i int) any { return r.Migration.Accounts[i][c] })...)
		expect(t, arr, "Now: "+name, pick(rows, func(i int) any { return r.Migration.ARR[i][c] })...)
	}
	expect(t, accounts, "Together", pick(rows, func(i int) any { return r.Migration.RowAccounts[i] })...)
	expect(t, accounts, "Churned, of them", pick(rows, func(i int) any { return r.Migration.Churned[i] })...)

	k := r.Accuracy.Kinds[0]
	rates := readTable(t, f, "Accuracy_1")
	for head, get := range map[string]func(portfolio.AccuracyRow) any{
		"Share lost": func(a portfolio.AccuracyRow) any { return a.Rate }, "At least": func(a portfolio.AccuracyRow) any { return a.Low },
		"At most": func(a portfolio.AccuracyRow) any { return a.High }, "Lost": func(a portfolio.AccuracyRow) any { return a.Rate.Num },
		"ARR lost (USD)": func(a portfolio.AccuracyRow) any { return a.ARRLost }, "Of all ARR lost": func(a portfolio.AccuracyRow) any { return a.ShareOfARR },
	} {
		expect(t, rates, head, pick(k.Statuses, get)...)
	}
	expect(t, readTable(t, f, "Foreseen"), "Share", r.Foreseen.Flagged, r.Foreseen.FlaggedARR, r.Foreseen.WithoutLargest, r.Foreseen.Alerts)
	lead := readTable(t, f, "Lead_time_1")
	expect(t, lead, "Found", k.Leads[0].Found, portfolio.Figure{}) // of nine no share
	expect(t, lead, "Found, counts", "30 of 40", "1 of 9")
	expect(t, readTable(t, f, "False_greens_1"), "First flagged, days before", k.FalseGreens[0].FirstFlagged)

	tasks := readTable(t, f, "Save_tasks")
	expect(t, tasks, "From", r.Plans[0].Tasks[0].From)
	expect(t, tasks, "Due", r.Plans[0].Tasks[0].Due)
	expect(t, readTable(t, f, "Save_plans"), "ARR (USD)", r.Plans[0].ARR)
	risky := readTable(t, f, "At_risk")
	expect(t, risky, "Save rate", pick(r.AtRisk, func(a portfolio.AtRiskRow) any { return a.Chance })...)
	expect(t, risky, "For a person to decide", pick(r.AtRisk, func(a portfolio.AtRiskRow) any { return strings.Join(a.Escalate, "; ") })...)
	linksToPlan(t, f, r)
	expect(t, readTable(t, f, "Save_chances"), "Share", r.Plans[0].Chance.Share)
	saves := readTable(t, f, "Saves_by_play")
	expect(t, saves, "Share", r.Saves.ByPlay[0].Rate, portfolio.Figure{}, portfolio.Figure{})
	expect(t, saves, "At least", portfolio.Amount(r.Saves.ByPlay[0].Low), portfolio.Figure{}, portfolio.Figure{})
	expect(t, saves, "Saved", int64(30), int64(8), int64(0))
	early := readTable(t, f, "Early_warnings")
	expect(t, early, "Share lost", r.Early.Signals[0].Rate)
	expect(t, early, "Times the average", r.Early.Signals[0].Lift)
	expect(t, early, "Their ARR (USD)", r.Early.Signals[0].FiringARR)

	cells := readTable(t, f, "Matrix")
	expect(t, cells, "Play", pick(r.Matrix.Cells, func(c portfolio.MatrixCell) any { return c.Play })...)
	expect(t, cells, "ARR (USD)", pick(r.Matrix.Cells, func(c portfolio.MatrixCell) any { return c.ARR })...)
	reviews := readTable(t, f, "Reviews")
	expect(t, reviews, "Last done", "not recorded", r.Cadence[1].LastDone)
	expect(t, reviews, "Next due", r.Cadence[0].NextDue, r.Cadence[1].NextDue)
	expect(t, reviews, "State", "in time", "overdue")
	expect(t, readTable(t, f, "Scorecard_pillars_1"), "Score", r.Scorecards[0].Pillars[0].Score)
}

// Too few losses print counts and no rate; a part without data is no sheet and
// is named on Definitions.
func TestRatesThatCannotBeSaidAreLeftOut(t *testing.T) {
	r := cutsFixture(10)
	r.Accuracy.Kinds[0].Rates = false
	f := open(t, portfolioBytes(t, r, Options{}))
	rates := readTable(t, f, "Accuracy_1")
	if _, ok := rates["Share lost"]; ok || len(rates["Lost"]) == 0 {
		t.Errorf("columns %v", reflect.ValueOf(rates).MapKeys())
	}
	bare := fixture(10)
	f = open(t, portfolioBytes(t, bare, Options{}))
	left := readTable(t, f, "Left_out")
	for _, sheet := range []string{sheetBridge, sheetRenewals, sheetOwners, sheetSegments, sheetMigration, sheetAccuracy, sheetMatrix, sheetScorecards, sheetWorkflow, sheetPlans, sheetSaves, sheetEarly, sheetMissing, sheetByHand} {
		named := false
		for _, cell := range left["What"] {
			named = named || cell == sheet
		}
		if i, _ := f.GetSheetIndex(sheet); i >= 0 || !named {
			t.Errorf("%s: sheet %d, named %v", sheet, i, named)
		}
	}
}

// An owner's book is protected but for four columns, whatever its texts are, and
// says which values each target takes.
func TestOwnerBook(t *testing.T) {
	var account portfolio.AccountRow
	fixture(3).Accounts.Row(0, &account)
	account.ID, account.Name = "00123", "=HYPERLINK(\"x\")"
	o := &portfolio.OwnerBook{
		Owner: "=Ana", AsOf: 20000, Currency: "USD", Bands: []portfolio.BandRow{{Band: "Healthy", Colour: "green"}},
		Rows:    []portfolio.BookRow{{AccountRow: account, Order: 1, Days: portfolio.Amount(12), Code: "abcd"}},
		Targets: []portfolio.BookTarget{{Name: "Support", Values: "a pillar's score, 0 to 100"}},
	}
	var out, again bytes.Buffer
	if err := WriteOwnerBook(&out, o, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := WriteOwnerBook(&again, o, Options{}); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Errorf("the bytes differ: %v", err)
	}
	f := open(t, out.Bytes())
	mine := readTable(t, f, "My_accounts")
	expect(t, mine, overrides.BookAccount, "00123")
	expect(t, mine, "Account", account.Name)
	expect(t, mine, "Days left", 12.0)
	expect(t, mine, overrides.BookCode, "abcd")
	p, err := f.GetSheetProtection(sheetMine)
	if err != nil || !p.AutoFilter || p.FormatCells || p.InsertRows {
		t.Errorf("protection %+v, %v", p, err)
	}
	validations, err := f.GetDataValidations(sheetMine)
	if err != nil || len(validations) != 4 {
		t.Errorf("%d validations, %v", len(validations), err)
	}
	tables, err := f.GetTables(sheetMine)
	if err != nil {
		t.Fatal(err)
	}
	_, last, _ := bytes.Cut([]byte(tables[0].Range), []byte(":"))
	_, row, err := excelize.CellNameToCoordinates(string(last))
	if err != nil {
		t.Fatal(err)
	}
	heads, err := f.GetRows(sheetMine)
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]bool{}
	for c, head := range heads[row-2] {
		name, _ := excelize.CoordinatesToCellName(c+1, row)
		id, err := f.GetCellStyle(sheetMine, name)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if style.Protection != nil && !style.Protection.Locked {
			open[head] = true
		}
	}
	want := map[string]bool{overrides.BookTarget: true, overrides.BookValue: true, overrides.BookUntil: true, overrides.BookNote: true}
	if !reflect.DeepEqual(open, want) {
		t.Errorf("open columns %v", open)
	}
}

// linksToPlan: only the account whose plan is listed leads to it, to its first
// task.
func linksToPlan(t *testing.T, f *excelize.File, r *portfolio.Report) {
	t.Helper()
	links := 0
	for row := 1; row <= len(r.AtRisk)+10; row++ {
		for col := 1; col <= 26; col++ {
			link, err := f.GetCellFormula(sheetAtRisk, cellRef(col, row))
			if err != nil || !strings.Contains(link, sheetPlans) {
				continue
			}
			links++
			_, search, _ := strings.Cut(link, "&MATCH(")
			search, _, _ = strings.Cut(search, ",0)")
			if id, _ := f.GetCellValue(sheetAtRisk, "B"+itoa(row)); id != r.Plans[0].ID || search != `"`+id+`",'Save plans'!$C:$C` {
				t.Errorf("%s of %s searches %s", cellRef(col, row), id, search)
			}
		}
	}
	found, err := f.SearchSheet(sheetPlans, r.Plans[0].ID)
	if err != nil || links != 1 || len(found) == 0 || !strings.HasPrefix(found[0], "C") {
		t.Errorf("%d rows lead to a plan, whose id stands in %v: %v", links, found, err)
	}
}

package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
)

func dayOf(y int, m time.Month, d int) int32 {
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

var (
	asOf  = dayOf(2026, 9, 30)
	prior = dayOf(2026, 6, 30)
)

// rowsOf is an AccountRows over a slice.
type rowsOf []portfolio.AccountRow

func (r rowsOf) Len() int { return len(r) }
func (r rowsOf) Row(i int, out *portfolio.AccountRow) {
	pillars := append(out.Pillars[:0], r[i].Pillars...)
	*out = r[i]
	out.Pillars = pillars
}

func rate(num, den float64) portfolio.Figure {
	return portfolio.Figure{Value: num / den, Defined: true, Num: num, Den: den}
}

var bandDefs = []struct {
	name, colour, headlines string
	from                    float64
}{
	{"Healthy", "green", "80 to 100", 80},
	{"Monitor", "yellow", "60 to 79", 60},
	{"At Risk", "orange", "40 to 59", 40},
	{"Critical", "red", "0 to 39", 0},
}

func bandAt(score float64) int {
	return slices.IndexFunc(bandDefs, func(b struct {
		name, colour, headlines string
		from                    float64
	},
	) bool {
		return math.Floor(score) >= b.from
	})
}

var (
	firstWords  = []string{"Northwind", "Aldgate", "Kestrel", "Blue Harbour", "Meridian", "Oakfield", "Solace", "Vantage", "Riverton", "Zephyr", "Castellan", "Lumen"}
	secondWords = []string{"Logistics", "Health", "Retail Group", "Analytics", "Insurance", "Foods", "Media", "Energy", "Systems", "Payments"}
	owners      = []string{"Amara Okafor", "Jonas Lindqvist", "Priya Raman", "Sofía Márquez", "Tom Becker", ""}
	segments    = []string{"Enterprise", "Mid-market", "SMB"}
	riskTexts   = []string{
		"Champion left on 3 May 2026 and has no successor", "12 of 50 seats active in the last 28 days (24%)",
		"NPS of 5 on 14 August 2026", "2 escalations open, the oldest since 21 August 2026", "15 days past due on invoice INV-20931 (USD 12,400)",
		"No QBR attended in 183 days", "Executive sponsor never met",
	}
	actions = []string{"Win a new champion (ask the sponsor for an introduction)", "Close both open escalations", "Book the executive review", "Re-launch adoption with the 38 inactive seats"}
)

// fixture invents a portfolio of n accounts. Its numbers are consistent: totals
// are sums, changes are differences.
func fixture(n int) *portfolio.Report {
	rng := rand.New(rand.NewPCG(7, 11))
	r := &portfolio.Report{
		AsOf: asOf, Prior: prior, Currency: "USD",
		Framework: portfolio.FrameworkRef{Name: "account-health", Version: 3, Digest: "9f2c4a71d05be8c3716f0a92de4417ab5c60d3f18e7a2b94c1d6e5f708a9b3c2"},
		Verdict:   "Keep the current weights: 41 churned accounts are too few to move them. The score ranked churn well enough to use: 29 of the 41 lost accounts were flagged 60 days before they decided; 18% of all accounts were.",
		Warnings: []diag.Warning{
			{Code: "stale_source", Subject: "tickets", Text: "the newest ticket is 9 days old; support scores of 61 accounts may be too good."},
			{Code: "not_collected", Subject: "NPS", Text: "no source is mapped, so it does not exist in this portfolio."},
		},
		PillarDefs: []portfolio.PillarDef{
			{Name: "product", Label: "Product", Question: "Are they using the product?", Weight: .30},
			{Name: "support", Label: "Support", Question: "Are they happy with service?", Weight: .20},
			{Name: "financial", Label: "Financial", Question: "Are they paying and growing?", Weight: .25},
			{Name: "relationship", Label: "Relationship", Question: "Do we have strong contacts?", Weight: .25},
		},
	}
	for _, b := range bandDefs {
		r.BandNames = append(r.BandNames, b.name)
		r.Bands = append(r.Bands, portfolio.BandRow{Band: b.name, Colour: b.colour, Headlines: b.headlines, AtRisk: b.from < 60})
	}
	rows := make(rowsOf, n)
	for i := range rows {
		score := math.Round(10*min(99, max(4, 68+20*rng.NormFloat64()))) / 10
		before := math.Round(10*min(99, max(4, score+9*rng.NormFloat64()))) / 10
		arr := math.Round(100*math.Exp(10.6+rng.NormFloat64())) / 100
		k := bandAt(score)
		a := portfolio.AccountRow{
			ID: fmt.Sprintf("%06d", 100+i*7), Name: firstWords[i%len(firstWords)] + " " + secondWords[(i/len(firstWords)+i)%len(secondWords)],
			CRMID: fmt.Sprintf("0015g00000%05dAAB", i), Segment: segments[i%3], Tier: "Tier " + itoa(i%3+1), Industry: secondWords[i%10], Region: []string{"EMEA", "AMER", "APAC"}[i%3],
			Owner: owners[i%len(owners)], Class: "customer", ARR: portfolio.Amount(arr), Score: portfolio.Amount(score), Headline: portfolio.Amount(math.Floor(score)),
			Band: bandDefs[k].name, Colour: bandDefs[k].colour, Trend: "Stable (High)", Delta: portfolio.Amount(math.Round(10*(score-before)) / 10),
			Coverage: portfolio.Amount(.6 + .4*rng.Float64()), Low: portfolio.Amount(max(0, score-6)), High: portfolio.Amount(min(100, score+5)),
			TopRisk: riskTexts[i%len(riskTexts)], Action: actions[i%len(actions)], Gain: portfolio.Amount(float64(i%13) + .5), Play: "Champion recovery", PlayOwner: "CS lead",
			PlayDeadline: asOf + int32(i%14), Start: asOf - int32(200+i*3), Renewal: asOf + int32(i*3%400), Deadline: asOf + int32(i*3%400) - 60, TenureMonths: portfolio.Amount(float64(6 + i%60)),
			Delta90: portfolio.Figure{}, DependsOnMissing: i%9 == 0,
		}
		if i%11 == 0 {
			a.Provisional = "coverage is 71%, Healthy needs 75%"
		}
		for range r.PillarDefs {
			a.Pillars = append(a.Pillars, portfolio.Amount(math.Round(10*min(100, max(0, score+12*rng.NormFloat64())))/10))
		}
		rows[i] = a
		b := &r.Bands[k]
		b.Accounts++
		b.ARR += arr
		q := &r.Bands[bandAt(before)]
		q.PriorAccounts++
		q.PriorARR = portfolio.Amount(q.PriorARR.Value + arr)
	}
	slices.SortFunc(rows, func(a, b portfolio.AccountRow) int {
		switch {
		case a.ARR.Value > b.ARR.Value:
			return -1
		case a.ARR.Value < b.ARR.Value:
			return 1
		}
		return 0
	})
	r.Accounts = rows
	total := portfolio.BandRow{Band: "All scored accounts"}
	for i := range r.Bands {
		b := &r.Bands[i]
		b.DeltaAccounts, b.DeltaARR = b.Accounts-b.PriorAccounts, portfolio.Amount(b.ARR-b.PriorARR.Value)
		total.Accounts += b.Accounts
		total.ARR += b.ARR
		total.PriorAccounts += b.PriorAccounts
		total.PriorARR = portfolio.Amount(total.PriorARR.Value + b.PriorARR.Value)
		total.DeltaARR = portfolio.Amount(total.DeltaARR.Value + b.DeltaARR.Value)
		total.DeltaAccounts += b.DeltaAccounts
	}
	if n > 0 {
		for i := range r.Bands {
			r.Bands[i].ShareARR = rate(r.Bands[i].ARR, total.ARR)
		}
		total.ShareARR = rate(total.ARR, total.ARR)
	}
	r.BandTotal = total
	for i := range 13 {
		t := time.Date(2026, time.September-12+time.Month(i)+1, 0, 0, 0, 0, 0, time.UTC)
		h := portfolio.HistoryPoint{AsOf: int32(t.Unix() / 86400), Rebuilt: i < 5, Scored: int64(n - 12 + i), Mean: 66 + float64(i%4)*.6}
		for k, b := range r.Bands {
			f := 0.85 + .0125*float64(i) + .05*math.Sin(float64(i+k))
			if i == 12 {
				f = 1
			}
			h.ARR = append(h.ARR, math.Round(100*b.ARR*f)/100)
			h.Accounts = append(h.Accounts, int64(float64(b.Accounts)*f))
		}
		r.History = append(r.History, h)
	}
	for i, a := range rows {
		if bandAt(a.Score.Value) < 2 {
			continue
		}
		risks := []string{riskTexts[i%7], riskTexts[(i+2)%7], riskTexts[(i+3)%7]}
		r.AtRisk = append(r.AtRisk, portfolio.AtRiskRow{
			ID: a.ID, Name: a.Name, Segment: a.Segment, Owner: a.Owner, ARR: a.ARR.Value, Score: a.Score.Value, Band: a.Band, Trend: "Declining (Low)",
			Delta: a.Delta, Renewal: a.Renewal, Deadline: a.Deadline, DaysToDeadline: portfolio.Amount(float64(a.Deadline - asOf)), Risks: risks[:1+i%3],
			Action: a.Action, Gain: a.Gain.Value, Play: a.Play, PlayOwner: a.PlayOwner, PlayDeadline: a.PlayDeadline,
		})
	}
	mover := func(a portfolio.AccountRow) portfolio.Mover {
		d := a.Delta.Value
		before := math.Round(10*(a.Score.Value-d)) / 10
		return portfolio.Mover{
			ID: a.ID, Name: a.Name, Owner: a.Owner, Segment: a.Segment, ARR: a.ARR.Value, PriorScore: before, Score: a.Score.Value, Delta: d,
			PriorBand: bandDefs[bandAt(max(0, before))].name, Band: a.Band, Behaviour: d - 1, Data: 1, Why: "Champion left on 3 May (-12.5); activity fell from 61% to 42% (-4.2); escalation closed (+3.1)",
		}
	}
	for _, a := range rows {
		switch d := a.Delta.Value; {
		case d <= -10 && a.Score.Value >= 80 && len(r.Movers.Slipping) < 5:
			r.Movers.Slipping = append(r.Movers.Slipping, mover(a))
		case d < -8 && len(r.Movers.Down) < 12:
			r.Movers.Down = append(r.Movers.Down, mover(a))
			r.Movers.DownAccounts++
			r.Movers.DownARR += a.ARR.Value
		case d > 8 && len(r.Movers.Up) < 12:
			r.Movers.Up = append(r.Movers.Up, mover(a))
			r.Movers.UpAccounts++
			r.Movers.UpARR += a.ARR.Value
		}
	}
	risky := r.Bands[2].ARR + r.Bands[3].ARR
	riskyBefore := r.Bands[2].PriorARR.Value + r.Bands[3].PriorARR.Value
	amount := portfolio.Amount
	if n > 0 {
		r.KPIs = []portfolio.KPI{
			{Key: "ARR_scored", Name: "ARR of scored accounts", Unit: portfolio.Currency, Now: amount(total.ARR), Prior: amount(total.PriorARR.Value * .97), Restated: amount(total.PriorARR.Value), Change: amount(total.ARR - total.PriorARR.Value), Good: 1, Note: "Annual recurring revenue of every customer with a score."},
			{Key: "ARR_at_risk", Name: "ARR in At Risk and Critical", Unit: portfolio.Currency, Now: portfolio.Figure{Value: risky, Defined: true, Num: risky, Den: total.ARR}, Prior: amount(riskyBefore * 1.02), Restated: amount(riskyBefore), Change: amount(risky - riskyBefore), Good: -1, Note: "ARR of accounts in the two lowest statuses. It is not a forecast of loss.", Warning: "tickets are 9 days old."},
			{Key: "ARR_renewing_90", Name: "ARR renewing in 90 days", Unit: portfolio.Currency, Now: amount(total.ARR * .21), Good: 0, Note: "By decision deadline: renewal minus notice."},
			{Key: "NRR_12m", Name: "Net revenue retention, 12 months", Unit: portfolio.Percent, Now: rate(10345000, 9845000), Prior: rate(1.03e7, 1e7), Restated: rate(1.03e7, 1e7), Change: amount(10345000.0/9845000 - 1.03), Good: 1, Note: "Opening cohort of 30 September 2025; expansion included."},
			{Key: "Logo_retention_12m", Name: "Logo retention, 12 months", Unit: portfolio.Percent, Now: rate(412, 453), Prior: rate(405, 440), Restated: rate(405, 440), Change: amount(412.0/453 - 405.0/440), Good: 1, Note: "Accounts of the opening cohort that are still customers."},
			{Key: "Accounts_scored", Name: "Accounts scored", Unit: portfolio.Count, Now: rate(float64(n), float64(n+37)), Prior: amount(float64(n - 4)), Restated: amount(float64(n - 4)), Change: amount(4), Good: 0, Note: "The rest is onboarding, in notice or has too little data."},
		}
		r.KPIs[5].Now.Value = float64(n)
	}
	r.Classes = []portfolio.ClassRow{
		{Class: "Customer, scored", Accounts: int64(n), ARR: total.ARR, Why: "scored and in every figure"},
		{Class: "Not scored", Accounts: 21, ARR: 412_300.5, Why: "less than 60% of the points could be judged"},
		{Class: "Onboarding", Accounts: 11, ARR: 230_000, Why: "tenure under 30 days"},
		{Class: "In notice", Accounts: 5, ARR: 95_500, Why: "notice was given; shown apart"},
	}
	r.Tie = portfolio.TieOut{
		SourceRows: int64(n + 40), Duplicates: 2, MissingKey: 1, Accounts: int64(n + 37), Reported: int64(n + 37), SourceARR: total.ARR + 737_800.5, ReportedARR: total.ARR + 737_800.5,
		Lines:             []portfolio.TieLine{{What: "Repeated rows", Rows: 2, Accounts: -2, ARR: 0}, {What: "Rows without an account id", Rows: 1, Accounts: -1}},
		ExplainedAccounts: -3,
	}
	r.Quality = qualityFixture(int64(n))
	r.Shape, r.Scores, r.Pillars = shapeFixture(rows)
	r.Glossary = []portfolio.Term{
		{Name: "ARR", Text: "Annual recurring revenue in the reporting currency, at the rates of the as-of date."},
		{Name: "Score", Text: "The weighted sum of the pillars, rounded half up to tenths; 0 to 100, high = healthy. Statuses are cut by its whole part, the headline."},
		{Name: "Provisional", Text: "The score rests on less data than a firm status needs: a Healthy account whose coverage is under 75% is shown as Monitor."},
		{Name: "Decision deadline", Text: "The renewal date minus the notice period: the last day on which the customer can still leave."},
	}
	r.LeftOut = []portfolio.Term{{Name: "NPS", Text: "No source is mapped. To collect it, supply survey_responses with account_id, responded_at and score."}}
	r.Changes = []portfolio.Term{{Name: "Version 3, 1 July 2026", Text: "Support 25% to 20%, relationship 20% to 25%. Decided by the RevOps board."}}
	return r
}

func qualityFixture(n int64) portfolio.Quality {
	u := portfolio.Figure{}
	return portfolio.Quality{
		Sources: []portfolio.SourceRow{
			{Name: "accounts", Layout: "snapshot", Files: 1, Rows: n + 40, AccountsCovered: n + 37, CoveredShare: rate(1, 1), ARRCovered: rate(1, 1), Oldest: asOf, Newest: asOf, AgeDays: portfolio.Amount(0), PriorRows: portfolio.Amount(float64(n + 31)), Verdict: "pass", Invalid: rate(1, float64(n+40)), Duplicates: rate(2, float64(n+40)), Orphans: u},
			{Name: "usage", Layout: "events", Files: 92, Rows: 1_204_311, AccountsCovered: n, CoveredShare: rate(float64(n), float64(n+37)), ARRCovered: portfolio.Amount(.97), Oldest: asOf - 730, Newest: asOf - 1, AgeDays: portfolio.Amount(1), PriorRows: portfolio.Amount(1_100_203), Verdict: "pass", Invalid: portfolio.Amount(.0004), Duplicates: portfolio.Amount(0), Orphans: portfolio.Amount(.002)},
			{Name: "tickets", Layout: "events", Files: 12, Rows: 48_201, AccountsCovered: n - 30, CoveredShare: portfolio.Amount(.8), ARRCovered: portfolio.Amount(.9), Oldest: asOf - 700, Newest: asOf - 9, AgeDays: portfolio.Amount(9), PriorRows: u, Verdict: "warn", Reason: "The newest row is 9 days old; the limit is 7 days. Support scores may be too good.", Invalid: portfolio.Amount(.013), Duplicates: u, Orphans: portfolio.Amount(.004), ColumnsMissing: []string{"sentiment", "escalated_at"}},
			{Name: "invoices", Layout: "current", Files: 1, Rows: 9_210, AccountsCovered: n, CoveredShare: portfolio.Amount(.99), ARRCovered: portfolio.Amount(.99), Oldest: portfolio.NoDay, Newest: portfolio.NoDay, Verdict: "pass"},
		},
		Findings: []portfolio.FindingRow{
			{Source: "tickets", Column: "csat", Code: "out_of_range", Count: 14, Share: rate(14, 48201), Treatment: "The value is treated as missing; 3 accounts become provisional.", Examples: []string{"tickets-0003.parquet row 17, account 000128: 14", "tickets-0003.parquet row 91, account 000429: 0"}},
			{Source: "usage", Column: "account_id", Code: "orphan", Count: 2401, Share: rate(2401, 1204311), Treatment: "The rows are not used: their account is not in the accounts export.", Examples: []string{"usage-2026-08-03.parquet row 1, account 999001"}},
		},
		Prior: asOf - 30, Window: 28,
		Alerts: []portfolio.SourceAlert{
			{Severity: portfolio.Fail, Source: "usage", Columns: []string{"active_users", "features_used"}, Check: "zero", Text: "active_users and features_used fell to zero for everyone on 2026-09-30: 0 or empty in 412 of 412 rows, usually in 4%", Examples: []string{"month=2026-09/part-0.parquet row 1204, 000128: active_users 0", "month=2026-09/part-0.parquet row 1205, 000135: active_users 0"}},
			{Severity: portfolio.Warn, Source: "tickets", Columns: []string{"csat"}, Check: "drift", Text: "csat is distributed otherwise than in the run of 2026-08-31 (PSI 0.31)", Examples: []string{"csat, over 4: 31% of rows, 58% now"}},
			{Severity: portfolio.Info, Source: "tickets", Columns: []string{"queue"}, Check: "schema", Text: "columns differ from the last run's: queue was added"},
		},
		Columns: []portfolio.ColumnRow{
			{Source: "usage", Name: "active_users", File: "DAU", Type: "INT32 (INT(32,true))", Role: "number", Measured: true, Rows: 1_204_311, Invalid: 480, Fill: portfolio.Amount(.998), InvalidShare: portfolio.Amount(.0004), AccountsShare: portfolio.Amount(.98), ARRShare: portfolio.Amount(.97), Newest: asOf, Min: portfolio.Amount(0), Max: portfolio.Amount(4096), First: portfolio.NoDay, Last: portfolio.NoDay, Mean: portfolio.Amount(37.25), Drift: portfolio.Amount(.041), Moved: rate(61, 412), ZeroDays: []int32{asOf}},
			{Source: "usage", Name: "date", File: "usage_date", Type: "INT32 (DATE)", Role: "time", Measured: true, Rows: 1_204_311, Fill: portfolio.Amount(1), InvalidShare: portfolio.Amount(0), AccountsShare: portfolio.Amount(.98), ARRShare: portfolio.Amount(.97), Newest: asOf, First: asOf - 700, Last: asOf},
			{Source: "usage", Name: "logins", File: "logins", Type: "INT32, INT64", Role: "number", Newest: portfolio.NoDay, First: portfolio.NoDay, Last: portfolio.NoDay},
			{Source: "tickets", Name: "queue", File: "queue", Type: "BYTE_ARRAY (STRING)", Newest: portfolio.NoDay, First: portfolio.NoDay, Last: portfolio.NoDay},
		},
		Drift: []portfolio.DriftRow{
			{Source: "tickets", Column: "csat", Against: "the run of 2026-08-31", Rows: 812, Before: 790, Index: portfolio.Amount(.31), Noise: portfolio.Amount(.04), Verdict: portfolio.Warn, Largest: "over 4: 31% of rows, 58% now"},
			{Source: "usage", Column: "active_users", Against: "the 28 days before", Rows: 8_240, Before: 8_236, Index: portfolio.Amount(.041), Noise: portfolio.Amount(.08), Verdict: portfolio.Pass, Largest: "4 or less: 10% of rows, 13% now"},
		},
		Schema: []portfolio.SchemaRow{{Source: "tickets", Column: "queue", Change: "added", Now: "BYTE_ARRAY (STRING)", Verdict: portfolio.Info}},
		Tie: []portfolio.TieStep{
			{What: "Rows of the accounts export", Accounts: n + 40, Why: "those in force on the date"},
			{What: "Adjustments", Accounts: -3, Why: "repeated rows and rows without an id"},
			{What: "Accounts", Accounts: n + 37, ARR: portfolio.Amount(5_000_000.25), Total: true, Why: "each counted in one class"},
		},
		Controls: []portfolio.ControlRow{
			{What: "All accounts", Unit: portfolio.Count, Stated: float64(n + 30), Found: float64(n + 29), Difference: -1, Tolerance: 4, Passed: true},
			{What: "Segment Enterprise", Unit: portfolio.Currency, Stated: 1_000_000, Found: 990_000.5, Difference: -9_999.5, Tolerance: 5_000},
		},
		Exclusions: []portfolio.ClassRow{{Class: "Internal and test accounts", Accounts: 6, Why: "flagged is_test"}},
		States: []portfolio.StateRow{
			{Pillar: "product", Signal: "activity", Known: n - 3, Missing: 3, Collected: true},
			{Pillar: "product", Signal: "days_since_login", Known: n - 9, Missing: 5, Stale: 4, Collected: true},
			{Pillar: "support", Signal: "csat", Known: n - 40, Missing: 20, Stale: 12, Invalid: 3, NotApplicable: 5, Collected: true},
			{Pillar: "relationship", Signal: "nps"},
		},
		Gates: []portfolio.GateRow{
			{Gate: "Accounts against the last run", Figure: "+4.1%", Threshold: "within 20%", Passed: true},
			{Gate: "Tie-out of ARR", Figure: "0.00", Threshold: "0.00", Passed: true},
			{Gate: "Freshness of tickets", Figure: "9 days", Threshold: "at most 7 days", Allowed: true},
		},
	}
}

func shapeFixture(rows rowsOf) (shape []portfolio.ShapeRow, bins []portfolio.HistogramBin, pillars []portfolio.PillarShape) {
	for i := range 10 {
		bins = append(bins, portfolio.HistogramBin{Lo: float64(10 * i), Hi: float64(10*i + 10)})
	}
	var arr float64
	for _, a := range rows {
		k := min(9, int(a.Score.Value/10))
		bins[k].Accounts++
		bins[k].ARR += a.ARR.Value
		arr += a.ARR.Value
	}
	n := float64(max(len(rows), 1))
	for i, row := range []string{"over 70%", "50% to 70%", "30% to under 50%", "under 30%"} {
		share := []float64{.93, .04, .025, .005}[i]
		shape = append(shape, portfolio.ShapeRow{
			Pillar: "product", Signal: "activity", Row: row, Points: []float64{30, 20, 10, 0}[i], Accounts: int64(share * n), Share: portfolio.Figure{Value: share, Defined: true, Num: share * n, Den: n},
			ARR: math.Round(arr*share*100) / 100, ShareARR: portfolio.Amount(share), Known: int64(n), Applicable: int64(n), Flag: []string{"nearly everybody", "", "", "nearly nobody"}[i],
		})
	}
	for i, row := range []string{"under 7 days", "7 to under 30 days", "30 days or more"} {
		shape = append(shape, portfolio.ShapeRow{Pillar: "product", Signal: "days_since_login", Row: row, Points: []float64{0, -20, -40}[i], Accounts: int64(n / 3), Share: portfolio.Amount(1. / 3), ARR: arr / 3, ShareARR: portfolio.Amount(1. / 3), Known: int64(n)})
	}
	shape = append(shape, portfolio.ShapeRow{Pillar: "relationship", Signal: "nps", Row: "9 or more", Points: 25, Flag: "not collected"})
	for _, name := range []string{"product", "support", "financial", "relationship"} {
		pillars = append(pillars, portfolio.PillarShape{Name: name, Accounts: int64(len(rows)), Mean: 66.4, P10: 31.2, P50: 69.5, P90: 92.1, Min: 0, Max: 100, Coverage: .91})
	}
	return shape, bins, pillars
}

// calibrationFixture invents a calibration that proposes new weights.
func calibrationFixture() *CalibrationBook {
	f := portfolio.Amount
	c := &CalibrationBook{
		AsOf: asOf, From: dayOf(2024, 9, 30), To: dayOf(2026, 3, 31), DataEnd: dayOf(2026, 8, 31), Currency: "USD",
		Framework: portfolio.FrameworkRef{Name: "account-health", Version: 3, Digest: "9f2c4a71d05be8c3716f0a92de4417ab5c60d3f18e7a2b94c1d6e5f708a9b3c2"},
		Verdict: Verdict{
			Decision: "refit",
			Headline: "New weights are proposed: 81 accounts were lost in seven quarters, and the proposed weights put 62 of them below 60 sixty days before, the current ones 55, with the same number of alerts.",
			Why:      []string{"The relationship pillar foretold losses better than its weight says; support foretold them less.", "46 accounts would change status; 38 of them are Monitor now."},
			Checks: []Check{
				{Gate: "Enough data", Name: "Churned accounts", Figure: f(81), Relation: ">=", Threshold: 50, Passed: true, Assessed: true, Reason: "81 of 50 needed; under 100, so evidence is marked low."},
				{Gate: "Enough data", Name: "Expected fit on new data", Unit: Decimal, Figure: f(.934), Relation: ">=", Threshold: .9, Passed: true, Assessed: true},
				{Gate: "Real", Name: "Chance that the current weights are right", Unit: Decimal, Figure: f(.012), Relation: "<", Threshold: .05, Passed: true, Assessed: true},
				{Gate: "Useful", Name: "Gain in ranking, unseen accounts", Unit: Decimal, Figure: f(.0093), Relation: ">=", Threshold: .005, Passed: true, Assessed: true},
				{Gate: "Useful", Name: "Gain in ranking, weighted by ARR", Unit: Decimal, Figure: f(.0021), Relation: ">=", Threshold: -.005, Passed: true, Assessed: true},
				{Gate: "Useful", Name: "Largest loss in a segment", Unit: Decimal, Relation: ">=", Threshold: -.01, Passed: true, Reason: "No segment has 50 churned accounts."},
				{Gate: "Large", Name: "Largest change of a weight", Unit: portfolio.Percent, Figure: f(.07), Relation: ">=", Threshold: .03, Passed: true, Assessed: true},
				{Gate: "Still true", Name: "Largest drift of a pillar", Unit: Decimal, Figure: f(.08), Relation: "<=", Threshold: .25, Passed: true, Assessed: true},
			},
		},
		Base:     BandRate{Band: "All rows", Rate: rate(81, 2466), Low: f(.0265), High: f(.0406), ARR: 143_400_000, ARRChurned: 4_310_000},
		Monotone: "The rate rises with every status from Healthy to Critical.",
		Power: []PowerRow{
			{Name: "Churned accounts held", Value: f(81), Note: "50 are needed for new weights"},
			{Name: "Smallest difference that would have been seen", Unit: Decimal, Value: f(.061), Note: "in the ranking of lost accounts, 80% power"},
		},
		Bootstrap: BootstrapSummary{Replicates: 1000, Failed: 3, SameOrder: f(.41), Note: "By account, within segments."},
		Sample: []SampleRow{
			{In: true, Reason: "In the sample", Rows: 2466, Accounts: 412, Churned: 81, ARR: f(143_400_000)},
			{Reason: "The window ends after churn recording does, whatever the outcome", Rows: 380, Accounts: 380, ARR: f(22_100_000)},
			{Reason: "Lost within 14 days of the snapshot: too late to act", Rows: 9, Accounts: 9, Churned: 9},
			{Reason: "In notice at the snapshot", Rows: 31, Accounts: 22},
			{Reason: "Not scored: less than 60% of the points could be judged", Rows: 54, Accounts: 40},
		},
		Leakage: []LeakageRow{
			{What: "column", Item: "contacts.sponsor_status", Reason: "It has no date: today's value would have been used for a date two years ago."},
			{What: "row", Item: "tickets of category cancellation", Reason: "They are written after the decision.", Rows: f(118)},
		},
		Baselines: []BaselineRow{
			{Name: "constant", LogLoss: f(.1441)},
			{Name: "best single pillar", Detail: "relationship", AUC: f(.703), LogLoss: f(.1372)},
			{Name: "equal weights", AUC: f(.741), LogLoss: f(.1348)},
			{Name: "current weights", AUC: f(.744), LogLoss: f(.1346)},
			{Name: "refit", AUC: f(.7533), LogLoss: f(.1339)},
		},
		Cutoffs: []CutoffRow{
			{Between: "Healthy / Monitor", Current: 80, Suggested: f(77.4), Low: f(71), High: f(83.2), Proposed: f(80), Multiple: f(.5), Note: "The current cut-off lies in the interval: it stays."},
			{Between: "Monitor / At Risk", Current: 60, Suggested: f(61.2), Low: f(57.8), High: f(66), Proposed: f(60), Multiple: f(1)},
			{Between: "At Risk / Critical", Current: 40, Suggested: f(47.3), Low: f(43.1), High: f(51.9), Proposed: f(47), Multiple: f(2), Note: "Moves by 7 points."},
		},
		Signals: []SignalRow{
			{Pillar: "relationship", Signal: "champion", Row: "left, not replaced", Points: -30, Fired: rate(29, 214), FiredLow: f(.096), FiredHigh: f(.188), NotFired: rate(52, 2252)},
			{Pillar: "support", Signal: "ticket_trend", Row: "down", Points: 10, Fired: rate(22, 410), FiredLow: f(.036), FiredHigh: f(.08), NotFired: rate(59, 2056), Finding: "contrary"},
			{Pillar: "financial", Signal: "payment", Row: "60 days or more", Points: -20, Fired: portfolio.Figure{}, NotFired: rate(81, 2466), Finding: "dead"},
		},
		Losses: []LossRow{
			{Became: "event: labels an account-date", Of: "accounts", Counted: true, Losses: 81, Unsized: 2, ARR: 4_310_000},
			{Became: "lost a part: ARR counts, no event (calibration.events is logo)", Of: "parts", Counted: true, Losses: 14, ARR: 208_450.5},
			{Became: "no verdict on health", Of: "accounts", Losses: 6, ARR: 399_000},
		},
		LossNotes: []string{"Lost ARR: 4,540,000 USD on 93 account-dates, whether they count as churned or not."},
		Pillars:   []string{"Product", "Support", "Financial", "Relationship"},
		Misses: []MissRow{
			{Kind: "Lost while green", ID: "000128", Name: "Aldgate Foods", Segment: "SMB", Owner: "Tom Becker", ARR: f(43_200), Event: dayOf(2026, 2, 11), ScoreBefore: f(84.2), Band: "Healthy", ARRLost: f(41_000), Days: "165→134→104→73→42→11", Score: "88→87→84→84→80→71", Pillars: []string{"90→90→90→85→80→75", "100→100→95→90→90→90", "85→85→80→80→80→80", "75→70→~→70→55→30"}, Note: "The champion left 41 days before; a rule on it would have flagged 12 accounts that stayed."},
			{Kind: "Flagged and kept", ID: "000429", Name: "Zephyr Media", Segment: "Enterprise", Owner: "Priya Raman", ARR: f(210_000), ARRLost: f(0), Event: portfolio.NoDay, ScoreBefore: f(38.9), Band: "Critical", Score: "39", Pillars: []string{"30", "45", "60", "25"}, Note: "Worked: executive review in March."},
		},
		Warnings: []diag.Warning{{Code: "low_evidence", Subject: "Evidence", Text: "under 100 churned accounts, so the intervals are wide."}},
		Glossary: []portfolio.Term{{Name: "Churned", Text: "The customer gave notice or left; losses that are no verdict on health are out and counted on Sample."}, {Name: "AUC", Text: "How often a churned account scored lower than one that stayed. 0.5 is chance, 1 is perfect."}},
	}
	for i, b := range bandDefs {
		c.Bands = append(c.Bands, CalibrationBand{b.name, b.colour, b.headlines})
		c.Rates = append(c.Rates, BandRate{Band: b.name, Rate: rate([]float64{9, 19, 28, 25}[i], []float64{1012, 874, 412, 168}[i]), Low: f([]float64{.0047, .014, .047, .103}[i]), High: f([]float64{.0168, .0337, .0967, .2108}[i]), ARR: []float64{61e6, 52e6, 21e6, 9.4e6}[i], ARRChurned: []float64{3.1e5, 9e5, 1.6e6, 1.5e6}[i]})
		m := MoveRow{From: b.name, Accounts: make([]int64, 4), ARR: make([]float64, 4)}
		for j := range 4 {
			if d := i - j; d >= -1 && d <= 1 {
				m.Accounts[j] = []int64{8, 50, 9}[d+1]
				m.ARR[j] = []float64{412_000, 3_100_500, 380_250}[d+1]
			}
		}
		c.Moves = append(c.Moves, m)
	}
	for i, name := range []string{"Product", "Support", "Financial", "Relationship"} {
		current, next := []float64{.3, .2, .25, .25}[i], []float64{.3, .13, .25, .32}[i]
		c.Weights = append(c.Weights, WeightRow{Pillar: name, Current: current, Suggested: f(next), Change: f(next - current), Low: f(next - .06), High: f(next + .07), Free: f(next + .01), ShareAtZero: f(.02)})
		c.Bootstrap.Pillars = append(c.Bootstrap.Pillars, BootstrapRow{Pillar: name, Weight: f(next), Low: f(next - .06), High: f(next + .07), ShareAtZero: f([]float64{0, .11, 0, 0}[i]), Rank: []int64{2, 4, 3, 1}[i], RankLow: 1, RankHigh: 4, SameRank: f(.6), Coefficient: f(.021), CoefLow: f(.009), CoefHigh: f(.034)})
	}
	for _, scope := range []struct{ scope, name string }{{"overall", ""}, {"segment", "Enterprise"}, {"segment", "SMB"}, {"date", "31 Dec 2025"}, {"date", "31 Mar 2026"}} {
		for i, m := range []string{"Product", "Support", "Financial", "Relationship", "Score"} {
			auc := []float64{.688, .571, .662, .703, .744}[i]
			e := EvidenceRow{Scope: scope.scope, Name: scope.name, Measure: m, Composite: m == "Score", Rows: 2466, Events: 81, AUC: f(auc), Low: f(auc - .05), High: f(auc + .05), WithinDate: f(auc - .01), R: f(-.12), Spearman: f(-.13), TauB: f(-.104), P: f(.0004), KS: f(.31), Gini: f(2*auc - 1), IV: f(.42), PRAUC: f(.11), TopLift: f(3.1), TopARR: f(.28)}
			if !e.Composite {
				e.PAdjusted, e.VIF = f(.001), f(1.4)
			}
			c.Evidence = append(c.Evidence, e)
		}
	}
	for i := range 46 {
		c.Movers = append(c.Movers, BandMover{ID: fmt.Sprintf("%06d", 100+i*7), Name: firstWords[i%12] + " " + secondWords[i%10], Owner: owners[i%6], Segment: segments[i%3], ARR: f(250_000 - float64(i)*5000), Score: 61.2, NewScore: 58.9, Change: -2.3, Band: "Monitor", NewBand: "At Risk", Bands: -1, Why: "Relationship at 35 counts 32% instead of 25%"})
	}
	weights := []portfolio.Figure{f(.3), f(.14), f(.25), f(.31)}
	c.Influence = []InfluenceRow{
		{Kind: "largest accounts", Name: "three largest", Rows: 2445, Events: 79, Weights: weights, P: f(.02), Shift: f(.012)},
		{Kind: "owner", Name: "Amara Okafor", Rows: 2011, Events: 66, Weights: weights, P: f(.04), Shift: f(.031)},
		{Kind: "quarter", Name: "Q1 2026", Rows: 2101, Events: 70, Weights: make([]portfolio.Figure, 4), Note: "no convergence"},
	}
	c.Segments = []SegmentRow{{Name: "Enterprise", Rows: 820, Events: 19, Weights: weights, Reason: "19 of 50 churned accounts needed"}, {Name: "SMB", Rows: 900, Events: 41, Weights: weights, Reason: "41 of 50 churned accounts needed"}}
	return c
}

// keepFixture is a calibration with too little data for anything but a verdict.
func keepFixture() *CalibrationBook {
	c := calibrationFixture()
	return &CalibrationBook{
		AsOf: c.AsOf, From: portfolio.NoDay, To: portfolio.NoDay, DataEnd: portfolio.NoDay, Framework: c.Framework, Bands: c.Bands,
		Verdict: Verdict{Decision: "keep", Headline: "Keep the current weights: no account was lost yet, so nothing can be learned."},
		Weights: []WeightRow{{Pillar: "Product", Current: .6}, {Pillar: "Support", Current: .4}},
	}
}

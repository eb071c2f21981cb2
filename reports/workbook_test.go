package reports

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
)

func portfolioBytes(t testing.TB, r *portfolio.Report, opt Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WritePortfolio(&b, r, opt); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func calibrationBytes(t testing.TB, c *CalibrationBook) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteCalibration(&b, c, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// readTable returns a table by its structured name: heading -> column of raw values.
func readTable(t testing.TB, f *excelize.File, name string) map[string][]string {
	t.Helper()
	for _, sheet := range f.GetSheetList() {
		tables, err := f.GetTables(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, tab := range tables {
			if tab.Name != name {
				continue
			}
			from, to, _ := strings.Cut(tab.Range, ":")
			c1, r1, _ := excelize.CellNameToCoordinates(from)
			c2, r2, _ := excelize.CellNameToCoordinates(to)
			rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			cell := func(c, r int) string {
				if r > len(rows) || c > len(rows[r-1]) {
					return ""
				}
				return rows[r-1][c-1]
			}
			out := map[string][]string{}
			for c := c1; c <= c2; c++ {
				var column []string
				for r := r1 + 1; r <= r2; r++ {
					column = append(column, cell(c, r))
				}
				out[cell(c, r1)] = column
			}
			return out
		}
	}
	t.Fatalf("no table %q", name)
	return nil
}

// expect compares column head of a table with the model's values.
func expect(t *testing.T, table map[string][]string, head string, want ...any) {
	t.Helper()
	got, ok := table[head]
	if !ok || len(got) != len(want) {
		t.Errorf("column %q: %d cells, want %d", head, len(got), len(want))
		return
	}
	for i, w := range want {
		switch w := w.(type) {
		case string:
			if got[i] != w {
				t.Errorf("%s[%d] = %q, want %q", head, i, got[i], w)
			}
		case float64:
			if v, err := strconv.ParseFloat(got[i], 64); err != nil || v != w {
				t.Errorf("%s[%d] = %q, want %v", head, i, got[i], w)
			}
		case int64:
			if v, err := strconv.ParseFloat(got[i], 64); err != nil || v != float64(w) {
				t.Errorf("%s[%d] = %q, want %v", head, i, got[i], w)
			}
		case int32: // a day
			v, err := strconv.ParseFloat(got[i], 64)
			if w == portfolio.NoDay && got[i] == "" {
				continue
			}
			if err != nil || int32(v)-25569 != w { // 1970-01-01 is 25569 in Excel
				t.Errorf("%s[%d] = %q, want day %d", head, i, got[i], w)
			}
		case portfolio.Figure:
			if !w.Defined && got[i] == "" {
				continue
			}
			if v, err := strconv.ParseFloat(got[i], 64); err != nil || v != w.Value {
				t.Errorf("%s[%d] = %q, want %v", head, i, got[i], w.Value)
			}
		}
	}
}

// pick collects one field of every row, for expect.
func pick[T any](rows []T, get func(T) any) []any {
	out := make([]any, len(rows))
	for i, r := range rows {
		out[i] = get(r)
	}
	return out
}

func TestEveryNumberOfThePortfolioIsInItsCell(t *testing.T) {
	r := fixture(120)
	f := open(t, portfolioBytes(t, r, Options{}))

	k := readTable(t, f, "Headline_figures")
	expect(t, k, "Now", pick(r.KPIs, func(k portfolio.KPI) any { return k.Now })...)
	expect(t, k, "Prior, as reported", pick(r.KPIs, func(k portfolio.KPI) any { return k.Prior })...)
	expect(t, k, "Prior, restated", pick(r.KPIs, func(k portfolio.KPI) any { return k.Restated })...)
	expect(t, k, "Change", pick(r.KPIs, func(k portfolio.KPI) any { return k.Change })...)

	b := readTable(t, f, "Bands")
	expect(t, b, "Status", pick(r.Bands, func(b portfolio.BandRow) any { return b.Band })...)
	expect(t, b, "Accounts", pick(r.Bands, func(b portfolio.BandRow) any { return b.Accounts })...)
	expect(t, b, "ARR (USD)", pick(r.Bands, func(b portfolio.BandRow) any { return b.ARR })...)
	expect(t, b, "Share of ARR", pick(r.Bands, func(b portfolio.BandRow) any { return b.ShareARR })...)
	expect(t, b, "ARR counted (USD)", pick(r.Bands, func(b portfolio.BandRow) any { return b.ShareARR.Num })...)
	expect(t, b, "Out of ARR (USD)", pick(r.Bands, func(b portfolio.BandRow) any { return b.ShareARR.Den })...)
	expect(t, b, "Prior ARR (USD)", pick(r.Bands, func(b portfolio.BandRow) any { return b.PriorARR.Value })...)
	expect(t, b, "Change in accounts", pick(r.Bands, func(b portfolio.BandRow) any { return b.DeltaAccounts })...)
	expect(t, b, "Change in ARR (USD)", pick(r.Bands, func(b portfolio.BandRow) any { return b.DeltaARR.Value })...)

	h := readTable(t, f, "Snapshots")
	expect(t, h, "As of", pick(r.History, func(h portfolio.HistoryPoint) any { return h.AsOf })...)
	expect(t, h, "Mean score", pick(r.History, func(h portfolio.HistoryPoint) any { return h.Mean })...)
	for i, band := range r.Bands {
		expect(t, h, band.Band+" ARR (USD)", pick(r.History, func(h portfolio.HistoryPoint) any { return h.ARR[i] })...)
		expect(t, h, band.Band+" accounts", pick(r.History, func(h portfolio.HistoryPoint) any { return h.Accounts[i] })...)
	}

	m := readTable(t, f, "Movers_down")
	for head, get := range map[string]func(portfolio.Mover) any{
		"Account id": func(m portfolio.Mover) any { return m.ID }, "ARR (USD)": func(m portfolio.Mover) any { return m.ARR },
		"Score before, reported": func(m portfolio.Mover) any { return m.PriorScore }, "Score before, restated": func(m portfolio.Mover) any { return m.Restated }, "Score now": func(m portfolio.Mover) any { return m.Score },
		"Change": func(m portfolio.Mover) any { return m.Delta }, "Behaviour": func(m portfolio.Mover) any { return m.Behaviour },
		"Framework": func(m portfolio.Mover) any { return m.Framework }, "Data": func(m portfolio.Mover) any { return m.Data },
		"Override": func(m portfolio.Mover) any { return m.Override },
	} {
		expect(t, m, head, pick(r.Movers.Down, get)...)
	}

	a := readTable(t, f, "At_risk")
	for head, get := range map[string]func(portfolio.AtRiskRow) any{
		"Account id": func(a portfolio.AtRiskRow) any { return a.ID }, "ARR (USD)": func(a portfolio.AtRiskRow) any { return a.ARR },
		"Score": func(a portfolio.AtRiskRow) any { return a.Score }, "Decide by": func(a portfolio.AtRiskRow) any { return a.Deadline },
		"Days left": func(a portfolio.AtRiskRow) any { return a.DaysToDeadline }, "Gain, points": func(a portfolio.AtRiskRow) any { return a.Gain },
		"Risks, most severe first": func(a portfolio.AtRiskRow) any { return strings.Join(a.Risks, "\n") },
		"Renewal":                  func(a portfolio.AtRiskRow) any { return a.Renewal }, "Change": func(a portfolio.AtRiskRow) any { return a.Delta },
	} {
		expect(t, a, head, pick(r.AtRisk, get)...)
	}

	s := readTable(t, f, "Sources")
	expect(t, s, "Rows", pick(r.Quality.Sources, func(s portfolio.SourceRow) any { return s.Rows })...)
	expect(t, s, "Rows, last run", pick(r.Quality.Sources, func(s portfolio.SourceRow) any { return s.PriorRows })...)
	expect(t, s, "Newest row", pick(r.Quality.Sources, func(s portfolio.SourceRow) any { return s.Newest })...)
	columns := readTable(t, f, "Source_columns")
	expect(t, columns, "Fill", pick(r.Quality.Columns, func(c portfolio.ColumnRow) any { return c.Fill })...)
	expect(t, columns, "Least", 0.0, r.Quality.Columns[1].First, nil, nil)
	expect(t, columns, "Zero days", 1, nil, nil, nil)
	expect(t, readTable(t, f, "Source_findings"), "What was found", pick(r.Quality.Alerts, func(a portfolio.SourceAlert) any { return a.Text })...)
	expect(t, readTable(t, f, "Drift"), "Index", pick(r.Quality.Drift, func(d portfolio.DriftRow) any { return d.Index })...)
	expect(t, readTable(t, f, "Control_totals"), "Difference", pick(r.Quality.Controls, func(c portfolio.ControlRow) any { return c.Difference })...)
	expect(t, readTable(t, f, "Tie_out_steps"), "ARR (USD)", pick(r.Quality.Tie, func(s portfolio.TieStep) any { return s.ARR })...)
	tie := readTable(t, f, "Tie_out")
	expect(t, tie, "Difference", r.Tie.DifferenceAccounts, r.Tie.DifferenceARR)
	expect(t, tie, "In the export", r.Tie.SourceRows, r.Tie.SourceARR)
	expect(t, tie, "Explained below", r.Tie.ExplainedAccounts, r.Tie.ExplainedARR)
	expect(t, readTable(t, f, "Point_rows"), "Share", pick(r.Shape, func(s portfolio.ShapeRow) any { return s.Share })...)
	expect(t, readTable(t, f, "Signal_states"), "Stale", pick(r.Quality.States, func(s portfolio.StateRow) any { return s.Stale })...)
	expect(t, readTable(t, f, "Scores"), "Accounts", pick(r.Scores, func(b portfolio.HistogramBin) any { return b.Accounts })...)
	expect(t, readTable(t, f, "Population"), "ARR (USD)", pick(r.Classes, func(c portfolio.ClassRow) any { return c.ARR })...)
	expect(t, readTable(t, f, "Storage"), "Count", int64(0), int64(0), int64(0))
}

func TestAccountsSheet(t *testing.T) {
	r := fixture(2000)
	rows := r.Accounts.(rowsOf)
	f := open(t, portfolioBytes(t, r, Options{}))
	a := readTable(t, f, "Accounts")
	type row = portfolio.AccountRow
	for head, get := range map[string]func(row) any{
		"Account id": func(a row) any { return a.ID }, "CRM id": func(a row) any { return a.CRMID }, "ARR (USD)": func(a row) any { return a.ARR },
		"Score": func(a row) any { return a.Score }, "Headline": func(a row) any { return a.Headline }, "Status": func(a row) any { return a.Band },
		"Product score": func(a row) any { return a.Pillars[0] }, "Relationship score": func(a row) any { return a.Pillars[3] },
		"Coverage": func(a row) any { return a.Coverage }, "Lowest possible": func(a row) any { return a.Low }, "Highest possible": func(a row) any { return a.High },
		"Change": func(a row) any { return a.Delta }, "Change, 90 days": func(a row) any { return a.Delta90 }, "Customer since": func(a row) any { return a.Start },
		"Renewal": func(a row) any { return a.Renewal }, "Tenure, months": func(a row) any { return a.TenureMonths }, "Provisional because": func(a row) any { return a.Provisional },
	} {
		expect(t, a, head, pick(rows, get)...)
	}
	if kind, err := f.GetCellType(sheetAccounts, "A2"); err != nil || kind != excelize.CellTypeInlineString {
		t.Errorf("the id %q is stored as %v, want text", a["Account id"][0], kind)
	}
}

func TestAccountsContinueOnAnotherSheet(t *testing.T) {
	r := fixture(25)
	f := open(t, portfolioBytes(t, r, Options{maxRows: 10}))
	rows := r.Accounts.(rowsOf)
	for i, part := range []struct{ name string }{{"Accounts"}, {"Accounts_2"}, {"Accounts_3"}} {
		expect(t, readTable(t, f, part.name), "Account id", pick(rows[10*i:min(25, 10*i+10)], func(a portfolio.AccountRow) any { return a.ID })...)
	}
	last := r.AtRisk[len(r.AtRisk)-1]
	place := -1
	for i, a := range rows {
		if a.ID == last.ID {
			place = i
		}
	}
	tables, _ := f.GetTables(sheetAtRisk)
	_, to, _ := strings.Cut(tables[0].Range, ":")
	_, bottom, _ := excelize.CellNameToCoordinates(to)
	link, err := f.GetCellFormula(sheetAtRisk, "C"+itoa(bottom))
	sheet := quoteSheet(accountsSheet(place / 10))
	want := `HYPERLINK("#` + sheet + `!A"&MATCH("` + last.ID + `",` + sheet + `!$A:$A,0),"` + last.Name + `")`
	if err != nil || link != want {
		t.Errorf("the link of %s is %s, want %s", last.ID, link, want)
	}
	if at, err := f.CalcCellValue(sheetAtRisk, "C"+itoa(bottom)); err != nil || at != last.Name {
		t.Errorf("the link gives %q: %v", at, err)
	}
}

func TestNamesPointAtTheirCells(t *testing.T) {
	r := fixture(40)
	f := open(t, portfolioBytes(t, r, Options{}))
	want := map[string]float64{
		"As_of": float64(r.AsOf) + 25569, "ARR_at_risk": r.KPIs[1].Now.Value, "Accounts_scored": r.KPIs[5].Now.Value,
		"ARR_Healthy": r.Bands[0].ARR, "Accounts_At_Risk": float64(r.Bands[2].Accounts), "Tie_out_ARR": 0,
	}
	for _, n := range f.GetDefinedName() {
		w, ok := want[n.Name]
		if !ok {
			continue
		}
		delete(want, n.Name)
		sheet, cell, _ := strings.Cut(n.RefersTo, "!")
		got, err := f.GetCellValue(strings.Trim(sheet, "'"), strings.ReplaceAll(cell, "$", ""), excelize.Options{RawCellValue: true})
		if v, perr := strconv.ParseFloat(got, 64); err != nil || perr != nil || v != w {
			t.Errorf("%s = %q, want %v", n.Name, got, w)
		}
	}
	if len(want) > 0 {
		t.Errorf("names not defined: %v", want)
	}
}

func TestEveryNumberOfTheCalibrationIsInItsCell(t *testing.T) {
	c := calibrationFixture()
	f := open(t, calibrationBytes(t, c))
	k := readTable(t, f, "Checks")
	expect(t, k, "Figure", pick(c.Verdict.Checks, func(c Check) any { return c.Figure })...)
	expect(t, k, "Threshold", pick(c.Verdict.Checks, func(c Check) any { return c.Threshold })...)
	expect(t, k, "Result", "passed", "passed", "passed", "passed", "passed", "not assessed", "passed", "passed")
	w := readTable(t, f, "Weights")
	expect(t, w, "Current", pick(c.Weights, func(w WeightRow) any { return w.Current })...)
	expect(t, w, "Suggested", pick(c.Weights, func(w WeightRow) any { return w.Suggested })...)
	expect(t, w, "From", pick(c.Weights, func(w WeightRow) any { return w.Low })...)
	expect(t, w, "To", pick(c.Weights, func(w WeightRow) any { return w.High })...)
	m := readTable(t, f, "Moves")
	for i, b := range c.Bands {
		expect(t, m, "Accounts to "+b.Name, pick(c.Moves, func(m MoveRow) any { return m.Accounts[i] })...)
		expect(t, m, "ARR to "+b.Name+" (USD)", pick(c.Moves, func(m MoveRow) any { return m.ARR[i] })...)
	}
	r := readTable(t, f, "Rates")
	expect(t, r, "Rows", pick(c.Rates, func(r BandRate) any { return r.Rate.Den })...)
	expect(t, r, "Churned", pick(c.Rates, func(r BandRate) any { return r.Rate.Num })...)
	expect(t, r, "Churn rate", pick(c.Rates, func(r BandRate) any { return r.Rate })...)
	expect(t, r, "From", pick(c.Rates, func(r BandRate) any { return r.Low })...)
	expect(t, r, "ARR lost (USD)", pick(c.Rates, func(r BandRate) any { return r.ARRChurned })...)
	e := readTable(t, f, "Evidence")
	for head, get := range map[string]func(EvidenceRow) any{
		"Rows": func(e EvidenceRow) any { return e.Rows }, "Churned accounts": func(e EvidenceRow) any { return e.Events }, "AUC": func(e EvidenceRow) any { return e.AUC },
		"AUC from": func(e EvidenceRow) any { return e.Low }, "AUC to": func(e EvidenceRow) any { return e.High }, "r": func(e EvidenceRow) any { return e.R },
		"Spearman": func(e EvidenceRow) any { return e.Spearman }, "tau-b": func(e EvidenceRow) any { return e.TauB }, "p": func(e EvidenceRow) any { return e.P }, "p, adjusted": func(e EvidenceRow) any { return e.PAdjusted },
	} {
		expect(t, e, head, pick(c.Evidence, get)...)
	}
	expect(t, readTable(t, f, "Sample"), "Rows", pick(c.Sample, func(s SampleRow) any { return s.Rows })...)
	expect(t, readTable(t, f, "Movers"), "Score then", pick(c.Movers, func(m BandMover) any { return m.NewScore })...)
	expect(t, readTable(t, f, "Bootstrap"), "At zero", pick(c.Bootstrap.Pillars, func(b BootstrapRow) any { return b.ShareAtZero })...)
	expect(t, readTable(t, f, "Influence"), "Relationship weight", pick(c.Influence, func(r InfluenceRow) any { return r.Weights[3] })...)
	expect(t, readTable(t, f, "Cut_offs"), "Proposed", pick(c.Cutoffs, func(c CutoffRow) any { return c.Proposed })...)
	expect(t, readTable(t, f, "Signals"), "Otherwise, rate", pick(c.Signals, func(s SignalRow) any { return s.NotFired })...)
}

func TestSheetsWithoutDataAreLeftOutAndNamed(t *testing.T) {
	full := strings.Join([]string{sheetSummary, sheetBands, sheetMovers, sheetAtRisk, sheetAccounts, sheetShape, sheetQuality, sheetDefinitions}, ",")
	noPrior := fixture(30)
	noPrior.Prior = portfolio.NoDay
	noPrior.Verdict, noPrior.History = "", noPrior.History[12:]
	nobody := &portfolio.Report{AsOf: asOf, Prior: portfolio.NoDay, Framework: noPrior.Framework}
	for name, c := range map[string]struct {
		r    *portfolio.Report
		want string
	}{
		"everything":    {fixture(30), full},
		"no prior":      {noPrior, strings.Replace(full, sheetMovers+",", "", 1)},
		"zero accounts": {nobody, strings.Join([]string{sheetSummary, sheetQuality, sheetDefinitions}, ",")},
	} {
		f := open(t, portfolioBytes(t, c.r, Options{}))
		if got := strings.Join(f.GetSheetList(), ","); got != c.want {
			t.Errorf("%s: sheets %s, want %s", name, got, c.want)
		}
		if c.want == full {
			continue
		}
		left := strings.Join(readTable(t, f, "Left_out")["What"], ",")
		for s := range strings.SplitSeq(full, ",") {
			if !strings.Contains(c.want, s) && !strings.Contains(left, s) {
				t.Errorf("%s: %s is neither a sheet nor named among those left out (%s)", name, s, left)
			}
		}
	}
	f := open(t, calibrationBytes(t, keepFixture()))
	if got := strings.Join(f.GetSheetList(), ","); got != "Verdict,Glossary" {
		t.Errorf("a calibration without churn has sheets %s", got)
	}
}

func TestRebuildIsByteIdentical(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var first, firstC []byte
	for i, procs := range []int{1, 2, 4, 1} {
		runtime.GOMAXPROCS(procs)
		b, c := portfolioBytes(t, fixture(3000), Options{}), calibrationBytes(t, calibrationFixture())
		if i == 0 {
			first, firstC = b, c
		} else if !bytes.Equal(b, first) || !bytes.Equal(c, firstC) {
			t.Fatalf("run %d with %d processors gave other bytes", i, procs)
		}
	}
}

func TestEveryPartIsWellFormed(t *testing.T) {
	r := fixture(300)
	hostile(r)
	for name, data := range map[string][]byte{"portfolio": portfolioBytes(t, r, Options{}), "calibration": calibrationBytes(t, calibrationFixture())} {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range z.File {
			in, err := e.Open()
			if err != nil {
				t.Fatal(err)
			}
			d := xml.NewDecoder(in)
			for {
				if _, err = d.Token(); err != nil {
					break
				}
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: %s: %v", name, e.Name, err)
			}
		}
	}
}

const bomb = `=HYPERLINK("http://example.invalid","x")`

// hostile puts what a warehouse can hold into names and figures.
func hostile(r *portfolio.Report) {
	rows := r.Accounts.(rowsOf)
	for i, s := range []string{bomb, "+1", "-1", "@SUM(A1)", "\tx", "\rx", "a\x00b\x1fc", "<b>&amp;]]>", "_x0041_", " pad ", "\xff\xfe", strings.Repeat("é", 40_000), "00123", "1e5", "TRUE", "zero\u200bwidth", "\U0001F600", "\u202eשלום עולם 1"} {
		rows[i].Name = s
	}
	rows[0].Score = portfolio.Amount(math.NaN())
	rows[1].Coverage = portfolio.Amount(math.Inf(1))
	rows[2].Renewal = -200_000 // long before Excel's first day
	r.Framework.Name = "a & <b> 'quoted'"
	r.AtRisk[0].Risks = []string{bomb}
	r.Glossary = append(slices.Clone(r.Glossary), portfolio.Term{Name: "late\x02", Text: "on Definitions, which is drawn after Data quality"})
}

func TestHostileTextAndNumbers(t *testing.T) {
	r := fixture(60)
	hostile(r)
	r.Bands[0].Band = `He"al'thy & <co>`
	f := open(t, portfolioBytes(t, r, Options{Organisation: `&A "Acme" <Ltd>`}))
	a := readTable(t, f, "Accounts")
	long := a["Account"][11]
	a["Account"][11] = ""
	expect(t, map[string][]string{"Account": a["Account"][:18]}, "Account",
		bomb, "+1", "-1", "@SUM(A1)", "\tx", "x", "abc", "<b>&amp;]]>", "_x0041_", " pad ", "", "", "00123", "1e5", "TRUE", "zero\u200bwidth", "\U0001F600", "\u202eשלום עולם 1")
	if n := len([]rune(long)); n != maxCell || !strings.HasSuffix(long, cutMark) {
		t.Errorf("the long name has %d characters and ends with %q", n, long[len(long)-10:])
	}
	expect(t, a, "Score", append([]any{""}, pick(r.Accounts.(rowsOf)[1:], func(a portfolio.AccountRow) any { return a.Score })...)...)
	if a["Coverage"][1] != "" || !strings.HasPrefix(a["Renewal"][2], "1422-") {
		t.Errorf("coverage %q, renewal %q", a["Coverage"][1], a["Renewal"][2])
	}
	// 2 in "a\x00b\x1fc", 1 in "\rx", 2 bytes of invalid UTF-8, 1 on a later sheet; one
	// cut; NaN and Inf.
	expect(t, readTable(t, f, "Storage"), "Count", int64(6), int64(1), int64(2))
	if tables, err := f.GetTables(sheetQuality); err != nil || !slices.ContainsFunc(tables, func(tab excelize.Table) bool { return tab.Name == "Storage" }) {
		t.Errorf("what was cut is not counted on Data quality: %v", err)
	}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j := range row {
				if formula, _ := f.GetCellFormula(sheet, cellRef(j+1, i+1)); formula != "" && !strings.HasPrefix(formula, `HYPERLINK("#'Accounts'!A"&MATCH("`) {
					t.Errorf("%s %s is the formula %s", sheet, cellRef(j+1, i+1), formula)
				}
			}
		}
	}
}

func TestContradictionsAreRefused(t *testing.T) {
	r := fixture(10)
	r.History[3].ARR = r.History[3].ARR[:1]
	if err := WritePortfolio(io.Discard, r, Options{}); diag.ClassOf(err) != diag.Internal || err == nil {
		t.Errorf("a history with a band missing gave %v", err)
	}
	c := calibrationFixture()
	c.Moves[0].Accounts = nil
	if err := WriteCalibration(io.Discard, c, Options{}); err == nil {
		t.Error("a move without accounts was accepted")
	}
}

// brokenWriter fails after n bytes.
type brokenWriter struct{ n int }

var errFull = errors.New("disk full")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAWriteErrorIsReturned(t *testing.T) {
	for _, n := range []int{0, 5_000, 40_000} {
		if err := WritePortfolio(&brokenWriter{n}, fixture(3000), Options{}); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: %v, want %v", n, err, errFull)
		}
	}
}

package job

import (
	"bytes"
	"math"
	"testing"

	"github.com/parquet-go/parquet-go"

	"accounthealth/internal/portfolio"
)

// The sheets that cut the portfolio in other ways must all add up to it: by
// deadline, by owner, by segment, by where accounts came from, and the ARR bridge
// to the closing ARR of the tie-out.
func TestCutsOfThePortfolioTieOut(t *testing.T) {
	r := small(t)
	p := r.Portfolio
	check := func(what string, got, want portfolio.Amounts) {
		t.Helper()
		if got.Accounts != want.Accounts || math.Round(got.ARR*100) != math.Round(want.ARR*100) {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	add := func(a *portfolio.Amounts, b portfolio.Amounts) { a.Accounts += b.Accounts; a.ARR += b.ARR }
	classes := map[string]portfolio.Amounts{}
	for _, c := range p.Classes {
		classes[c.Class] = portfolio.Amounts{Accounts: c.Accounts, ARR: c.ARR}
	}
	var paying, scored, risky portfolio.Amounts
	for _, c := range []string{"Scored", "Onboarding"} {
		add(&scored, classes[c])
	}
	paying = scored
	add(&paying, classes["Not scored"])
	add(&paying, classes["In notice"])
	for _, b := range p.Bands {
		if b.AtRisk {
			add(&risky, portfolio.Amounts{Accounts: b.Accounts, ARR: b.ARR})
		}
	}

	if len(p.Bridges) != 2 {
		t.Fatalf("%d bridges", len(p.Bridges))
	}
	for _, b := range p.Bridges {
		closing := b.Step("closing")
		check(b.Name+": closing", portfolio.Amounts{Accounts: paying.Accounts, ARR: closing.ARR}, paying)
		if b.Difference() != 0 {
			t.Errorf("%s: %v is not explained", b.Name, b.Difference())
		}
	}
	year := p.Bridges[1]
	for _, k := range p.KPIs {
		want, ok := map[string]portfolio.Figure{"Logo_retention": year.Logo, "GRR": year.GRR, "NRR": year.NRR}[k.Key]
		if ok && k.Now != want {
			t.Errorf("%s on the Summary is %+v, by the bridge %+v", k.Key, k.Now, want)
		}
	}

	var windows, leaving, atRisk, soon portfolio.Amounts
	for _, w := range p.Renewals.Windows {
		add(&windows, w.Total)
		add(&windows, w.NotScored)
		add(&leaving, w.InNotice)
		add(&atRisk, w.AtRisk)
		var bands portfolio.Amounts
		for _, b := range w.Bands {
			add(&bands, b)
		}
		check(w.Name+": bands", bands, w.Total)
		switch w.Key {
		case "overdue", "30", "60", "90":
			add(&soon, w.AtRisk)
			if math.Round(w.Ahead.Value*100) != math.Round(soon.ARR*100) {
				t.Errorf("%s: %v ahead, want %v", w.Name, w.Ahead, soon.ARR)
			}
		}
	}
	add(&windows, classes["In notice"])
	check("renewal windows", windows, paying)
	check("leaving", leaving, classes["In notice"])
	check("at risk by deadline", atRisk, risky)
	if k := p.KPIs[1]; math.Round(k.Now.Num*100) != math.Round(soon.ARR*100) {
		t.Errorf("%s is %v, the windows add up to %v", k.Key, k.Now.Num, soon.ARR)
	}

	for name, rows := range map[string][]portfolio.GroupRow{"owners": p.Owners, "segments": p.Segments} {
		var all, groups, soonBy portfolio.Amounts
		rank := 0
		for _, g := range rows {
			add(&all, portfolio.Amounts{Accounts: g.Accounts, ARR: g.ARR})
			add(&groups, g.AtRisk)
			add(&soonBy, g.RenewingAtRisk)
			switch {
			case g.Small != (g.Scored < portfolio.SmallGroup) || g.Small != (g.Rank == 0):
				t.Errorf("%s: %s has %d scored accounts, small %v, rank %d", name, g.Name, g.Scored, g.Small, g.Rank)
			case !g.Small && g.Rank != rank+1:
				t.Errorf("%s: %s has rank %d after %d", name, g.Name, g.Rank, rank)
			case !g.Small:
				rank++
			}
		}
		check(name, all, paying)
		check(name+" at risk", groups, risky)
		check(name+" renewing", portfolio.Amounts{Accounts: soonBy.Accounts, ARR: soonBy.ARR}, portfolio.Amounts{Accounts: soonBy.Accounts, ARR: soon.ARR})
	}
	check("all owners", portfolio.Amounts{Accounts: p.OwnerTotal.Accounts, ARR: p.OwnerTotal.ARR}, paying)

	m := p.Migration
	for b, band := range p.Bands {
		var n int64
		for _, row := range m.Accounts {
			n += row[b]
		}
		if n != band.Accounts || m.ColumnCounts[b] != n {
			t.Errorf("%d accounts migrate to %s, %d are there", n, band.Band, band.Accounts)
		}
		n = 0
		arr := 0.0
		for c := range m.Columns {
			n += m.Accounts[b][c]
			arr += m.ARR[b][c]
		}
		check("from "+band.Band, portfolio.Amounts{Accounts: n, ARR: arr}, portfolio.Amounts{Accounts: band.PriorAccounts, ARR: band.PriorARR.Value})
		check("row sums of "+band.Band, portfolio.Amounts{Accounts: m.RowAccounts[b], ARR: m.RowARR[b]}, portfolio.Amounts{Accounts: n, ARR: arr})
	}

	f := p.Foreseen
	var lost portfolio.Amounts
	hit, judged := 0.0, 0.0
	for _, row := range f.Rows {
		add(&lost, portfolio.Amounts{Accounts: 1, ARR: row.ARR.Value})
		if row.Judged == portfolio.NoDay {
			continue
		}
		judged++
		if row.Flagged {
			hit++
		}
		if row.Judged > row.Decided-f.Ahead {
			t.Errorf("%s decided on day %d is judged by day %d", row.ID, row.Decided, row.Judged)
		}
	}
	check("lost", lost, f.Lost)
	if f.Flagged.Num != hit || f.Flagged.Den != judged || judged+float64(f.Unjudged.Accounts) != float64(f.Lost.Accounts) {
		t.Errorf("%v of %v flagged, by the rows %v of %v, %d unjudged of %d", f.Flagged.Num, f.Flagged.Den, hit, judged, f.Unjudged.Accounts, f.Lost.Accounts)
	}
}

// scores.parquet adds up to the workbook: all rows to the closing ARR of the
// bridge, and the rows of each status to the status.
func TestScoresTableTiesToTheWorkbook(t *testing.T) {
	r := small(t)
	var b bytes.Buffer
	for _, f := range r.Files() {
		if f.Name == "scores.parquet" {
			if err := f.Write(&b); err != nil {
				t.Fatal(err)
			}
		}
	}
	type row struct {
		ARR    *int64  `parquet:"arr,optional"` // cents
		Status *string `parquet:"status,optional"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var all int64
	cents, accounts := map[string]int64{}, map[string]int64{}
	for _, x := range rows {
		if x.ARR == nil {
			continue
		}
		all += *x.ARR
		if x.Status != nil {
			cents[*x.Status] += *x.ARR
			accounts[*x.Status]++
		}
	}
	if want := int64(math.Round(r.Portfolio.Bridges[1].Step("closing").ARR * 100)); all != want || all == 0 {
		t.Errorf("%d cents in scores.parquet, the bridge closes with %d", all, want)
	}
	for _, band := range r.Portfolio.Bands {
		if cents[band.Band] != int64(math.Round(band.ARR*100)) || accounts[band.Band] != band.Accounts {
			t.Errorf("%s: %d accounts and %d cents in scores.parquet, %d and %.2f on the sheets", band.Band, accounts[band.Band], cents[band.Band], band.Accounts, band.ARR)
		}
	}
}

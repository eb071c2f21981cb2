package reports

import (
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// accuracy says how good the score has been: in counts first, then per status,
// how early, for whom, and which lost accounts it called healthy.
func (p *portfolioBook) accuracy() {
	r := p.r
	g := p.page(sheetAccuracy, presentation, 40, 15, 15, 15, 15, 15, 17, 18, 15, 42)
	g.title("Accuracy", "As of "+dayText(r.AsOf)+"   |   how good past scores were at telling who would leave")
	if f := r.Foreseen; f != nil {
		p.foreseen(g, f)
	}
	if r.Accuracy != nil {
		if r.Accuracy.Sampling != "" {
			g.note(r.Accuracy.Sampling)
		}
		for i, k := range r.Accuracy.Kinds {
			p.accuracyKind(g, k, itoa(i+1))
		}
		g.footnote(fewNote)
		for _, w := range r.Accuracy.Warnings {
			g.footnote(w)
		}
	}
	g.freeze(1, 4)
	g.seal()
}

// foreseenRow is one line of the answer to "how much of what we lost did we see
// coming".
type foreseenRow struct {
	what string
	of   portfolio.Figure
	out  float64 // how many accounts it is out of
	unit format
	note string
}

func (p *portfolioBook) foreseen(g *page, f *portfolio.Foreseen) {
	g.section("What was lost in the last 12 months, and what of it was flagged in time", "")
	g.callout(f.Words)
	lost := f.Flagged.Den
	rows := []foreseenRow{
		{"Accounts flagged", f.Flagged, lost, asCount, "in a status that needs intervention at the last scored date at least " + itoa(f.Ahead) + " days before the decision"},
		{"ARR flagged" + p.money, f.FlaggedARR, lost, asMoney, "the same, by the ARR that was lost"},
		{"ARR flagged, without the largest losses", f.WithoutLargest, lost - float64(len(f.Largest)), asMoney, "left out: " + strings.Join(f.Largest, ", ")},
		{"All accounts flagged, on the same dates", f.Alerts, f.Alerts.Den, asCount, "how many are flagged whether they leave or not: flagging everybody foresees everything"},
	}
	part := func(x portfolio.Figure, v float64, as format) value {
		if x.Den == 0 {
			return value{}
		}
		return num(v).in(as)
	}
	put(g, table[foreseenRow]{name: "Foreseen", bare: true, rows: rows, cols: []col[foreseenRow]{
		{head: "Of the losses decided since " + dayText(f.From+1), as: asWrap, get: func(x foreseenRow) value { return str(x.what) }},
		{head: "Share", as: asPercent, get: func(x foreseenRow) value { return enough(x.of, x.out) }},
		{head: "Flagged", as: asCount, get: func(x foreseenRow) value { return part(x.of, x.of.Num, x.unit) }},
		{head: "Out of", as: asCount, get: func(x foreseenRow) value { return part(x.of, x.of.Den, x.unit) }},
	}})
	for _, x := range rows {
		g.footnote(x.what + ": " + x.note + ".")
	}
	g.footnote(grouped(float64(f.Lost.Accounts)) + " accounts with " + p.sum(f.Lost.ARR) + " of ARR were lost for a reason that counts; " +
		grouped(float64(f.Unjudged.Accounts)) + " of them, with " + p.sum(f.Unjudged.ARR) + ", had no score so long before. " +
		grouped(float64(f.Excused.Accounts)) + " more, with " + p.sum(f.Excused.ARR) + ", left for reasons that say nothing about health.")
	g.gap(1)
}

func (p *portfolioBook) accuracyKind(g *page, k portfolio.AccuracyKind, n string) {
	g.section("Scores "+k.Name+", on the dates from "+dayText(k.From)+" to "+dayText(k.To), "")
	g.callout(k.Headline)
	if k.Monotone != "" {
		g.note(k.Monotone)
	}
	statuses := p.statusTable(k, n)
	a := put(g, statuses)
	if !k.Rates {
		g.footnote(noRates)
	}
	g.gap(1)
	if k.Rates {
		const high = 240
		rate := slices.IndexFunc(statuses.cols, func(c col[portfolio.AccuracyRow]) bool { return c.head == "Share lost" })
		shown := area{sheet: a.sheet, left: a.left, head: a.head, cols: a.cols, rows: len(p.r.Bands)}
		g.draw(g.left, g.row, chart{
			kind: excelize.Col, title: "Lost of each status in the outcome window", x: "Status when scored", y: "Share lost", number: "0%",
			width: 760, height: high, gap: 60, labels: true, alt: "Share of accounts lost, by status",
			series: []series{{name: shown.heading(rate), categories: shown.values(0), values: shown.values(rate), tone: accent}},
		})
		g.gap(chartRows(high))
	}
	p.reach(g, k, n)
	p.lead(g, k, n)
	p.falseGreens(g, k, n)
	p.saves(g, k, n)
	p.accuracyGroups(g, k, n)
}

func (p *portfolioBook) statusTable(k portfolio.AccuracyKind, n string) table[portfolio.AccuracyRow] {
	type row = portfolio.AccuracyRow
	t := table[row]{name: "Accuracy_" + n, bare: true, rows: k.Statuses, total: []row{k.All}, cols: []col[row]{
		{head: "Status", as: asBand, get: func(r row) value { return str(r.Status) }},
		{head: "Scores judged", as: asCount, help: "One row of the sample each: an account at one quarter-end, or at one renewal decision.", get: func(r row) value { return num(r.Rate.Den) }},
		{head: "Lost", as: asCount, help: "Lost in the outcome window of the score, for a reason that counts.", get: func(r row) value { return num(r.Rate.Num) }},
		{head: "Of these, parts", as: asCount, help: "Accounts that lost a part only and stayed.", get: func(r row) value { return count(r.Parts) }},
		{head: "Share lost", as: asPercent, get: func(r row) value { return fig(r.Rate) }},
		{head: "At least", as: asPercent, help: "Lower end of the 95% interval: what chance could have made of the same accounts.", get: func(r row) value { return fig(r.Low) }},
		{head: "At most", as: asPercent, help: "Upper end of the 95% interval.", get: func(r row) value { return fig(r.High) }},
		{head: "Times the average", as: asScore, help: "Share lost over that of all accounts.", get: func(r row) value { return fig(r.Lift) }},
		{head: "ARR lost" + p.money, as: asMoney, get: func(r row) value { return fig(r.ARRLost) }},
		{head: "Of all ARR lost", as: asPercent, get: func(r row) value { return fig(r.ShareOfARR) }},
	}}
	if k.All.Parts == 0 {
		t.cols = columnsIf(t.cols, func(h string) bool { return h != "Of these, parts" })
	}
	if !k.Rates {
		t.cols = columnsIf(t.cols, func(h string) bool {
			return h != "Share lost" && h != "At least" && h != "At most" && h != "Times the average"
		})
	}
	return t
}

// countsOf shows a share with its counts; the counts alone where it is out of few.
func countsOf[T any](head, help string, get func(T) portfolio.Figure) []col[T] {
	return []col[T]{
		{head: head, as: asPercent, help: help, get: func(r T) value { return enough(get(r), get(r).Den) }},
		{head: head + ", counts", as: asMark, get: func(r T) value { return str(ofText(get(r))) }},
	}
}

func (p *portfolioBook) reach(g *page, k portfolio.AccuracyKind, n string) {
	type row = portfolio.AccuracyReach
	g.section("What flagging found", "With the losses that count, and with all.")
	cols := []col[row]{{head: "Losses", as: asWrap, get: func(r row) value { return str(r.Losses) }}}
	cols = append(cols, countsOf("Flagged", "Of all scores judged.", func(r row) portfolio.Figure { return r.Alerts })...)
	cols = append(cols, countsOf("Found", "Flagged, of those lost.", func(r row) portfolio.Figure { return r.Found })...)
	cols = append(cols, countsOf("Right", "Lost, of those flagged.", func(r row) portfolio.Figure { return r.Right })...)
	cols = append(cols, col[row]{head: "ARR found", as: asPercent, help: "Lost by flagged accounts, of the ARR lost.", get: func(r row) value { return fig(r.ARR) }})
	put(g, table[row]{name: "Reach_" + n, bare: true, rows: k.Reach, cols: cols})
	g.gap(1)
}

func (p *portfolioBook) lead(g *page, k portfolio.AccuracyKind, n string) {
	if len(k.Leads) == 0 {
		return
	}
	type row = portfolio.AccuracyLead
	g.section("How early", "Of the lost accounts, how many were flagged so many days before the decision; read it beside the share of all that is flagged.")
	cols := []col[row]{
		{head: "Flagged at this status or worse", as: asBand, get: func(r row) value { return str(r.Status) }},
		{head: "Days before", as: asCount, get: func(r row) value { return count(int64(r.Days)) }},
	}
	cols = append(cols, countsOf("Found", "", func(r row) portfolio.Figure { return r.Found })...)
	cols = append(cols, col[row]{head: "ARR found", as: asPercent, get: func(r row) value { return fig(r.ARR) }})
	cols = append(cols, countsOf("Of all", "Flagged, of all scores judged.", func(r row) portfolio.Figure { return r.Alerts })...)
	put(g, table[row]{name: "Lead_time_" + n, bare: true, rows: k.Leads, cols: cols})
	g.gap(1)
}

func (p *portfolioBook) falseGreens(g *page, k portfolio.AccuracyKind, n string) {
	if len(k.FalseGreens) == 0 {
		return
	}
	type row = portfolio.FalseGreen
	g.section("Lost while it looked healthy", "Accounts in a good status when they were scored, the most lost ARR first.")
	put(g, table[row]{name: "False_greens_" + n, rows: k.FalseGreens, cols: []col[row]{
		{head: "Account", as: asText, get: func(r row) value { return str(nameOr(r.Name, r.ID)) }},
		{head: "Account id", as: asID, get: func(r row) value { return str(r.ID) }},
		{head: "ARR lost" + p.money, as: asMoney, get: func(r row) value { return fig(r.ARRLost) }},
		{head: "Status", as: asBand, get: func(r row) value { return str(r.Status) }},
		{head: "Score", as: asScore, get: func(r row) value { return fig(r.Score) }},
		{head: "Scored on", as: asDate, get: func(r row) value { return day(r.Scored) }},
		{head: "First flagged, days before", as: asCount, help: "Days before the decision on which the score was first below the line; blank: never.", get: func(r row) value { return fig(r.FirstFlagged) }},
		{head: "Owner", as: asText, get: func(r row) value { return str(r.Owner) }},
		{head: "Segment", as: asText, get: func(r row) value { return str(r.Segment) }},
		{head: "Scores in the half year before; low pillars", as: asWrap, get: func(r row) value {
			low := ""
			if r.LowPillars != "" {
				low = "\nlow: " + r.LowPillars
			}
			return str(r.Path + low)
		}},
	}})
	g.gap(1)
	if len(k.Catches) == 0 {
		return
	}
	g.section("What would have caught them", "Rows of the point tables that these accounts had hit, and how many kept accounts had hit them too.")
	type catch = portfolio.Catch
	put(g, table[catch]{name: "Catches_" + n, bare: true, rows: k.Catches, cols: []col[catch]{
		{head: "Signal: row", as: asWrap, get: func(c catch) value { return str(c.Signal + ": " + c.Rule) }},
		{head: "Lost while healthy", as: asCount, get: func(c catch) value { return count(c.Caught) }},
		{head: "Kept all the same", as: asCount, get: func(c catch) value { return count(c.FalseAlarm) }},
	}})
	g.gap(1)
}

func (p *portfolioBook) saves(g *page, k portfolio.AccuracyKind, n string) {
	if len(k.Saves) == 0 {
		return
	}
	g.section("Flagged accounts that stayed", k.SavesNote)
	cols := []col[portfolio.SaveRow]{{head: "Accounts", as: asWrap, get: func(r portfolio.SaveRow) value { return str(r.What) }}}
	cols = append(cols, countsOf("Stayed", "", func(r portfolio.SaveRow) portfolio.Figure { return r.Kept })...)
	put(g, table[portfolio.SaveRow]{name: "Saves_" + n, bare: true, rows: k.Saves, cols: cols})
	g.gap(1)
}

func (p *portfolioBook) accuracyGroups(g *page, k portfolio.AccuracyKind, n string) {
	if len(k.Groups) == 0 {
		return
	}
	type row = portfolio.AccuracyGroup
	g.section("By date, contract, segment, tenure and size", "")
	cols := []col[row]{
		{head: "Group", as: asText, get: func(r row) value {
			if r.By == "arr" {
				return str("ARR" + p.money + ": " + r.Name)
			}
			return str(r.By + ": " + r.Name)
		}},
		{head: "Lost, counts", as: asMark, get: func(r row) value { return str(ofText(r.Rate)) }},
	}
	cols = append(cols, countsOf("Flagged", "Of all scores judged of the group.", func(r row) portfolio.Figure { return r.Alerts })...)
	cols = append(cols, countsOf("Found", "Flagged, of those lost.", func(r row) portfolio.Figure { return r.Found })...)
	cols = append(cols, countsOf("Right", "Lost, of those flagged.", func(r row) portfolio.Figure { return r.Right })...)
	put(g, table[row]{name: "Accuracy_groups_" + n, bare: true, rows: k.Groups, cols: cols})
	g.gap(1)
}

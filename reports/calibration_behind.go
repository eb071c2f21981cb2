package reports

import (
	"slices"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/portfolio"
)

// evidence shows how each pillar and the composite related to churn.
func (p *calibrationBook) evidence() {
	c := p.c
	cols := []col[EvidenceRow]{
		{head: "Scope", as: asText, width: 13, get: func(e EvidenceRow) value { return str(e.Scope) }},
		{head: "Name", as: asText, width: 32, get: func(e EvidenceRow) value { return str(e.Name) }},
		{head: "Measure", as: asText, width: 18, get: func(e EvidenceRow) value { return str(e.Measure) }},
		{head: "Rows", as: asCount, width: 11, get: func(e EvidenceRow) value { return count(e.Rows) }},
		{head: churnedAccounts, as: asCount, width: 13, help: "Distinct churned accounts: the events.", get: func(e EvidenceRow) value { return count(e.Events) }},
		figures("AUC", "How often a churned account scored lower than one that stayed; 0.5 is chance. Interval clustered by account.", func(e EvidenceRow) portfolio.Figure { return e.AUC }),
		figures("AUC from", "", func(e EvidenceRow) portfolio.Figure { return e.Low }),
		figures("AUC to", "", func(e EvidenceRow) portfolio.Figure { return e.High }),
		figures("AUC within date", "Over pairs of accounts of one snapshot date.", func(e EvidenceRow) portfolio.Figure { return e.WithinDate }),
		figures("r", "Point-biserial correlation; negative where a low score goes with churn.", func(e EvidenceRow) portfolio.Figure { return e.R }),
		figures("Spearman", "Rank correlation.", func(e EvidenceRow) portfolio.Figure { return e.Spearman }),
		figures("tau-b", "Kendall's rank correlation, corrected for ties.", func(e EvidenceRow) portfolio.Figure { return e.TauB }),
		chances("p", "Of no association, two-sided, clustered by account.", func(e EvidenceRow) portfolio.Figure { return e.P }),
		chances("p, adjusted", "Benjamini-Hochberg over the pillars of the scope.", func(e EvidenceRow) portfolio.Figure { return e.PAdjusted }),
		figures("KS", "Largest distance between the two distributions of the score.", func(e EvidenceRow) portfolio.Figure { return e.KS }),
		figures("Gini", "2 AUC - 1.", func(e EvidenceRow) portfolio.Figure { return e.Gini }),
		figures("IV", "Information value.", func(e EvidenceRow) portfolio.Figure { return e.IV }),
		figures("PR-AUC", "Average precision; chance is the churn rate.", func(e EvidenceRow) portfolio.Figure { return e.PRAUC }),
		figures("Lift, lowest tenth", "Churn rate of the lowest-scoring tenth over the base rate.", func(e EvidenceRow) portfolio.Figure { return e.TopLift }),
		figures("ARR, lowest tenth", "Its share of the ARR that was lost.", func(e EvidenceRow) portfolio.Figure { return e.TopARR }),
		figures("VIF", "Variance inflation: over 5, the pillar can hardly be told from the others.", func(e EvidenceRow) portfolio.Figure { return e.VIF }),
	}
	cols = withParts(cols, c.Evidence, func(e EvidenceRow) int64 { return e.Parts })
	auc := slices.IndexFunc(cols, func(c col[EvidenceRow]) bool { return c.head == "AUC" })
	g := p.page(sheetEvidence, presentation)
	fit(g, cols)
	g.title("Evidence", "How each pillar and the score related to churn   |   overall, per segment, per kind of contract, per date   |   a blank is not defined")
	a := put(g, table[EvidenceRow]{name: "Evidence", rows: c.Evidence, cols: cols, emph: func(e EvidenceRow) bool { return e.Composite }})
	g.freeze(g.left+3, a.first())
	g.repeat(a.head, a.head, 4)
	g.gap(1)
	overall := 0
	for overall < len(c.Evidence) && c.Evidence[overall].Scope == c.Evidence[0].Scope && c.Evidence[overall].Name == c.Evidence[0].Name {
		overall++
	}
	few := a
	few.rows = overall
	const high = 280
	g.draw(g.left, g.row, chart{
		kind: excelize.Col, title: "Ranking of churn by each pillar, " + c.Evidence[0].Scope, x: "Pillar", y: "AUC (0.5 is chance)", number: "0.00",
		width: 820, height: high, gap: 60, min: ptr(0.0), max: ptr(1.0), labels: true,
		series: []series{{name: a.heading(auc), categories: few.values(2), values: few.values(auc), tone: accent}},
		alt:    "AUC of each pillar and of the composite",
	})
	g.gap(chartRows(high))
	g.seal()
}

// withParts puts a column of accounts that lost a part only behind that of the
// churned accounts, where there are any.
func withParts[T any](cols []col[T], rows []T, parts func(T) int64) []col[T] {
	if !slices.ContainsFunc(rows, func(r T) bool { return parts(r) > 0 }) {
		return cols
	}
	at := slices.IndexFunc(cols, func(c col[T]) bool { return c.head == churnedAccounts })
	return slices.Insert(cols, at+1, col[T]{head: "Parts", as: asCount, width: 11, help: "Of the churned accounts: lost a part only and stayed.", get: func(r T) value { return count(parts(r)) }})
}

const churnedAccounts = "Churned accounts"

// figures declares a column of undimensioned figures.
func figures[T any](head, help string, get func(T) portfolio.Figure) col[T] {
	return col[T]{head: head, help: help, as: asDecimal, width: 13, get: func(r T) value { return fig(get(r)) }}
}

// chances declares a column of p-values.
func chances[T any](head, help string, get func(T) portfolio.Figure) col[T] {
	c := figures(head, help, get)
	c.as = asChance
	return c
}

func (p *calibrationBook) movers() {
	g := p.page(sheetChange, presentation)
	t := table[BandMover]{name: "Movers", cols: []col[BandMover]{
		{head: "Account id", as: asID, width: 14, get: func(m BandMover) value { return str(m.ID) }},
		{head: "Account", as: asText, width: 32, get: func(m BandMover) value { return str(m.Name) }},
		{head: "Segment", as: asText, width: 15, get: func(m BandMover) value { return str(m.Segment) }},
		{head: "Owner", as: asText, width: 18, get: func(m BandMover) value { return str(m.Owner) }},
		{head: "ARR" + p.money, as: asMoney, width: 15, get: func(m BandMover) value { return fig(m.ARR) }},
		{head: "Score now", as: asScore, width: 11, get: func(m BandMover) value { return num(m.Score) }},
		{head: "Score then", as: asScore, width: 11, get: func(m BandMover) value { return num(m.NewScore) }},
		{head: "Change", as: asSigned, width: 12, get: func(m BandMover) value { return num(m.Change) }},
		{head: "Status now", as: asBand, width: 13, get: func(m BandMover) value { return str(m.Band) }},
		{head: "Status then", as: asBand, width: 13, get: func(m BandMover) value { return str(m.NewBand) }},
		{head: "Steps", as: asSignedN, width: 10, help: "Statuses up (+) or down (-).", get: func(m BandMover) value { return count(int64(m.Bands)) }},
		{head: "Why", as: asWrap, width: 50, get: func(m BandMover) value { return str(m.Why) }},
	}}
	fit(g, t.cols)
	g.title("Accounts that would change status", "Under the suggested weights and cut-offs, as of "+dayText(p.c.AsOf))
	a := stream(g, t, len(p.c.Movers), func(i int) BandMover { return p.c.Movers[i] })
	g.freeze(g.left+2, a.first())
	g.repeat(a.head, a.head, 3)
	g.seal()
}

func (p *calibrationBook) cutoffs() {
	g := p.page(sheetCutoffs, presentation, 28, 13, 13, 13, 13, 13, 16, 60)
	g.title("Cut-offs", "Where the data would put the limits between statuses")
	put(g, table[CutoffRow]{name: "Cut_offs", bare: true, rows: p.c.Cutoffs, cols: []col[CutoffRow]{
		{head: "Between", as: asText, get: func(c CutoffRow) value { return str(c.Between) }},
		{head: "Current", as: asScore, get: func(c CutoffRow) value { return num(c.Current) }},
		{head: "Suggested", as: asScore, get: func(c CutoffRow) value { return fig(c.Suggested) }},
		{head: "From", as: asScore, help: "Lower end of the 90% interval.", get: func(c CutoffRow) value { return fig(c.Low) }},
		{head: "To", as: asScore, help: "Upper end of the 90% interval.", get: func(c CutoffRow) value { return fig(c.High) }},
		{head: "Proposed", as: asScore, help: "Whole points, at most ten points a time; the current one where it lies in the interval.", get: func(c CutoffRow) value { return fig(c.Proposed) }},
		{head: "Times the base rate", as: asScore, help: "The churn rate at which the cut-off is put, as a multiple of the base rate.", get: func(c CutoffRow) value { return fig(c.Multiple) }},
		{head: "Note", as: asWrap, get: func(c CutoffRow) value { return str(c.Note) }},
	}})
	g.freeze(3, 4)
	g.seal()
}

func (p *calibrationBook) signals() {
	g := p.page(sheetSignals, presentation, 16, 32, 38, 11, 12, 12, 12, 12, 12, 14, 14, 14, 30)
	g.title("Signals and rows", "Churn where a row of the point tables applied, and where it did not")
	a := put(g, table[SignalRow]{name: "Signals", rows: p.c.Signals, cols: []col[SignalRow]{
		{head: "Pillar", as: asText, get: func(s SignalRow) value { return str(s.Pillar) }},
		{head: "Signal", as: asText, get: func(s SignalRow) value { return str(s.Signal) }},
		{head: "Row", as: asText, get: func(s SignalRow) value { return str(s.Row) }},
		{head: "Points", as: asSigned, get: func(s SignalRow) value { return num(s.Points) }},
		{head: "Applied, rows", as: asCount, get: func(s SignalRow) value { return num(s.Fired.Den) }},
		{head: "Applied, churned", as: asCount, get: func(s SignalRow) value { return num(s.Fired.Num) }},
		{head: "Applied, rate", as: asPercent, get: func(s SignalRow) value { return fig(s.Fired) }},
		{head: "From", as: asPercent, help: "Lower end of the 95% interval (Wilson).", get: func(s SignalRow) value { return fig(s.FiredLow) }},
		{head: "To", as: asPercent, help: "Upper end of the 95% interval (Wilson).", get: func(s SignalRow) value { return fig(s.FiredHigh) }},
		{head: "Otherwise, rows", as: asCount, get: func(s SignalRow) value { return num(s.NotFired.Den) }},
		{head: "Otherwise, churned", as: asCount, get: func(s SignalRow) value { return num(s.NotFired.Num) }},
		{head: "Otherwise, rate", as: asPercent, get: func(s SignalRow) value { return fig(s.NotFired) }},
		{head: "Finding", as: asWrap, help: "dead: never applies; contrary: points and churn disagree; redundant: another row says the same.", get: func(s SignalRow) value { return str(s.Finding) }},
	}})
	g.freeze(g.left+3, a.first())
	g.repeat(a.head, a.head, 4)
	g.seal()
}

func (p *calibrationBook) misses() {
	t := table[MissRow]{name: "Misses", cols: []col[MissRow]{
		{head: "Kind", as: asText, width: 24, get: func(m MissRow) value { return str(m.Kind) }},
		{head: "Account id", as: asID, width: 14, get: func(m MissRow) value { return str(m.ID) }},
		{head: "Account", as: asText, width: 32, get: func(m MissRow) value { return str(m.Name) }},
		{head: "Segment", as: asText, width: 14, get: func(m MissRow) value { return str(m.Segment) }},
		{head: "Owner", as: asText, width: 18, get: func(m MissRow) value { return str(m.Owner) }},
		{head: "ARR" + p.money, as: asMoney, width: 14, get: func(m MissRow) value { return fig(m.ARR) }},
		{head: "ARR lost" + p.money, as: asMoney, width: 14, get: func(m MissRow) value { return fig(m.ARRLost) }},
		{head: "Lost on", as: asDate, width: 14, get: func(m MissRow) value { return day(m.Event) }},
		{head: "Score before", as: asScore, width: 12, get: func(m MissRow) value { return fig(m.ScoreBefore) }},
		{head: "Status", as: asBand, width: 13, get: func(m MissRow) value { return str(m.Band) }},
		{head: "Days before the decision", as: asText, width: 29, help: "Month-ends of the half year before it on which the account was scored; only quarter-ends where no other month-ends are rebuilt so far back (history_months).", get: func(m MissRow) value { return str(m.Days) }},
		{head: "Score then", as: asText, width: 30, help: "The score on those days, oldest first; of an account that was kept, on the scored date.", get: func(m MissRow) value { return str(m.Score) }},
	}}
	for k, name := range p.c.Pillars {
		t.cols = append(t.cols, col[MissRow]{head: name + " then", as: asText, width: 31, help: "As the score; ~ is not measured.", get: func(m MissRow) value { return str(m.Pillars[k]) }})
	}
	t.cols = append(t.cols, col[MissRow]{head: "Note", as: asWrap, width: 44, get: func(m MissRow) value { return str(m.Note) }})
	g := p.page(sheetMisses, presentation)
	fit(g, t.cols)
	g.title("Misses", "Losses with the six months before them, and accounts flagged that stayed; some of these were saved by the flag")
	a := stream(g, t, len(p.c.Misses), func(i int) MissRow { return p.c.Misses[i] })
	g.freeze(g.left+3, a.first())
	g.repeat(a.head, a.head, 4)
	g.seal()
}

func (p *calibrationBook) sample() {
	g := p.page(sheetSample, presentation, 14, 84, 13, 13, 14, 18)
	g.title("Sample", "Accounts at the dates considered: who is in, who is out, and why")
	if p.c.Sampling != "" {
		g.note(p.c.Sampling)
	}
	put(g, table[SampleRow]{name: "Sample", rows: p.c.Sample, cols: []col[SampleRow]{
		{head: "In or out", as: asText, get: func(s SampleRow) value {
			if s.In {
				return str("in")
			}
			return str("out")
		}},
		{head: "Reason", as: asWrap, get: func(s SampleRow) value { return str(s.Reason) }},
		{head: "Rows", as: asCount, get: func(s SampleRow) value { return count(s.Rows) }},
		{head: "Accounts", as: asCount, get: func(s SampleRow) value { return count(s.Accounts) }},
		{head: "Churned", as: asCount, help: "Rows followed by a loss.", get: func(s SampleRow) value { return count(s.Churned) }},
		{head: "ARR" + p.money, as: asMoney, get: func(s SampleRow) value { return fig(s.ARR) }},
	}, emph: func(s SampleRow) bool { return s.In }})
	if p.c.SampleNote != "" {
		g.footnote(p.c.SampleNote)
	}
	g.gap(1)
	if len(p.c.Losses) > 0 {
		g.section("What became of every loss on record", "Each loss is counted once.")
		put(g, table[LossRow]{name: "Losses", bare: true, rows: p.c.Losses, cols: []col[LossRow]{
			{head: "Lost ARR", as: asText, help: "Whether the ARR is in the lost ARR of the sample.", get: func(l LossRow) value {
				if l.Counted {
					return str("counts")
				}
				return str("does not")
			}},
			{head: "What became of it", as: asWrap, get: func(l LossRow) value { return str(l.Became) }},
			{head: "Of", as: asText, get: func(l LossRow) value { return str(l.Of) }},
			{head: "Losses", as: asCount, get: func(l LossRow) value { return count(l.Losses) }},
			{head: "No amount", as: asCount, help: "Losses that state no amount.", get: func(l LossRow) value { return count(l.Unsized) }},
			{head: "ARR lost" + p.money, as: asMoney, help: "As stated.", get: func(l LossRow) value {
				if l.Losses > 0 && l.Unsized == l.Losses {
					return value{} // nobody knows it, which is not 0
				}
				return num(l.ARR)
			}},
		}, emph: func(l LossRow) bool { return l.Counted }})
		for _, n := range p.c.LossNotes {
			g.paragraph(n, look{size: 9, colour: inkSoft}, g.left, g.left+5)
		}
		g.gap(1)
	}
	if len(p.c.Power) > 0 {
		g.section("What a sample of this size can say", "")
		put(g, table[PowerRow]{name: "Power", bare: true, at: g.left + 1, rows: p.c.Power, cols: []col[PowerRow]{
			{head: "Figure", as: asText, get: func(r PowerRow) value { return str(r.Name) }},
			{head: "Value", as: asCount, get: func(r PowerRow) value { l, _ := unitFormat(r.Unit); return fig(r.Value).in(l) }},
			{head: "Note", as: asText, spill: 3, get: func(r PowerRow) value { return str(r.Note) }},
		}})
	}
	g.freeze(1, 4)
	g.seal()
}

func (p *calibrationBook) leakage() {
	g := p.page(sheetLeakage, presentation, 14, 38, 84, 13)
	g.title("Leakage ledger", "What was left out because it would have known the outcome")
	put(g, table[LeakageRow]{name: "Leakage", rows: p.c.Leakage, cols: []col[LeakageRow]{
		{head: "What", as: asText, get: func(l LeakageRow) value { return str(l.What) }},
		{head: "Item", as: asWrap, get: func(l LeakageRow) value { return str(l.Item) }},
		{head: "Reason", as: asWrap, get: func(l LeakageRow) value { return str(l.Reason) }},
		{head: "Rows", as: asCount, get: func(l LeakageRow) value { return fig(l.Rows) }},
	}})
	g.freeze(1, 5)
	g.seal()
}

// robustness asks whether the verdict would hold with other data.
func (p *calibrationBook) robustness() {
	c := p.c
	g := p.page(sheetRobustness, presentation, 30, 40, 14, 14, 14, 15, 17, 17, 17, 17, 14, 14)
	g.title("Robustness", "Would the verdict hold with other data?")
	if len(c.Baselines) > 0 {
		g.section("Against rules of thumb", "On accounts that the weights had not seen.")
		put(g, table[BaselineRow]{name: "Baselines", bare: true, rows: c.Baselines, cols: []col[BaselineRow]{
			{head: "Rule", as: asText, get: func(b BaselineRow) value { return str(b.Name) }},
			{head: "Detail", as: asWrap, get: func(b BaselineRow) value { return str(b.Detail) }},
			figures("AUC", "How often a churned account ranked below one that stayed.", func(b BaselineRow) portfolio.Figure { return b.AUC }),
			figures("Log loss", "Lower is better.", func(b BaselineRow) portfolio.Figure { return b.LogLoss }),
		}})
		g.gap(1)
	}
	if len(c.Influence) > 0 {
		g.section("Without some accounts", "The weights fitted again after leaving rows out.")
		t := table[InfluenceRow]{name: "Influence", rows: c.Influence, cols: []col[InfluenceRow]{
			{head: "Without", as: asWrap, get: func(r InfluenceRow) value { return str(r.Kind) }},
			{head: "Name", as: asText, get: func(r InfluenceRow) value { return str(r.Name) }},
			{head: "Rows", as: asCount, get: func(r InfluenceRow) value { return count(r.Rows) }},
			{head: churnedAccounts, as: asCount, get: func(r InfluenceRow) value { return count(r.Events) }},
			chances("p", "Of the current weights being right.", func(r InfluenceRow) portfolio.Figure { return r.P }),
			{head: "Largest shift", as: asPercent, help: "Largest difference from the weights of the full sample.", get: func(r InfluenceRow) value { return fig(r.Shift) }},
		}}
		t.cols = withParts(t.cols, c.Influence, func(r InfluenceRow) int64 { return r.Parts })
		t.cols = append(t.cols, weightColumns(c, func(r InfluenceRow) []portfolio.Figure { return r.Weights })...)
		t.cols = append(t.cols, col[InfluenceRow]{head: "Note", as: asText, spill: 4, get: func(r InfluenceRow) value { return str(r.Note) }})
		put(g, t)
		g.gap(1)
	}
	if len(c.Segments) > 0 {
		g.section("By segment", "A segment has weights of its own only with enough churned accounts of its own.")
		t := table[SegmentRow]{name: "Segments", bare: true, rows: c.Segments, cols: []col[SegmentRow]{
			{head: "Segment", as: asText, get: func(s SegmentRow) value { return str(s.Name) }},
			{head: "Weights", as: asText, get: func(s SegmentRow) value {
				if s.Own {
					return str("its own")
				}
				return str("inherited")
			}},
			{head: "Rows", as: asCount, get: func(s SegmentRow) value { return count(s.Rows) }},
			{head: churnedAccounts, as: asCount, get: func(s SegmentRow) value { return count(s.Events) }},
			chances("p, adjusted", "Benjamini-Hochberg over segments.", func(s SegmentRow) portfolio.Figure { return s.PAdjusted }),
		}}
		t.cols = withParts(t.cols, c.Segments, func(s SegmentRow) int64 { return s.Parts })
		t.cols = append(t.cols, weightColumns(c, func(s SegmentRow) []portfolio.Figure { return s.Weights })...)
		put(g, t)
		for _, s := range c.Segments { // under the table: the reasons are longer than any column
			if s.Reason != "" {
				g.paragraph(s.Name+": "+s.Reason, look{size: 9, colour: inkSoft}, g.left, g.right())
			}
		}
		g.gap(1)
	}
	p.bootstrap(g)
	p.reasons(g)
	g.freeze(3, 4)
	g.seal()
}

// weightColumns shows one weight per pillar.
func weightColumns[T any](c *CalibrationBook, get func(T) []portfolio.Figure) []col[T] {
	var out []col[T]
	for i, w := range c.Weights {
		out = append(out, col[T]{head: w.Pillar + " weight", as: asPercent, get: func(r T) value { return fig(get(r)[i]) }})
	}
	return out
}

func (p *calibrationBook) bootstrap(g *page) {
	b := p.c.Bootstrap
	if len(b.Pillars) == 0 {
		return
	}
	note := grouped(float64(b.Replicates)) + " resamples of the accounts, " + grouped(float64(b.Failed)) + " of them could not be fitted. "
	if b.SameOrder.Defined {
		note += percentText(b.SameOrder.Value) + " of them give the pillars the same order. "
	}
	note += b.Note
	g.section("How firm the weights are", note)
	put(g, table[BootstrapRow]{name: "Bootstrap", bare: true, rows: b.Pillars, cols: []col[BootstrapRow]{
		{head: "Pillar", as: asText, get: func(r BootstrapRow) value { return str(r.Pillar) }},
		{head: "Fall in log-odds per point", as: asDecimal, help: "Without the limits on weights; positive protects. Clustered by account.", get: func(r BootstrapRow) value { return fig(r.Coefficient) }},
		figures("From", "", func(r BootstrapRow) portfolio.Figure { return r.CoefLow }),
		figures("To", "", func(r BootstrapRow) portfolio.Figure { return r.CoefHigh }),
		{head: "Weight", as: asPercent, get: func(r BootstrapRow) value { return fig(r.Weight) }},
		{head: "Weight from", as: asPercent, help: "2.5th percentile of the resamples.", get: func(r BootstrapRow) value { return fig(r.Low) }},
		{head: "Weight to", as: asPercent, help: "97.5th percentile of the resamples.", get: func(r BootstrapRow) value { return fig(r.High) }},
		{head: "At zero", as: asPercent, help: "Share of resamples in which the pillar has no weight.", get: func(r BootstrapRow) value { return fig(r.ShareAtZero) }},
		{head: "Rank", as: asCount, get: func(r BootstrapRow) value { return count(r.Rank) }},
		{head: "Rank from", as: asCount, get: func(r BootstrapRow) value { return count(r.RankLow) }},
		{head: "Rank to", as: asCount, get: func(r BootstrapRow) value { return count(r.RankHigh) }},
		{head: "Same rank", as: asPercent, help: "Share of resamples in which the pillar has this rank.", get: func(r BootstrapRow) value { return fig(r.SameRank) }},
	}})
	g.gap(1)
}

// reasons gives every check of the verdict with its sentence.
func (p *calibrationBook) reasons(g *page) {
	if len(p.c.Verdict.Checks) == 0 {
		return
	}
	g.section("The checks of the verdict, in full", "")
	put(g, table[Check]{name: "Check_reasons", bare: true, rows: p.c.Verdict.Checks, cols: []col[Check]{
		{head: "Gate", as: asWrap, get: func(c Check) value { return str(c.Gate) }},
		{head: "Check", as: asWrap, get: func(c Check) value { return str(c.Name) }},
		{head: "Result", as: asMark, get: func(c Check) value { return str(c.result()) }},
		{head: "Reason", as: asText, spill: 7, get: func(c Check) value { return str(c.Reason) }},
	}})
}

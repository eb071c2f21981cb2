package reports

import "io"

// Sheet names of the calibration workbook.
const (
	sheetVerdict    = "Verdict"
	sheetEvidence   = "Evidence"
	sheetChange     = "Movers"
	sheetCutoffs    = "Cut-offs"
	sheetSignals    = "Signals"
	sheetReach      = "Reach"
	sheetCurves     = "Curves"
	sheetMisses     = "Misses"
	sheetSample     = "Sample"
	sheetLeakage    = "Leakage ledger"
	sheetRobustness = "Robustness"
	sheetGlossary   = "Glossary"
)

// calibrationBook is the calibration workbook under construction.
type calibrationBook struct {
	*book
	c     *CalibrationBook
	money string
}

// WriteCalibration writes the calibration workbook to w: the verdict on one page,
// and behind it what it rests on. Sheets without data are left out and named on
// the Glossary. Errors are those of WritePortfolio.
func WriteCalibration(w io.Writer, c *CalibrationBook, opt Options) error {
	if err := checkCalibration(c); err != nil {
		return err
	}
	var bands []bandStyle
	for _, b := range c.Bands {
		bands = append(bands, bandStyle{b.Name, toneOf(b.Colour)})
	}
	title := "Calibration of the health score"
	if opt.Organisation != "" {
		title = opt.Organisation + ": calibration of the health score"
	}
	p := &calibrationBook{
		book: newBook(opt, about{title: title, subject: "Calibration as of " + dayText(c.AsOf), asOf: c.AsOf}, bands),
		c:    c,
	}
	if c.Currency != "" {
		p.money = " (" + c.Currency + ")"
	}
	for _, s := range p.sections() {
		if s.present {
			s.draw()
		}
	}
	return p.write(w)
}

func (p *calibrationBook) sections() []section {
	c := p.c
	var s []section
	s = []section{
		{sheetVerdict, "", true, "", p.verdict},
		{sheetEvidence, "How each pillar and the score related to churn", len(c.Evidence) > 0, "no churn could be set against scores", p.evidence},
		{sheetChange, "Accounts that would change status", len(c.Movers) > 0, "no account would change its status", p.movers},
		{sheetCutoffs, "Where the data would put the cut-offs", len(c.Cutoffs) > 0, "there are too few churned accounts to place cut-offs", p.cutoffs},
		{sheetSignals, "Every row of the point tables against churn", len(c.Signals) > 0, "no signal could be set against churn", p.signals},
		{sheetReach, "What flagging or working so many accounts would have found", len(c.Reach) > 0, "no churn could be set against scores", p.reach},
		{
			sheetCurves, "Lift, ranking, reliability and decision curve",
			len(c.Deciles)+len(c.Ranking)+len(c.Reliable)+len(c.Benefit) > 0, "no churn could be set against scores", p.curves,
		},
		{sheetMisses, "Lost while green, with the way there, and flagged but kept", len(c.Misses) > 0, "there is no such account", p.misses},
		{sheetSample, "Who is in the sample, who is out and why", len(c.Sample) > 0, "there is no sample", p.sample},
		{sheetLeakage, "What was left out because it would have known the outcome", len(c.Leakage) > 0, "nothing had to be left out", p.leakage},
		{
			sheetRobustness, "Would the verdict hold with other data?",
			len(c.Baselines)+len(c.Influence)+len(c.Segments)+len(c.Bootstrap.Pillars) > 0, "no weights could be fitted", p.robustness,
		},
		{sheetGlossary, "What every word means, and what is not here", true, "", func() { p.glossary(s) }},
	}
	return s
}

// checkCalibration refuses slices that contradict each other.
func checkCalibration(c *CalibrationBook) error {
	const where = "calibration result"
	for _, m := range c.Moves {
		if len(m.Accounts) != len(c.Bands) || len(m.ARR) != len(c.Bands) {
			return contradiction(where, "the move from %q has %d and %d bands of %d", m.From, len(m.Accounts), len(m.ARR), len(c.Bands))
		}
	}
	for _, r := range c.Influence {
		if len(r.Weights) != len(c.Weights) {
			return contradiction(where, "the refit without %q has %d weights of %d", r.Name, len(r.Weights), len(c.Weights))
		}
	}
	for _, r := range c.Segments {
		if len(r.Weights) != len(c.Weights) {
			return contradiction(where, "segment %q has %d weights of %d", r.Name, len(r.Weights), len(c.Weights))
		}
	}
	for _, r := range c.Misses {
		if len(r.Pillars) != len(c.Pillars) {
			return contradiction(where, "the path of account %q has %d pillars of %d", r.ID, len(r.Pillars), len(c.Pillars))
		}
	}
	return nil
}

func (p *calibrationBook) glossary(sections []section) {
	c := p.c
	g := p.page(sheetGlossary, presentation, 34, 112)
	g.title("Glossary", "How to read this workbook")
	g.section("About this workbook", "")
	g.facts([]fact{
		{"As of", day(c.AsOf).in(asDay), "As_of"},
		{"First snapshot of the sample", day(c.From).in(asDay), "Sample_from"},
		{"Last snapshot of the sample", day(c.To).in(asDay), "Sample_to"},
		{"Churn is complete until", day(c.DataEnd).in(asDay), "Churn_complete_until"},
		{"Currency", str(c.Currency), "Reporting_currency"},
		{"Current framework", str(c.Framework.Name + ", version " + itoa(c.Framework.Version)), ""},
		{"Framework digest (sha256)", str(c.Framework.Digest), ""},
	})
	g.terms("Words and figures", "Glossary", "Word", "Meaning", c.Glossary)
	g.terms("Left out, and why", "Left_out", "What", "Why", leftOut(sections, c.LeftOut))
	g.storage()
	g.seal()
}

package job

import (
	"fmt"
	"strings"

	"accounthealth/calibrate"
	"accounthealth/calibrate/assess"
	"accounthealth/internal/portfolio"
	"accounthealth/reports"
)

// curves lays out the figures behind the charts of the calibration workbook.
func (r *Result) curves(b *reports.CalibrationBook) {
	c := r.Calibration
	b.Reach = r.reach(c)
	for _, p := range c.Curves.ROC {
		b.Ranking = append(b.Ranking, reports.RankingRow{Below: p.At, Found: p.Recall, FalseAlarms: p.FalseAlarmRate, Alerts: p.Alerts})
	}
	rows := 0
	for _, d := range c.Curves.Lift {
		rows += d.N
		b.Deciles = append(b.Deciles, reports.DecileRow{
			Decile: int64(d.Decile), From: d.MinScore, To: d.MaxScore, Lift: num(d.Lift), Found: num(d.Capture), FoundARR: r.money(d.ARRCapture),
			Rate:       portfolio.Figure{Value: d.Rate.Value, Defined: d.Rate.OK, Num: float64(d.Churned), Den: float64(d.N)},
			FoundBlind: float64(rows),
		})
	}
	for i := range b.Deciles {
		b.Deciles[i].FoundBlind /= float64(rows)
	}
	p := c.Probability
	if !p.OK {
		return
	}
	b.Certain = reports.ProbabilityNote{
		Method: p.Method, Reason: p.Reason, Loss: num(p.Loss), BaseLoss: num(p.BaseLoss), Error: num(p.ECE), Binning: p.Binning,
	}
	for _, bin := range p.Table {
		b.Reliable = append(b.Reliable, reports.ReliabilityRow{
			From: bin.From, To: bin.To, Said: num(bin.Said), Happened: rateOf(bin.Rate), Low: num(bin.Rate.Lo), High: num(bin.Rate.Hi),
		})
	}
	for _, d := range p.Decision {
		b.Benefit = append(b.Benefit, reports.BenefitRow{
			Threshold: d.Threshold, Needless: (1 - d.Threshold) / d.Threshold, Score: d.Model, Everybody: d.All, Alerts: d.Alerts,
		})
	}
}

// money is a figure that weighs rows by ARR; undefined where that is not known.
func (r *Result) money(n assess.Number) portfolio.Figure {
	if !r.arrKnown {
		return portfolio.Figure{}
	}
	return num(n)
}

func rateOf(x assess.Rate) portfolio.Figure {
	return portfolio.Figure{Value: x.Rate.Value, Defined: x.Rate.OK, Num: float64(x.Churned), Den: float64(x.N)}
}

// reach lists the cut-offs, riskiest first, and shares of the accounts that a
// team could work.
func (r *Result) reach(c *calibrate.Result) []reports.ReachRow {
	share := func(s assess.Share) portfolio.Figure {
		return portfolio.Figure{Value: s.Share.Value, Defined: s.Share.OK, Num: float64(s.Count), Den: float64(s.Of)}
	}
	row := func(chosen string, f assess.Flagged) reports.ReachRow {
		return reports.ReachRow{
			Chosen: chosen, Alerts: share(f.Alerts), Found: share(f.Recall), Right: share(f.Precision),
			RightLow: num(f.Precision.Lo), RightHigh: num(f.Precision.Hi), Lift: num(f.Lift), ARR: r.money(f.ARRRecall),
		}
	}
	var out []reports.ReachRow
	var flagged []string
	for _, cut := range c.Curves.AtCuts {
		flagged = append(flagged, cut.Label)
		out = append(out, row(fmt.Sprintf("score below %g: %s", cut.Flagged.Cut, strings.Join(flagged, ", ")), cut.Flagged))
	}
	for _, p := range c.Curves.Capacity {
		out = append(out, row(fmt.Sprintf("the lowest %.0f%% of scores of each quarter", p.Share*100), p.Flagged))
	}
	return out
}

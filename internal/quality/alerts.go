package quality

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/settings"
)

// warnAt is the share of a limit from which a source is marked.
const warnAt = 0.5

// ranks are the verdicts, most severe first; severities are those of alerts.
var (
	ranks      = []string{portfolio.Fail, portfolio.Warn, portfolio.Info, portfolio.Pass}
	severities = ranks[:3]
)

func sortAlerts(alerts []portfolio.SourceAlert) {
	slices.SortStableFunc(alerts, func(a, b portfolio.SourceAlert) int {
		return cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity))
	})
}

// verdict is the most severe alert's; the first of equals gives the reason.
func verdict(alerts []portfolio.SourceAlert) (verdict, reason string) {
	for _, severity := range severities[:2] {
		for _, a := range alerts {
			if a.Severity == severity {
				return severity, a.Text
			}
		}
	}
	return portfolio.Pass, ""
}

// alert adds one conclusion about the source.
func (a *audited) alert(severity, check, text string, columns []string, examples ...string) {
	a.alerts = append(a.alerts, portfolio.SourceAlert{
		Severity: severity, Source: a.m.name, Columns: columns, Check: check, Text: text, Examples: examples,
	})
}

func (a *audited) gate(gate, figure, threshold string) {
	a.gates = append(a.gates, portfolio.GateRow{Gate: gate, Figure: a.m.name + ": " + figure, Threshold: threshold})
}

// judge applies every check to the source, the gates' first. A column whose
// values fell to zero is not reported again for what follows from that.
func (a *audited) judge() {
	a.limits()
	a.arrival()
	fallen := a.zero()
	if len(fallen) == 0 {
		a.thinDay()
	}
	spared := func(column string) bool { return slices.Contains(fallen, column) }
	a.schemaChanges()
	a.moved(spared)
	a.drifted(spared)
	a.emptied(spared)
}

// limits compares the shares of bad rows with the limits of health.yaml.
func (a *audited) limits() {
	in, name := a.in, a.m.name
	for _, c := range []struct {
		what  string
		share portfolio.Figure
		limit float64
		codes func(diag.Code) bool
	}{
		{"invalid", a.source.Invalid, in.Limits.Invalid, diag.Code.Spoils},
		{"duplicates", a.source.Duplicates, in.Limits.Duplicates, func(c diag.Code) bool { return c == diag.Duplicate || c == diag.Conflict }},
		{"orphans", a.source.Orphans, in.Limits.Orphans, func(c diag.Code) bool { return c == diag.Orphan }},
	} {
		if c.share.Value <= c.limit*warnAt {
			continue
		}
		text := fmt.Sprintf("%.2f%% of rows are %s (limit %.2f%%)", c.share.Value*100, c.what, c.limit*100)
		most := in.mostly(name, c.codes)
		var columns, quoted []string
		if most.Column != "" {
			columns = []string{most.Column}
		}
		for _, e := range most.Examples[:min(len(most.Examples), examples)] {
			quoted = append(quoted, example(e))
		}
		if c.share.Value <= c.limit {
			a.alert(portfolio.Warn, GateLimits, text, columns, quoted...)
			continue
		}
		text += ", mostly " + most.Code.Words()
		if most.Column != "" {
			text += " in " + most.Column
		}
		if len(quoted) > 0 {
			text += " (" + quoted[0] + ")"
		}
		if notes[name] {
			a.alert(portfolio.Warn, GateLimits, text, columns, quoted...)
			continue
		}
		a.alert(portfolio.Fail, GateLimits, text, columns, quoted...)
		a.gate(GateLimits, text, "limits in health.yaml")
	}
}

// mostly is the largest group of findings of the codes.
func (in *Input) mostly(name string, codes func(diag.Code) bool) diag.Group {
	var most diag.Group
	for _, g := range in.Findings.Groups() {
		if g.Source == name && codes(g.Code) && g.Count > most.Count {
			most = g
		}
	}
	return most
}

// handmade are the sources that are written by people and may well be empty.
var handmade = map[string]bool{"overrides": true, "snoozes": true, "merged_ids": true, "interventions": true}

// notes are the sources of single remarks: one that is mistyped is listed, and never
// keeps everybody's scores from being published.
var notes = map[string]bool{"overrides": true, "snoozes": true}

// arrival checks that the rows are there, and new enough.
func (a *audited) arrival() {
	in, m, s := a.in, a.m, a.source
	switch text := "the source is mapped but has no rows"; {
	case m.rows == 0 && handmade[m.name]:
		a.alert(portfolio.Info, GateRows, text, nil)
	case m.rows == 0 && !m.fresh:
		a.alert(portfolio.Warn, GateRows, text, nil)
	case m.fresh && (m.rows == 0 || m.passed && m.newest == day.None):
		// Activity happens every day: an empty export is a broken one, on a first run too.
		if m.rows > 0 {
			text = fmt.Sprintf("none of %d rows is dated up to the as-of date", m.rows)
		}
		a.alert(portfolio.Fail, GateRows, text, nil)
		a.gate(GateRows, text, "rows up to the as-of date")
	}
	if s.PriorRows.Defined && s.PriorRows.Value > 0 {
		if ratio := float64(s.Rows) / s.PriorRows.Value; ratio < in.Gates.RowsShare {
			text := fmt.Sprintf("%d rows, %.0f%% of the last run's", s.Rows, ratio*100)
			a.alert(portfolio.Fail, GateRows, text, nil)
			a.gate(GateRows, text, fmt.Sprintf("at least %.0f%%", in.Gates.RowsShare*100))
		}
	}
	// Sources in which nothing need happen for days are not expected to be fresh.
	if newest := m.newestDay(); m.fresh && newest != day.None && float64(in.AsOf-newest)+1 > in.Gates.FreshnessDays+0.5 {
		text := "newest row " + day.Format(newest)
		if newest != m.newest {
			text = fmt.Sprintf("newest day with the usual rows %s (single rows up to %s)", day.Format(newest), day.Format(m.newest))
		}
		threshold := fmt.Sprintf("at most %g days before the end of the as-of date", in.Gates.FreshnessDays)
		a.alert(portfolio.Fail, GateFresh, text+", "+threshold+" is asked for", nil)
		a.gate(GateFresh, text, threshold)
	}
	was := in.Prior.source(m.name)
	if was == nil || !was.CoveredShare.Defined || !s.CoveredShare.Defined {
		return
	}
	severity := ""
	switch fell := was.CoveredShare.Value - s.CoveredShare.Value; {
	case fell > in.Rules.Coverage.Fail:
		severity = portfolio.Fail
	case fell > in.Rules.Coverage.Warn:
		severity = portfolio.Warn
	default:
		return
	}
	a.alert(severity, "coverage", fmt.Sprintf("has rows of %s of paying accounts, in the last run of %s", percent(s.CoveredShare.Value), percent(was.CoveredShare.Value)), nil)
}

// zero reports the days on which values fell to zero for nearly everybody: one
// alert for the source. It fails, and closes a gate, for the newest day and for
// any that was not already so in the last run. It returns the columns concerned.
func (a *audited) zero() (fallen []string) {
	in, m := a.in, a.m
	newest := m.asOf - int32(slices.IndexFunc(m.days, func(d dayCount) bool { return d.rows > 0 }))
	days := map[int32]bool{} // and whether the day closes the gate
	worst, severity := int32(day.None), portfolio.Warn
	for _, row := range a.columns {
		was := in.Prior.column(m.name, row.Name)
		for _, d := range row.ZeroDays {
			stops := d == newest || was != nil && !slices.Contains(was.ZeroDays, d)
			days[d] = days[d] || stops
			if stops {
				severity = portfolio.Fail
			}
		}
		if len(row.ZeroDays) > 0 {
			fallen = append(fallen, row.Name)
		}
	}
	for d, stops := range days {
		if stops == (severity == portfolio.Fail) {
			worst = max(worst, d)
		}
	}
	if len(fallen) == 0 {
		return nil
	}
	text, quoted := a.zeroText(fallen, worst, len(days))
	a.alert(severity, GateZero, text, fallen, quoted...)
	if severity == portfolio.Fail {
		a.gate(GateZero, text, fmt.Sprintf("under %s of a day's rows at 0 or empty, where less than %s usually are", percent(in.Rules.ZeroShare), percent(in.Rules.ZeroUsual)))
	}
	return fallen
}

// zeroText describes the newest such day with rows of it.
func (a *audited) zeroText(fallen []string, worst int32, days int) (text string, quoted []string) {
	ago := int(a.m.asOf - worst)
	for _, c := range a.m.columns {
		if c.days == nil || !slices.Contains(fallen, c.Name) || c.days[ago].flat() < a.in.Rules.ZeroShare {
			continue
		}
		d := c.days[ago]
		if text == "" {
			usual, _ := c.days.usual(ago, a.in.Rules.ZeroRows, dayCount.flat, c.days.zeroDays(a.in.Rules, a.in.off, c.Later))
			how := "fell to zero"
			if d.empty > d.zeros {
				how = "went empty"
			}
			text = fmt.Sprintf("%s %s for everyone on %s: 0 or empty in %d of %d rows, usually in %s", words(fallen), how, day.Format(worst), d.zeros+d.empty, d.rows, percent(usual))
		}
		for _, s := range c.samples[ago] {
			value := "0"
			if s.empty {
				value = "no value"
			}
			quoted = append(quoted, example(diag.Finding{File: s.file, Row: s.row, Key: a.in.account(s.slot), Value: c.Name + " " + value}))
		}
	}
	if days > 1 {
		text += fmt.Sprintf("; %d such days in %d", days, a.m.window)
	}
	return text, quoted[:min(len(quoted), examples)]
}

// thinDay reports a newest day that looks half unloaded.
func (a *audited) thinDay() {
	if ago, usual, found := a.m.days.thin(a.in.Rules, a.in.off); found {
		a.alert(portfolio.Warn, "thin day", fmt.Sprintf("%d rows on %s, usually about %.0f on such a weekday: the day may be half unloaded",
			a.m.days[ago].rows, day.Format(a.in.AsOf-int32(ago)), usual), nil)
	}
}

// schemaChanges reports what changed in the columns, one alert for each severity.
func (a *audited) schemaChanges() {
	for _, severity := range severities {
		var columns, parts, quoted []string
		for _, s := range a.schema {
			if s.Verdict != severity {
				continue
			}
			columns = append(columns, s.Column)
			switch s.Change {
			case "type changed":
				parts = append(parts, fmt.Sprintf("%s changed from %s to %s", s.Column, s.Before, s.Now))
			default:
				parts = append(parts, s.Column+" was "+s.Change)
			}
			if file := firstFile(a.m.written, s.Column); file != "" {
				quoted = append(quoted, file+": "+s.Column+" "+s.Now)
			}
		}
		if len(parts) > 0 {
			a.alert(severity, "schema", "columns differ from the last run's: "+strings.Join(parts, ", "), columns, quoted[:min(len(quoted), examples)]...)
		}
	}
}

// moved reports columns whose values rose or fell for most accounts at once.
func (a *audited) moved(spared func(string) bool) {
	rules := a.in.Rules
	worst, severity := movement{}, ""
	var columns, quoted []string
	first := ""
	for _, c := range a.m.columns {
		m := together(c.pairs, rules)
		if !m.share.Defined || m.share.Value < rules.Moved.Warn || spared(c.Name) {
			continue
		}
		columns = append(columns, c.Name)
		if first == "" || m.share.Value > worst.share.Value {
			worst, first, quoted = m, c.Name, nil
			for i, slot := range m.largest {
				p := m.figures[i]
				quoted = append(quoted, fmt.Sprintf("%s: %s was %s, is %s", cmp.Or(a.in.account(slot), "an account"), c.Name, figure(p.mean(before)), figure(p.mean(recent))))
			}
		}
		if severity = portfolio.Warn; worst.share.Value >= rules.Moved.Fail {
			severity = portfolio.Fail
		}
	}
	if severity == "" {
		return
	}
	way := "rose"
	if worst.down {
		way = "fell"
	}
	text := fmt.Sprintf("%s %s by more than %s for %.0f of %.0f accounts against the %d days before: so many move together when a source changes, customers do not", first, way, percent(rules.MovedBy), worst.share.Num, worst.share.Den, a.m.window)
	if len(columns) > 1 {
		text += "; so did " + words(slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return c == first }))
	}
	a.alert(severity, "moved", text, columns, quoted...)
}

// drifted reports columns whose distribution changed.
func (a *audited) drifted(spared func(string) bool) {
	for _, severity := range severities[:2] {
		var columns, quoted []string
		var worst portfolio.DriftRow
		for _, d := range a.drift {
			if d.Verdict != severity || spared(d.Column) {
				continue
			}
			if !slices.Contains(columns, d.Column) {
				columns = append(columns, d.Column)
			}
			if d.Index.Value > worst.Index.Value {
				worst = d
			}
			quoted = append(quoted, d.Column+", "+d.Largest)
		}
		if len(columns) > 0 {
			text := fmt.Sprintf("the values of %s have shifted against %s: %s", worst.Column, worst.Against, worst.Largest)
			if len(columns) > 1 {
				text += fmt.Sprintf("; %d columns are", len(columns))
			}
			a.alert(severity, "drift", text, columns, quoted[:min(len(quoted), examples)]...)
		}
	}
}

// emptied reports columns that have a value less often than in the last run.
func (a *audited) emptied(spared func(string) bool) {
	for _, severity := range severities[:2] {
		var columns, parts []string
		for i := range a.columns {
			now := &a.columns[i]
			then := a.in.Prior.column(a.m.name, now.Name)
			if v, ok := fillFell(now, then, a.in.Rules.Fill); !ok || v != severity || spared(now.Name) {
				continue
			}
			columns = append(columns, now.Name)
			parts = append(parts, fmt.Sprintf("%s in %s of recent rows, in the last run in %s", now.Name,
				percent(1-float64(now.RecentEmpty)/float64(now.RecentRows)), percent(1-float64(then.RecentEmpty)/float64(then.RecentRows))))
		}
		if len(columns) > 0 {
			a.alert(severity, "fill", "values went missing: "+strings.Join(parts, "; "), columns)
		}
	}
}

// totals adds what concerns no single source.
func (in *Input) totals(q *portfolio.Quality) {
	add := func(severity, check, text string) {
		q.Alerts = append(q.Alerts, portfolio.SourceAlert{Severity: severity, Check: check, Text: text})
	}
	if in.Tie.DifferenceAccounts != 0 || in.Tie.DifferenceARR != 0 {
		add(portfolio.Fail, GateTieOut, fmt.Sprintf("the report differs from the accounts export by %d accounts and %.2f ARR", in.Tie.DifferenceAccounts, in.Tie.DifferenceARR))
	}
	for _, c := range q.Controls {
		if !c.Passed {
			add(portfolio.Fail, GateControl, controlText(c))
		}
	}
	if c := in.Controls; c != nil && c.AsOf != settings.NoDay && c.AsOf != in.AsOf {
		add(portfolio.Info, GateControl, fmt.Sprintf("control totals are for %s and were not compared", day.Format(c.AsOf)))
	}
	for _, s := range q.Schema {
		if s.Column == "" {
			q.Alerts = append(q.Alerts, portfolio.SourceAlert{Severity: s.Verdict, Source: s.Source, Check: "schema", Text: "the source was " + s.Change + " since the last run"})
		}
	}
}

// controlText writes a control total that was not met.
func controlText(c portfolio.ControlRow) string {
	if c.Unit == portfolio.Count {
		return fmt.Sprintf("%s: %.0f accounts, finance has %.0f (difference %+.0f, tolerance %.0f)", c.What, c.Found, c.Stated, c.Difference, c.Tolerance)
	}
	return fmt.Sprintf("%s: ARR %.2f, finance has %.2f (difference %+.2f, tolerance %.2f)", c.What, c.Found, c.Stated, c.Difference, c.Tolerance)
}

// words joins names: "a, b and c".
func words(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

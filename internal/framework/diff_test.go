package framework

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Every edit of testdata/everything.yaml that changes what it says is listed, and
// nothing else is; edits that change nothing are not.
func TestDiff(t *testing.T) {
	src, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	old, err := Load("old", src)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"version: 3", "version: 4", "framework: version 3 -> 4"},
		{"scale: points", "scale: clamp", "framework: scale points -> clamp"},
		{"scored_from: 60%", "scored_from: 50%", "missing: scored_from 60% -> 50%"},
		{"improving: 10,", "improving: 8,", "trend: improving 10 -> 8"},
		{"from: 50, colour: green", "from: 55, colour: green", "bands.Good: from 50 -> 55"},
		{"action: Keep going", "action: Carry on", "bands.Good: action Keep going -> Carry on"},
		{"question: Do they like it?", "question: Do they?", "pillars.people: question Do they like it? -> Do they?"},
		{"weight: 60%", "weight: 60.2%", "pillars.use: weight 60% -> 60.0798403%\npillars.people: weight 40% -> 39.9201597%"},
		{`> 70%", points: 30`, `> 70%", points: 31`, "signals.activity.ladder: points of > 70% +30 -> +31"},
		{"severity: high, risk: They are unhappy", "severity: critical, risk: They are sad", "signals.mood.ladder: severity of bad high -> critical\nsignals.mood.ladder: risk of bad They are unhappy -> They are sad"},
		{"label: fresh", "label: new", "signals.recency.ladder: label of < 7 fresh -> new"},
		{"action: Train them.", "action: Teach them.", "signals.activity: action Train them. -> Teach them."},
		{"max_age: 400", "max_age: 300", "signals.recency: max_age 400 days -> 300 days"},
		{"absent: {value: good, once: source}", "absent: missing", "signals.mood: absent good once the source is there -> missing"},
		{"tenure_under_months: 3", "tenure_under_months: 4", "signals.recency: not_applicable, months of tenure 3 -> 4"},
		{"derive: {mean: surveys.effort, window: 90}", "derive: {mean: surveys.effort, window: 60}", "signals.effort: derive as before -> computed otherwise"},
		{"where: {sentiment: negative}, window: 30", "where: {sentiment: negative}, window: 31", "signals.mood: derive as before -> computed otherwise"},
		{"factor: use", "factor: usage", "signals.recency: factor use -> usage"},
		{"signals: [mood, rating, spike, latest_one, days_off, trend_first]", "signals: [rating, spike, latest_one, days_off, trend_first, mood]", ""},
		{"trend: {improving: 12}", "trend: {improving: 13}", "segments.big.trend: improving 12 -> 13"},
		{"bands: {Good: 60}", "bands: {Good: 61}", "segments.big.bands.Good: from 60 -> 61"},
		{"weights: {use: 50%, people: 50%}", "weights: {use: 55%, people: 45%}", "segments.big.pillars.use: weight 50% -> 55%\nsegments.big.pillars.people: weight 50% -> 45%"},
		{"segments: [Enterprise]", "segments: [Enterprise, Public]", "segments.big: segments Enterprise -> Enterprise, Public"},
		{">= 80%\", points: 30", ">= 80%\", points: 35", "segments.big.signals.activity.ladder: points of >= 80% +30 -> +35"},
		{"not_applicable: [mood]", "not_applicable: []", "segments.free.signals.mood: applies no -> yes"},
		{
			"low_effort: {signal: effort, when: \"< 3\"", "low_effort: {signal: effort, when: \"< 2\"",
			"segments.free.caps: low_effort at most Bad where effort is < 3 (it is too hard) -> at most Bad where effort is < 2 (it is too hard)",
		},
		{"reason: they are unhappy", "reason: they are sad", "caps: low_mood at most Bad where mood is bad (they are unhappy) -> at most Bad where mood is bad (they are sad)"},
		{"days: 7", "days: 5", "plays.call: days 7 -> 5"},
		{"steps: [Call them]", "steps: [Call them, Write to them]", "plays.call: steps Call them -> Call them; Write to them"},
		{"assets: [Their numbers]", "assets: []", "plays.call: assets Their numbers -> "},
		{"medium: {severity: high}", "medium: {severity: medium}", "matrix.risk: medium ; severity high -> ; severity medium"},
		{"medium: [{signal: mood, when: good}]", "medium: [{signal: mood, when: bad}]", "matrix.opportunity: medium Mood: good -> Mood: bad"},
		{"low: {high: sell, medium: sell", "low: {high: call, medium: sell", "matrix.cells.low: high sell -> call"},
		{"quiet_days: 20", "quiet_days: 30", "alerts: quiet_days 20 -> 30"},
		{"share: 40%, accounts: 15", "share: 40%, accounts: 16", "alerts: shift 40% of at least 15 accounts; Data team; pager; 2 days -> 40% of at least 16 accounts; Data team; pager; 2 days"},
		{"points: 12", "points: 14", "alerts.fell: trigger score down 12 points or more since the previous review -> score down 14 points or more since the previous review"},
		{"days: 1, play: call", "days: 1", "alerts.unhappy: play call -> the account's own"},
		{"health_score: score", "health_score: points", "crm: health_score score -> points"},
		{"last_done: 2026-06-22", "last_done: 2026-06-29", "cadence: weekly"},
		{"[Read the warnings, Close the plays]", "[Read the warnings]", "checklist: 2 Close the plays -> "},
		{"{use: 30%, people: 50%}", "{use: 35%, people: 50%}", "saves.planning: use 30% -> 35%"},
		{"products: 2, strategic: true", "products: 3, strategic: true", "escalate: when"},
		{"max: 7, help: how hard it was", "max: 10, help: how hard it was", "sources.surveys: columns"},
		{"window: 28\n  thin_day", "window: 35\n  thin_day", "audit: thresholds"},
		{"# agreed in May", "# agreed in June", ""},
		{"label: Quarters", "label: 'Quarters'", ""},
	} {
		if !strings.Contains(string(src), c.from) {
			t.Fatalf("%q is not in the file", c.from)
		}
		now, err := Load("new", []byte(strings.Replace(string(src), c.from, c.to, 1)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range Diff(old, now) {
			line := fmt.Sprintf("%s: %s %s -> %s", d.Where, d.What, d.Old, d.New)
			if strings.HasPrefix(c.want, d.Where+": "+d.What) && !strings.Contains(c.want, "->") {
				line = d.Where + ": " + d.What // long texts
			}
			got = append(got, line)
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%q to %q:\n got %s\nwant %s", c.from, c.to, strings.Join(got, "\n     "), c.want)
		}
	}
}

// What is only in one of two frameworks is listed once, in both directions.
func TestDiffOfDifferentFrameworks(t *testing.T) {
	a, b := loadShipped(t, Default), loadShipped(t, Scorecard)
	for _, pair := range [][2]*Framework{{a, b}, {b, a}} {
		seen := map[string]bool{}
		for _, c := range Diff(pair[0], pair[1]) {
			key := fmt.Sprint(c)
			if seen[key] || c.Old == c.New {
				t.Errorf("%v is listed twice, or is no change", c)
			}
			seen[key] = true
		}
		if len(seen) < 50 {
			t.Errorf("%d changes", len(seen))
		}
	}
	for _, f := range []*Framework{a, b} {
		if d := Diff(f, f); d != nil {
			t.Errorf("a framework differs from itself: %v", d)
		}
	}
}

// What an override sets is its own, the rest inherited.
func TestResolve(t *testing.T) {
	src, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Load("f", src)
	if err != nil {
		t.Fatal(err)
	}
	flat := func(r Resolved) string {
		var out []string
		add := func(inherited bool, format string, args ...any) {
			if inherited {
				format += "*"
			}
			out = append(out, fmt.Sprintf(format, args...))
		}
		add(r.Trend.Inherited, "trend %v/%v", r.Trend.Improving, r.Trend.Stable)
		for _, b := range r.Statuses {
			add(b.Inherited, "%s %d", b.Name, b.From)
		}
		for _, p := range r.Pillars {
			add(p.Inherited, "%s %v", p.Name, p.Weight)
		}
		for _, s := range r.Signals {
			if s.Name == "activity" || s.Name == "mood" {
				add(s.Inherited, "%s %d rows applies %v", s.Name, len(s.Rows), s.Applies)
			}
		}
		for _, c := range r.Caps {
			add(c.Inherited, "cap %s", c.Name)
		}
		return r.Override + ": " + strings.Join(out, ", ")
	}
	for _, c := range []struct{ segment, tier, want string }{
		{"", "", ": trend 10/5, Good 50, Bad 0, use 0.6, people 0.4, activity 3 rows applies true, mood 2 rows applies true, cap low_mood"},
		{"Enterprise", "Free", "big: trend 12/5, Good 60, Bad 0*, use 0.5, people 0.5, activity 2 rows applies true, mood 2 rows applies true*, cap low_mood*"},
		{"SMB", "Free", "free: trend 10/5*, Good 50*, Bad 0*, use 0.6*, people 0.4*, activity 3 rows applies true*, mood 2 rows applies false*, cap low_effort"},
	} {
		if got := flat(f.Resolve(c.segment, c.tier)); got != c.want {
			t.Errorf("%s, %s:\n got %s\nwant %s", c.segment, c.tier, got, c.want)
		}
	}
}

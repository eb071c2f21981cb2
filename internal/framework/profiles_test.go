package framework

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/plan"
)

// checkTable compares a framework's base ladders with rows "value points severity".
func checkTable(t *testing.T, f *Framework, table map[string]string) {
	t.Helper()
	for _, signal := range slices.Sorted(maps.Keys(table)) {
		for row := range strings.SplitSeq(table[signal], ", ") {
			c := strings.Fields(row)
			r := rungOf(t, f, signal, c[0])
			if got := fmt.Sprintf("%v %v", r.Points, r.Severity); got != c[1]+" "+c[2] {
				t.Errorf("%s %s: got %s, want %s %s", signal, c[0], got, c[1], c[2])
			}
			if (r.Risk != "") != (r.Severity > plan.None) || r.Label == "" {
				t.Errorf("%s %s: severity %v, risk %q, label %q", signal, c[0], r.Severity, r.Risk, r.Label)
			}
		}
	}
}

// The flags of the default, by word.
func TestFlagTable(t *testing.T) {
	checkTable(t, loadShipped(t, Default), map[string]string{
		"ticket_spike": "stable 0 none, down 0 none, up 0 medium",
		"stakeholder":  "in_seat 0 none, none 0 none, left 0 medium",
		"merger":       "false 0 none, true 0 medium",
	})
}

// The credits of extended as given, on both sides of every limit; everything else
// is the default's.
func TestExtendedTable(t *testing.T) {
	base, f := loadShipped(t, Default), loadShipped(t, Extended)
	checkTable(t, f, map[string]string{
		"daily_logins":   "0 0 none, 17 0 none, 17.9 0 none, 18 20 none, 20 20 none",
		"usage_trend":    "up 15 none, stable 10 none, down -15 medium",
		"ticket_volume":  "0 25 none, 3 25 none, 3.1 0 medium, 4 0 medium, 12 0 medium",
		"sentiment":      "positive 10 none, neutral 0 none, negative -25 medium",
		"downgrade_risk": "false 15 none, true -30 high",
		"contact_count":  "0 -10 medium, 2 -10 medium, 2.9 -10 medium, 3 0 none, 40 0 none",
	})
	var got []string
	for _, c := range Diff(base, f) {
		if c.Where != "framework" {
			got = append(got, c.Where+": "+c.What)
		}
	}
	want := []string{
		"signals: signal", "signals: signal", "signals: signal", // three that the default does not have
		"signals.usage_trend.ladder: points of stable",
		"signals.sentiment.ladder: row positive", "signals.sentiment.ladder: row neutral", "signals.sentiment.ladder: row neutral, positive",
		"signals.downgrade_risk.ladder: points of false",
		"plays: play",
	}
	if !slices.Equal(got, want) {
		t.Errorf("extended differs from the default in\n%s", strings.Join(got, "\n"))
	}
}

// The targets of scorecard as given; the ladders are this project's: full points
// at the target, half within three quarters of it, else none.
func TestScorecardTable(t *testing.T) {
	f := loadShipped(t, Scorecard)
	checkTable(t, f, map[string]string{
		"dau_mau":          "0 0 high, 0.2999 0 high, 0.3 5 none, 0.3999 5 none, 0.4 10 none, 1 10 none",
		"core_features":    "0 0 medium, 2 0 medium, 2.9 0 medium, 3 5 none, 3.1 10 none, 4 10 none",
		"seat_utilisation": "0 0 high, 0.6374 0 high, 0.6375 5 none, 0.8499 5 none, 0.85 10 none, 1.2 10 none",
		"payment":          "0 10 none, 1 0 high, 90 0 high",
		"qbr":              "attended 10 none, missed 0 medium",
		"tickets":          "0 5 none, 3 5 none, 3.1 2.5 none, 4 2.5 none, 4.1 0 medium, 5 0 medium",
		"ticket_trend":     "down 5 none, stable 5 none, up 0 medium",
		"nps":              "0 0 high, 6.7 0 high, 6.75 5 none, 8.9 5 none, 9 10 none, 10 10 none",
		"csat":             "1 0 medium, 3.37 0 medium, 3.375 5 none, 4.49 5 none, 4.5 10 none, 5 10 none",
		"sponsor":          "engaged 10 none, silent 0 medium",
		"champion":         "active 10 none, left 0 critical",
	})
	var weights []string
	for i, p := range f.Plan.Pillars {
		weights = append(weights, fmt.Sprint(p.Name, " ", f.Plan.Rules[0].Weights[i]))
	}
	if got := strings.Join(weights, ", "); got != "product 0.4, commercial 0.3, engagement 0.2, relationship 0.1" {
		t.Error(got)
	}
	if n := len(f.Plan.Rules[0].Bands); n != 3 {
		t.Errorf("%d statuses", n)
	}
	src, err := ShippedSource(Scorecard)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(src), "THE LADDERS ARE THIS\n# PROJECT'S OWN READING") {
		t.Error("the file does not say whose the ladders are")
	}
}

// Every example that stands in a comment of a shipped file is valid once its
// comment signs are taken away.
func TestCommentedExamplesAreValid(t *testing.T) {
	for name, sections := range map[string][]string{
		Default: {"# caps:", "# segments:"}, Extended: {"# caps:", "# segments:"}, Scorecard: {"# caps:", "# segments:"},
	} {
		src, err := ShippedSource(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(src)
		for _, section := range sections {
			at := strings.Index(text, "\n"+section+"\n")
			if at < 0 {
				t.Fatalf("%s has no example %s", name, section)
			}
			head, rest := text[:at+1], text[at+1:]
			var out strings.Builder
			commented := true
			for line := range strings.Lines(rest) {
				body, ok := strings.CutPrefix(line, "# ")
				if commented = commented && ok && (strings.HasPrefix(body, " ") || out.Len() == 0); commented {
					line = body
				}
				out.WriteString(line)
			}
			text = head + out.String()
		}
		f, err := Load(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Plan.Rules[0].Caps) != 1 || len(f.Plan.Overrides) == 0 {
			t.Errorf("%s: %d caps, %d overrides", name, len(f.Plan.Rules[0].Caps), len(f.Plan.Overrides))
		}
		if name == Scorecard {
			continue
		}
		// The presets as given: enterprise 30/20/20/30, low-touch 40/15/25/20.
		for i, want := range []string{"[0.3 0.2 0.2 0.3]", "[0.4 0.15 0.25 0.2]"} {
			if got := fmt.Sprint(f.Plan.Rules[f.Plan.Overrides[i].Rules].Weights); got != want {
				t.Errorf("%s: preset %d weighs %s, want %s", name, i, got, want)
			}
		}
	}
	// The flag that needs a column of one's own.
	src, _ := ShippedSource(Default)
	var lines []string
	for line := range strings.Lines(string(src)) {
		if body, ok := strings.CutPrefix(line, "  # "); ok && (strings.HasPrefix(body, "new_features:") || strings.HasPrefix(body, "  ") && len(lines) > 0) {
			lines = append(lines, "  "+body)
		}
	}
	text := strings.Replace(string(src), "  merger:\n", strings.Join(lines, "")+"\n  merger:\n", 1)
	text = strings.Replace(text, "usage_trend]", "usage_trend, new_features]", 1)
	f, err := Load("flag", []byte(text))
	if err != nil || len(lines) < 8 {
		t.Fatal(err, lines)
	}
	if i := slices.Index(signalNames(f.Plan), "new_features"); i < 0 || f.Plan.Signals[i].Kind != plan.Flag {
		t.Error("the example flag is missing")
	}
}

// Every status and every causable signal of every profile but scorecard, whose
// plays answer its statuses, has a play; every play has an owner.
func TestProfilesHavePlays(t *testing.T) {
	for _, name := range Names() {
		f := loadShipped(t, name)
		answered := map[string]bool{}
		for _, p := range f.Plan.Plays {
			answered[p.Status+p.Signal] = p.Owner != ""
		}
		for _, b := range f.Plan.Rules[0].Bands {
			if !answered[b.Name] {
				t.Errorf("%s: no play for %s", name, b.Name)
			}
		}
		for _, s := range f.Plan.Signals {
			if s.Causable && !answered[s.Name] && name != Scorecard {
				t.Errorf("%s: no play for %s", name, s.Name)
			}
		}
	}
}

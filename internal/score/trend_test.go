package score_test

import (
	"testing"

	"accounthealth/internal/score"
	"accounthealth/internal/score/scoretest"
)

func TestTrend(t *testing.T) {
	limits := scoretest.DefaultPlan().Rules[0].Trend
	for _, c := range []struct {
		now, prior int32
		has        bool
		want       score.TrendWord
	}{
		{928, 828, true, score.Improving},
		{928, 829, true, score.EdgingUp},
		{928, 877, true, score.EdgingUp},
		{928, 878, true, score.Stable},
		{878, 928, true, score.Stable},
		{877, 928, true, score.Slipping},
		{829, 928, true, score.Slipping},
		{828, 928, true, score.Declining},
		{928, 0, false, score.FirstReview},
		{928, score.NotScored, true, score.FirstReview},
		{score.NotScored, 928, true, score.NoTrend},
		{0, 0, true, score.Stable},
	} {
		if got := score.Trend(c.now, c.prior, c.has, limits); got != c.want {
			t.Errorf("Trend(%d, %d, %v) = %v, want %v", c.now, c.prior, c.has, got, c.want)
		}
	}
}

func TestTrendWords(t *testing.T) {
	bands := scoretest.DefaultPlan().Rules[0].Bands
	for w, want := range map[score.TrendWord][3]string{
		score.Improving:   {"Improving", "Improving (High)", "continue current approach"},
		score.EdgingUp:    {"Edging up", "Edging up (High)", "monitor for changes"},
		score.Stable:      {"Stable", "Stable (High)", "monitor for changes"},
		score.Slipping:    {"Slipping", "Slipping (High)", "monitor for changes"},
		score.Declining:   {"Declining", "Declining (High)", "immediate intervention"},
		score.FirstReview: {"New", "New (High)", "monitor for changes"},
		score.NoTrend:     {"", "", ""},
	} {
		if got := [3]string{w.String(), w.Phrase(&bands[0]), w.Action()}; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if w.Watch() != (w == score.EdgingUp || w == score.Slipping) {
			t.Errorf("%v.Watch() = %v", w, w.Watch())
		}
	}
	for i, want := range []string{"Stable (High)", "Stable (Medium)", "Stable (Low)", "Stable (Low)"} {
		if got := score.Stable.Phrase(&bands[i]); got != want {
			t.Errorf("%s: %q, want %q", bands[i].Name, got, want)
		}
	}
	if got := score.Stable.Phrase(nil); got != "Stable" {
		t.Errorf("without a band: %q", got)
	}
}

package score

import "accounthealth/internal/plan"

// TrendWord says how a score moved since the review before.
type TrendWord uint8

const (
	NoTrend     TrendWord = iota // not scored now
	FirstReview                  // no earlier score: New
	Improving                    // up by at least Trend.Improving
	EdgingUp                     // up by more than Trend.Stable
	Stable                       // within Trend.Stable
	Slipping                     // down by more than Trend.Stable
	Declining                    // down by at least Trend.Improving
)

var trendWords = [...]struct{ word, action string }{
	NoTrend:     {"", ""},
	FirstReview: {"New", "monitor for changes"},
	Improving:   {"Improving", "continue current approach"},
	EdgingUp:    {"Edging up", "monitor for changes"},
	Stable:      {"Stable", "monitor for changes"},
	Slipping:    {"Slipping", "monitor for changes"},
	Declining:   {"Declining", "immediate intervention"},
}

func (w TrendWord) String() string { return trendWords[w].word }

// Action returns what to do about the trend.
func (w TrendWord) Action() string { return trendWords[w].action }

// Watch reports whether the trend puts the account on watch: it has left Stable
// without reaching Improving or Declining.
func (w TrendWord) Watch() bool { return w == EdgingUp || w == Slipping }

// Phrase returns the trend with the level it is on, "Stable (High)": High in a
// band that expands, Low in a band at risk, else Medium. A nil band gives the
// word alone.
func (w TrendWord) Phrase(b *plan.Band) string {
	switch {
	case b == nil || w == NoTrend:
		return w.String()
	case b.Expand:
		return w.String() + " (High)"
	case b.AtRisk:
		return w.String() + " (Low)"
	}
	return w.String() + " (Medium)"
}

// Trend compares a score with the account's earlier one, both in tenths and under
// the same framework. Without an earlier score, or where that is NotScored, the
// trend is FirstReview.
func Trend(now, prior int32, hasPrior bool, limits plan.Trend) TrendWord {
	if now < 0 {
		return NoTrend
	}
	if !hasPrior || prior < 0 {
		return FirstReview
	}
	change := float64(now-prior) / 10
	switch {
	case change >= limits.Improving:
		return Improving
	case change <= -limits.Improving:
		return Declining
	case change > limits.Stable:
		return EdgingUp
	case change < -limits.Stable:
		return Slipping
	}
	return Stable
}

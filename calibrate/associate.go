package calibrate

import (
	"fmt"
	"slices"
)

// Horizon is how the pillars and the composite related to losses within another
// outcome window than the one that is decided on.
type Horizon struct {
	Days            int       `json:"days"`
	Rows            int       `json:"rows"`
	ChurnedRows     int       `json:"churned_rows"`
	ChurnedAccounts int       `json:"churned_accounts"`
	PartialAccounts int       `json:"partial_accounts"` // of these, lost a part only and stayed
	Overlapping     bool      `json:"overlapping"`      // a loss may be on several rows; errors are clustered
	Measures        []Measure `json:"measures"`         // the pillars in order, then the composite
	Words           string    `json:"words"`
}

// Associate measures a sample whose outcome window is so many days, and fits
// nothing. The error is an *InvalidError.
func Associate(s Sample, days int, overlapping bool) (*Horizon, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	f := newFrame(&s)
	all := make([]int32, f.n)
	h := &Horizon{Days: days, Rows: f.n, Overlapping: overlapping}
	for i := range all {
		all[i] = int32(i)
		if f.Y[i] {
			h.ChurnedRows++
		}
	}
	h.ChurnedAccounts, h.PartialAccounts = f.churnedAccounts(all), f.partialAccounts(all)
	h.Measures = measures(f, all, false)
	composite := h.Measures[len(h.Measures)-1].AUC
	h.Words = fmt.Sprintf("Within %d days: %d of %d account-dates churned (%d accounts", days, h.ChurnedRows, h.Rows, h.ChurnedAccounts)
	if h.PartialAccounts > 0 {
		h.Words += fmt.Sprintf(": %d left, %d lost a part and stayed", h.ChurnedAccounts-h.PartialAccounts, h.PartialAccounts)
	}
	h.Words += ")"
	switch {
	case composite.OK && composite.Interval:
		h.Words += fmt.Sprintf("; the score's AUC is %.3f (%.3f to %.3f).", composite.Value, composite.Lo, composite.Hi)
	case composite.OK:
		h.Words += fmt.Sprintf("; the score's AUC is %.3f, without an interval.", composite.Value)
	default:
		h.Words += "; nothing can be said of the score: " + composite.Why + "."
	}
	h.Measures = slices.Clip(h.Measures)
	return h, nil
}

package calibrate

import (
	"strings"
	"testing"
)

// Another window is measured as the deciding one is, and says its n.
func TestAssociate(t *testing.T) {
	s, _ := loadSample(t, "sim_quarterly")
	h, err := Associate(*s, 90, false)
	if err != nil {
		t.Fatal(err)
	}
	want := mustRun(t, s, Options{Replicates: -1}).Evidence[0].Measures[4].AUC
	if got := h.Measures[4].AUC; got != want || h.Rows != 3549 || h.ChurnedAccounts != 93 || !strings.HasPrefix(h.Words, "Within 90 days: 93 of 3549 account-dates churned (93 accounts); the score's AUC is 0.758 (") {
		t.Errorf("%+v, want %+v; %s", got, want, h.Words)
	}
	clear(s.Y)
	if h, err = Associate(*s, 30, false); err != nil || !strings.HasSuffix(h.Words, "nothing can be said of the score: no row churned.") {
		t.Error(h.Words, err)
	}
	s.Y = s.Y[1:]
	if _, err := Associate(*s, 30, false); err == nil {
		t.Error("ragged columns are accepted")
	}
}

package cohort

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"accounthealth/internal/day"
)

// The label join of the simulated reference panel, for five pairs of gap and
// horizon. Counts were computed with pandas by the rule that the reference file
// spells out; see testdata/reference/README.md.
func TestLabelCountsOfTheReferencePanel(t *testing.T) {
	reference := filepath.Join("..", "..", "testdata", "reference")
	churn := map[string]int32{}
	for _, r := range readCSV(t, filepath.Join(reference, "sim_accounts.csv")) {
		churn[r[0]] = day.None
		if r[4] != "" {
			churn[r[0]] = mustParse(t, r[4])
		}
	}
	snapshots := readCSV(t, filepath.Join(reference, "sim_snapshots.csv"))
	src, err := os.ReadFile(filepath.Join(reference, "sim_label_counts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]json.RawMessage
	if err := json.Unmarshal(src, &want); err != nil {
		t.Fatal(err)
	}
	end := mustParse(t, "2025-06-30")
	for _, c := range []struct {
		key          string
		gap, horizon int32
	}{{"gap0_h30", 0, 30}, {"gap0_h90", 0, 90}, {"gap14_h90", 14, 90}, {"gap30_h90", 30, 90}, {"gap0_h180", 0, 180}} {
		names := map[Outcome]string{Stayed: "keep", Churned: "churn", HorizonIncomplete: "horizon_incomplete", InGap: "in_gap", AfterLoss: "after_churn"}
		got := map[string]int{}
		rule := Rule{Gap: c.gap, Horizon: c.horizon, DataEnd: end}
		for _, s := range snapshots {
			got[names[rule.Label(mustParse(t, s[1]), churn[s[0]])]]++
		}
		var counts map[string]int
		if err := json.Unmarshal(want[c.key], &counts); err != nil {
			t.Fatal(err)
		}
		for name := range names {
			if got[names[name]] != counts[names[name]] {
				t.Errorf("%s %s: got %d, want %d", c.key, names[name], got[names[name]], counts[names[name]])
			}
		}
	}
}

func TestQuarterWindowsAreDisjointAndAdjacent(t *testing.T) {
	rule := Rule{Gap: 14, DataEnd: mustParse(t, "2030-01-01")}
	q := mustParse(t, "2023-12-31")
	for range 12 {
		next := day.NextQuarterEnd(q)
		if q+rule.Gap+rule.HorizonAt(q) != next+rule.Gap {
			t.Fatalf("window of %s does not end where that of %s begins", day.Format(q), day.Format(next))
		}
		q = next
	}
}

func TestAnIncompleteWindowIsOutWhateverItsOutcome(t *testing.T) {
	rule := Rule{Gap: 14, Horizon: 90, DataEnd: 1000}
	for _, event := range []int32{day.None, 940, 960, 2000} {
		if o := rule.Label(930, event); o != HorizonIncomplete {
			t.Errorf("event %d: %v", event, o)
		}
	}
}

func mustParse(t *testing.T, s string) int32 {
	t.Helper()
	d, err := day.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

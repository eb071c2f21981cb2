package framework

import (
	"math"
	"os"
	"strings"
	"testing"

	"accounthealth/internal/plan"

	"github.com/google/go-cmp/cmp"
)

func loadSmall(t *testing.T) *Framework {
	t.Helper()
	src, err := os.ReadFile("testdata/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Load("small.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// changedLines returns the lines of b that a does not have at that place, given
// that b only replaces lines and inserts new ones.
func changedLines(a, b []byte) []string {
	var out []string
	old := strings.Split(string(a), "\n")
	for _, l := range strings.Split(string(b), "\n") {
		if len(old) > 0 && l == old[0] {
			old = old[1:]
			continue
		}
		out = append(out, l)
		if len(old) > 0 && !strings.HasPrefix(strings.TrimSpace(l), "#") {
			old = old[1:] // replaced
		}
	}
	return append(out, old...)
}

func TestSuggestChangesOnlyWeightsAndVersion(t *testing.T) {
	f := loadShipped(t, Default)
	out, err := f.Suggest([]float64{0.314, 0.2, 0.236, 0.25}, []string{"Refit on 412 account-months", "AUC 0.74 against 0.70"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"version: 2",
		"# Weights suggested for version 2; a person accepts them.",
		"# - Refit on 412 account-months",
		"# - AUC 0.74 against 0.70",
		"    weight: 31.4%  # was 30%",
		"    weight: 23.6%  # was 25%",
	}
	if d := cmp.Diff(want, changedLines(f.Source, out)); d != "" {
		t.Error(d)
	}
	g, err := Load("framework.suggested.yaml", out)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float64{0.314, 0.2, 0.236, 0.25}, g.Plan.Rules[0].Weights); d != "" || g.Plan.Version != 2 {
		t.Error(d, g.Plan.Version)
	}
	p := *g.Plan
	p.Version, p.Digest, p.Rules = f.Plan.Version, f.Plan.Digest, f.Plan.Rules
	if d := cmp.Diff(*f.Plan, p); d != "" {
		t.Error(d)
	}

	// A second suggestion replaces the note and keeps the former reasons.
	out, err = g.Suggest([]float64{0.33, 0.2, 0.22, 0.25}, []string{"again"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"weight: 33%  # was 31.4%\n", "version: 3\n", "# - Refit on 412 account-months\n# - AUC 0.74 against 0.70\n# Weights suggested for version 3"} {
		if !strings.Contains(string(out), s) {
			t.Errorf("%q is missing", s)
		}
	}
}

func TestSuggestKeepsComments(t *testing.T) {
	f := loadSmall(t)
	out, err := f.Suggest([]float64{0.55, 0.45}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"version: 4", "# Weights suggested for version 4; a person accepts them.", "    weight: 55%  # was 60%", "    weight: 45% # agreed in May; was 40%"}
	if d := cmp.Diff(want, changedLines(f.Source, out)); d != "" {
		t.Error(d)
	}
}

func TestSuggestRefuses(t *testing.T) {
	f := loadSmall(t)
	for name, w := range map[string][]float64{
		"sum": {0.5, 0.4}, "count": {1}, "negative": {1.2, -0.2}, "nan": {math.NaN(), 1},
	} {
		if _, err := f.Suggest(w, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := f.WithWeights(w); err == nil {
			t.Errorf("%s: WithWeights accepted", name)
		}
	}
	// An override that names one weight and inherits the other breaks.
	src := strings.Replace(string(f.Source), "{use: 50%, people: 50%}", "{use: 60%}", 1)
	g, err := Load("x.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Suggest([]float64{0.5, 0.5}, nil); err == nil || !strings.Contains(err.Error(), "sum to 110%") {
		t.Error(err)
	}
}

func TestWithWeights(t *testing.T) {
	f := loadSmall(t)
	before := *f.Plan
	g, err := f.WithWeights([]float64{0.2, 0.8})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]float64
	for _, r := range g.Plan.Rules {
		got = append(got, r.Weights)
	}
	// big has weights of its own, free inherits the base's.
	if d := cmp.Diff([][]float64{{0.2, 0.8}, {0.5, 0.5}, {0.2, 0.8}}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(before, *f.Plan); d != "" || f.Plan.Rules[0].Weights[0] != 0.6 {
		t.Error("the original changed", d)
	}
	if g.Plan.Digest == f.Plan.Digest || len(g.Plan.Digest) != 64 {
		t.Error(g.Plan.Digest)
	}
}

// Weights off by at most 0.005 are normalised, any other refused.
func TestWeightsAreNormalised(t *testing.T) {
	f := loadSmall(t)
	load := func(w string) ([]float64, error) {
		g, err := Load("x.yaml", []byte(strings.Replace(string(f.Source), "weight: 60%", "weight: "+w, 1)))
		if err != nil {
			return nil, err
		}
		return g.Plan.Rules[0].Weights, nil
	}
	for _, w := range []string{"60.5%", "0.595"} {
		got, err := load(w)
		if err != nil || math.Abs(got[0]+got[1]-1) > 1e-15 {
			t.Errorf("%s: %v, %v", w, got, err)
		}
	}
	for _, w := range []string{"60.6%", "59.4%"} {
		if got, err := load(w); err == nil {
			t.Errorf("%s: %v", w, got)
		}
	}
	if !strings.Contains(string(f.Source), "60%") || f.Plan.Rules[0].Weights[0] != 0.6 || f.Plan.Scale != plan.MinMax {
		t.Error("weights that sum to 1 must stay as written")
	}
}

// Other cut-offs are written beside the former ones, with every comment kept, and
// mean what WithCutoffs means.
func TestProposeCutoffs(t *testing.T) {
	f := loadShipped(t, Default)
	out, err := f.Propose(Proposal{Cutoffs: []int{75, 60, 35}, Why: []string{"agreed"}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := Load("x.yaml", out)
	if err != nil {
		t.Fatal(err)
	}
	if len(changedLines(f.Source, out)) != 5 || !strings.Contains(string(out), "Healthy: {from: 75,") || !strings.Contains(string(out), "# was 80") {
		t.Errorf("%q", changedLines(f.Source, out))
	}
	h, err := f.WithCutoffs([]int{75, 60, 35})
	if err != nil {
		t.Fatal(err)
	}
	for i := range g.Plan.Rules {
		if d := cmp.Diff(g.Plan.Rules[i].Bands, h.Plan.Rules[i].Bands); d != "" {
			t.Errorf("rules %d: %s", i, d)
		}
	}
	if h.Plan.Digest == f.Plan.Digest || f.Plan.Rules[0].Bands[0].Min != 80 {
		t.Error("the original changed, or the copy has its digest")
	}
	for _, cuts := range [][]int{{60, 75, 35}, {75, 60}, {100, 60, 35}, {75, 60, 0}, {75, 75, 35}} {
		if _, err := f.WithCutoffs(cuts); err == nil {
			t.Errorf("%v: accepted", cuts)
		}
		if _, err := f.Propose(Proposal{Cutoffs: cuts}); err == nil {
			t.Errorf("%v: proposed", cuts)
		}
	}
}

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"accounthealth/internal/job"
)

func reference(name string) string { return filepath.Join("..", "..", "testdata", "reference", name) }

func referenceJSON(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(reference(name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

// printed runs one command line that must succeed and returns what it prints.
func printed(t *testing.T, args ...string) []byte {
	t.Helper()
	code, out, errs := command(t, nil, args...)
	if code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, errs)
	}
	return []byte(out)
}

// The columns of the reference panels, as the results name them; the composite
// comes last.
var referenceColumns = []string{"product", "support", "financial", "relationship", "score"}

// closest compares figures and remembers the largest relative difference.
type closest struct {
	t     *testing.T
	worst float64
	n     int
}

func (c *closest) check(what string, got, want, tol float64) {
	c.t.Helper()
	d := math.Abs(got - want)
	if want != 0 {
		d /= math.Abs(want)
	}
	c.n++
	c.worst = max(c.worst, d)
	if !(d <= tol) {
		c.t.Errorf("%s = %.17g, reference %.17g, relative difference %.2g over %.0g", what, got, want, d, tol)
	}
}

// calibrate --sample takes the reference panels as they are and gives the numbers
// of Python (scipy 1.10.1, statsmodels 0.13.5, scikit-learn 1.2.1, numpy) and R
// (4.2.2, pROC 1.18, sandwich 3.0, brglm2 0.9) end to end: from the file's text to
// the published JSON.
func TestSampleGivesTheReferenceNumbers(t *testing.T) {
	var shrinkage map[string]json.RawMessage
	referenceJSON(t, "shrinkage.json", &shrinkage)
	for _, name := range []string{"tiny", "separated", "sim_quarterly", "sim_panel_90d"} {
		t.Run(name, func(t *testing.T) {
			var record job.CalibrationRecord
			out := printed(t, "calibrate", "-q", "--sample", reference(name+".csv"), "--intercepts", "single", "--bootstrap", "0", "--json")
			if err := json.Unmarshal(out, &record); err != nil {
				t.Fatal(err)
			}
			if record.Schema != job.RecordSchema || record.Source != job.FromSample {
				t.Errorf("schema %d, source %q", record.Schema, record.Source)
			}
			c := &closest{t: t}
			if name == "separated" {
				c.separated(&record)
			} else {
				c.measures(name, &record)
				c.fit(name, &record, shrinkage[name])
			}
			t.Logf("%s: %d figures, largest relative difference %.2g", name, c.n, c.worst)
		})
	}
}

// measures compares the association of every pillar and of the score.
func (c *closest) measures(name string, record *job.CalibrationRecord) {
	var py struct {
		N, Events   int
		Correlation map[string]struct {
			R    float64 `json:"point_biserial"`
			Rho  float64 `json:"spearman"`
			TauB float64 `json:"kendall_tau_b"`
		}
		VIF []float64
		AUC map[string]struct{ AUC, SE, Gini float64 }
		// Panels have several rows an account: their errors are Obuchowski's.
		Cluster struct {
			Obuchowski map[string]struct{ SE float64 }
			SE         []float64 `json:"se_hc0"`
		}
		IV               map[string]json.RawMessage
		AveragePrecision float64 `json:"average_precision"`
		KS               struct{ Stat float64 }
		Bands            map[string]struct {
			N, Events int
			Wilson    []float64 `json:"wilson95"`
		} `json:"bands_80_60_40"`
		Trend struct{ Z float64 } `json:"cochran_armitage"`
	}
	referenceJSON(c.t, name+".py.json", &py)
	r := record.Result
	if r.Sample.Rows != py.N || r.Sample.ChurnedRows != py.Events || record.Table.RowsRead != py.N {
		c.t.Errorf("%d rows with %d churned, want %d and %d", r.Sample.Rows, r.Sample.ChurnedRows, py.N, py.Events)
	}
	for k, col := range referenceColumns {
		m := r.Evidence[0].Measures[k]
		c.check(col+" r", m.R.Value, py.Correlation[col].R, 1e-9)
		c.check(col+" rho", m.Spearman.Value, py.Correlation[col].Rho, 1e-9)
		c.check(col+" tau-b", m.TauB.Value, py.Correlation[col].TauB, 1e-9)
		c.check(col+" AUC", m.AUC.Value, py.AUC[col].AUC, 1e-9)
		c.check(col+" Gini", m.Gini.Value, py.AUC[col].Gini, 1e-9)
		var iv struct {
			IV float64 `json:"iv_fixed10"`
		}
		if err := json.Unmarshal(py.IV[col], &iv); err != nil {
			c.t.Fatal(err)
		}
		c.check(col+" IV", m.IV.Value, iv.IV, 1e-9)
		switch {
		case m.Accounts == m.Rows:
			c.check(col+" AUC se", m.AUC.SE, py.AUC[col].SE, 1e-9)
		default:
			c.check(col+" AUC clustered se", m.AUC.SE, py.Cluster.Obuchowski[col].SE, 1e-9)
		}
	}
	c.check("average precision", r.Evidence[0].Measures[4].PRAUC.Value, py.AveragePrecision, 1e-9)
	c.check("KS", r.Evidence[0].Measures[4].KS.D, py.KS.Stat, 1e-9)
	for k := range py.VIF {
		c.check("VIF", r.Collinearity.VIF[k].Value, py.VIF[k], 1e-9)
	}
	for j, band := range []string{"critical", "poor", "fair", "good"} {
		s, want := r.Statuses.Rows[j], py.Bands[band]
		if s.Rate.N != want.N || s.Rate.Churned != want.Events {
			c.t.Errorf("%s: %d of %d, want %d of %d", band, s.Rate.Churned, s.Rate.N, want.Events, want.N)
		}
		c.check(band+" Wilson hi", s.Rate.Hi.Value, want.Wilson[1], 1e-9)
	}
	c.check("trend z", r.Statuses.Trend.Statistic, py.Trend.Z, 1e-9)
}

// fit compares the unconstrained and the bounded fit, and the shrinkage.
func (c *closest) fit(name string, record *job.CalibrationRecord, shrinkage json.RawMessage) {
	var py struct {
		Full struct {
			Coef        []float64
			LLF, LLNull float64
		} `json:"logit_full"`
		Simplex struct{ Weights []float64 } `json:"simplex_logistic"`
	}
	referenceJSON(c.t, name+".py.json", &py)
	r := record.Result.Refit
	for k, p := range r.Pillars {
		c.check(p.Name+" coefficient", -p.Coefficient.Value, py.Full.Coef[k+1], 1e-8)
		if d := math.Abs(p.Free.Value - py.Simplex.Weights[k]); !(d <= 1e-6) {
			c.t.Errorf("%s free weight %g, want %g", p.Name, p.Free.Value, py.Simplex.Weights[k])
		}
	}
	c.check("LR", r.LR.Statistic, 2*(py.Full.LLF-py.Full.LLNull), 1e-8)
	if shrinkage == nil {
		return
	}
	var want struct {
		Wald, C, Slope float64
		W              []float64
	}
	if err := json.Unmarshal(shrinkage, &want); err != nil {
		c.t.Fatal(err)
	}
	c.check("Wald", r.Direction.Statistic, want.Wald, 1e-8)
	c.check("c", r.Shrinkage.Value, want.C, 1e-8)
	c.check("slope", r.Slope.Value, want.Slope, 1e-8)
	for k, p := range r.Pillars {
		if d := math.Abs(p.Shrunk.Value - want.W[k]); !(d <= 1e-6) {
			c.t.Errorf("%s shrunk weight %g, want %g", p.Name, p.Shrunk.Value, want.W[k])
		}
	}
}

// separated compares Firth's fit of perfectly separated outcomes.
func (c *closest) separated(record *job.CalibrationRecord) {
	var want struct {
		Brglm2 struct {
			All []float64 `json:"all_pillars_coef"`
		}
	}
	referenceJSON(c.t, "separated.json", &want)
	r := record.Result.Refit
	if len(r.Method) < 5 || r.Method[:5] != "Firth" {
		c.t.Errorf("method %q", r.Method)
	}
	for k, p := range r.Pillars {
		c.check(p.Name+" Firth", -p.Coefficient.Value, want.Brglm2.All[k+1], 1e-7)
	}
}

// A published calibration holds no NaN and names its evidence: the digest of equal
// samples is equal, and of others another.
func TestEvidenceDigest(t *testing.T) {
	digest := func(args ...string) string {
		var r job.CalibrationRecord
		if err := json.Unmarshal(printed(t, append([]string{"calibrate", "-q", "--json", "--bootstrap", "0", "--sample"}, args...)...), &r); err != nil {
			t.Fatal(err)
		}
		d, err := r.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(io.Discard); err != nil {
			t.Fatal(err)
		}
		return d
	}
	a, b := digest(reference("tiny.csv")), digest(reference("tiny.csv"))
	other := digest(reference("tiny.csv"), "--columns", "segment=")
	if a != b || a == other || len(a) != 64 {
		t.Error(fmt.Sprint(a, b, other))
	}
}

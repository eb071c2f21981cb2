package reports

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"accounthealth/internal/portfolio"
)

// TestWriteSample writes the workbooks of the fixtures to the artifact directory
// (go test -run TestWriteSample -artifacts), for people and validators to open.
func TestWriteSample(t *testing.T) {
	dir := t.ArtifactDir()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"portfolio.xlsx": func(b *bytes.Buffer) error { return WritePortfolio(b, fixture(180), Options{}) },
		"portfolio_hostile.xlsx": func(b *bytes.Buffer) error {
			r := fixture(60)
			hostile(r)
			r.Bands[0].Band = `He"al'thy & <co>`
			return WritePortfolio(b, r, Options{Organisation: `&A "Acme" <Ltd>`, maxRows: 25})
		},
		"portfolio_empty.xlsx": func(b *bytes.Buffer) error {
			return WritePortfolio(b, &portfolio.Report{AsOf: asOf, Prior: portfolio.NoDay}, Options{Letter: true})
		},
		"calibration.xlsx":      func(b *bytes.Buffer) error { return WriteCalibration(b, calibrationFixture(), Options{}) },
		"calibration_keep.xlsx": func(b *bytes.Buffer) error { return WriteCalibration(b, keepFixture(), Options{}) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

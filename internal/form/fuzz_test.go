package form

import (
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
)

// A form, or a file of cases, never panics, and every error is a configuration
// error that names the file.
func FuzzRead(f *testing.F) {
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		f.Fatal(err)
	}
	cases, err := framework.ShippedCases(framework.Default)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(cases)
	f.Add([]byte("account: Acme\nas_of: 2026-06-30\nsignals:\n  nps: 9\n  payment: {value: current, note: x}\n"))
	f.Add([]byte("account: [1]\nsignals: {nps: unknown, nothing: 1, csat: 99}\narr: -1\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if _, err := Read("x.yaml", src, fw.Plan, day.Of(2026, 6, 30)); err != nil && diag.ClassOf(err) != diag.Config {
			t.Fatalf("form: class %v: %v", diag.ClassOf(err), err)
		}
		if _, err := ReadCases("x.yaml", src, fw.Plan); err != nil && diag.ClassOf(err) != diag.Config {
			t.Fatalf("cases: class %v: %v", diag.ClassOf(err), err)
		}
	})
}

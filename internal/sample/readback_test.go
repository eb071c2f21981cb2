package sample

import (
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/population"
	"accounthealth/internal/settings"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// disk is a Sink below a folder.
type disk string

func (d disk) Create(name string) (io.WriteCloser, error) {
	path := filepath.Join(string(d), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return os.Create(path)
}

// The exports must read back through the job's own door with the settings that
// come with them: every row, nothing unparsable, the planted flaws found, and
// the population and its ARR those of the manifest, to the cent.
func TestExportsReadBack(t *testing.T) {
	ctx := context.Background()
	opt := Options{Accounts: 1200, Months: 8}
	root := t.TempDir()
	m, err := Generate(ctx, disk(filepath.Join(root, "exports")), opt)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := HealthYAML(opt)
	if err != nil {
		t.Fatal(err)
	}
	s, err := settings.Parse("health.yaml", raw)
	if err != nil {
		t.Fatal(err)
	}
	local, err := store.Open(filepath.Join(root, s.Exports))
	if err != nil {
		t.Fatal(err)
	}
	inputs := map[string]*intake.Input{}
	for i := range s.Sources {
		d := &s.Sources[i]
		var parse, found diag.Tally
		contract := intake.ForLayout(d.Contract, d.Layout)
		rows, err := warehouse.Open(ctx, local, warehouse.Spec{Contract: contract, Path: d.Path, Layout: d.Layout, Columns: d.Columns},
			warehouse.Options{Location: s.Location, Findings: &parse})
		if err != nil {
			t.Fatal(err)
		}
		in := &intake.Input{Contract: contract, Layout: d.Layout, Rows: rows}
		inputs[d.Name] = in
		var columns []string
		for _, c := range contract.Columns {
			if c.Name != intake.AvailableAt { // the sample's rows were known when they happened
				columns = append(columns, c.Name)
			}
		}
		n := int64(0)
		if err := in.Read(ctx, columns, s.AsOf, &found, func(b *intake.Batch) error { n += int64(b.Len); return nil }); err != nil {
			t.Fatal(err)
		}
		counts := m.Source(d.Name)
		if n != counts.Rows {
			t.Errorf("%s: %d rows are read, %d were written", d.Name, n, counts.Rows)
		}
		if g := parse.Groups(); len(g) > 0 {
			t.Errorf("%s: values cannot be read: %+v", d.Name, g)
		}
		if got := found.Count(diag.OutOfRange, d.Name); got != counts.Planted[Impossible] {
			t.Errorf("%s: %d impossible values are found, %d were planted", d.Name, got, counts.Planted[Impossible])
		}
	}

	var found diag.Tally
	people, err := population.Load(ctx, inputs["accounts"], inputs["subscriptions"], inputs["churn"], population.Settings{
		AsOf: s.AsOf, OnboardingDays: s.Population.OnboardingDays, OutStages: s.Population.OutStages, NoticeDays: s.Population.NoticeDays, Currency: s.Currency,
	}, &found)
	if err != nil {
		t.Fatal(err)
	}
	view, dated := people.At(s.AsOf, true), people.At(s.AsOf, false) // dated knows ARR from subscriptions only
	var classes [population.Classes]int
	arr := 0.0
	for i, c := range view.Class {
		classes[c]++
		if c == population.Customer || c == population.Onboarding || c == population.InNotice {
			arr += view.ARR[i]
			if !(math.Abs(dated.ARR[i]-people.ARRToday[i]) < .004) {
				t.Errorf("account %s: ARR %.2f from subscriptions, %.2f in accounts", people.ID[i], dated.ARR[i], people.ARRToday[i])
			}
		}
	}
	want := map[population.Class]int{
		population.Customer: m.Customers - m.Onboarding - m.InNotice, population.Onboarding: m.Onboarding, population.InNotice: m.InNotice,
		population.Lost: m.Former, population.OutByStage: m.NoCustomer,
	}
	for class, n := range want {
		if classes[class] != n {
			t.Errorf("%d accounts are %s, the manifest says %d", classes[class], class, n)
		}
	}
	if got := int64(math.Round(arr * 100)); got != m.ARR["USD"] {
		t.Errorf("ARR is %d cents, the manifest says %d", got, m.ARR["USD"])
	}
	if got := found.Count(diag.Duplicate, "subscriptions"); got != m.Source("subscriptions").Planted[Repeated] {
		t.Errorf("%d repeated subscriptions are found, %d were planted", got, m.Source("subscriptions").Planted[Repeated])
	}
}

package sample

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/settings"
	"accounthealth/internal/source"
)

// folder keeps a digest of every file it is given, in order.
type folder struct {
	names []string
	sums  map[string][32]byte
	total int64
	fail  string
}

type file struct {
	bytes.Buffer
	in   *folder
	name string
}

func (f *folder) Create(name string) (io.WriteCloser, error) {
	if name == f.fail {
		return nil, errors.New("disk full")
	}
	f.names = append(f.names, name)
	return &file{in: f, name: name}, nil
}

func (f *file) Close() error {
	if f.in.sums == nil {
		f.in.sums = map[string][32]byte{}
	}
	f.in.sums[f.name] = sha256.Sum256(f.Bytes())
	f.in.total += int64(f.Len())
	if !strings.HasSuffix(f.name, "_SUCCESS") && !bytes.HasPrefix(f.Bytes(), []byte("PAR1")) {
		return fmt.Errorf("%s is no Parquet file", f.name)
	}
	return nil
}

func write(t testing.TB, opt Options) (*folder, *Manifest) {
	t.Helper()
	f := &folder{}
	m, err := Generate(context.Background(), f, opt)
	if err != nil {
		t.Fatal(err)
	}
	return f, m
}

func TestSameOptionsGiveTheSameBytes(t *testing.T) {
	opt := Options{Accounts: 1300, Months: 14, Seed: 7}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, m := write(t, opt)
	runtime.GOMAXPROCS(2)
	two, n := write(t, opt)
	if !slices.Equal(one.names, two.names) {
		t.Error("files come in another order")
	}
	if !maps.Equal(one.sums, two.sums) {
		t.Error("files differ")
	}
	if m.String() != n.String() {
		t.Errorf("manifests differ:\n%s\n%s", m, n)
	}
	opt.Seed = 8
	other, _ := write(t, opt)
	if one.sums["accounts/part-00000.snappy.parquet"] == other.sums["accounts/part-00000.snappy.parquet"] {
		t.Error("another seed gives the same accounts")
	}
}

func TestLayoutIsThatOfAWarehouse(t *testing.T) {
	f, m := write(t, Options{Accounts: 1001, Months: 6})
	for _, name := range []string{
		"accounts/part-00000.snappy.parquet", "accounts/part-00001.snappy.parquet", "accounts/_SUCCESS",
		"usage/month=2026-01/part-00000.snappy.parquet", "usage/month=2026-06/part-00001.snappy.parquet", "usage/_SUCCESS",
		"fx_rates/part-00000.snappy.parquet",
	} {
		if !slices.Contains(f.names, name) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, c := range source.All() {
		if s := m.Source(c.Name); c.Name != "signals" && (s == nil || s.Files == 0) {
			t.Errorf("source %s is not written", c.Name)
		}
	}
	if m.Source("accounts").Rows != 1001 {
		t.Errorf("accounts has %d rows", m.Source("accounts").Rows)
	}
	if got := m.Customers + m.Former + m.NoCustomer; got != 1001 {
		t.Errorf("%d accounts are counted", got)
	}
}

// Planted flaws are about as frequent as asked for, far below the default
// limits, and none where none is asked for.
func TestDirtIsCountedAndSmall(t *testing.T) {
	_, m := write(t, Options{Accounts: 600, Months: 8})
	_, clean := write(t, Options{Accounts: 600, Months: 8, Dirty: Clean})
	for i, s := range m.Sources {
		c := clean.Sources[i]
		if c.Planted != [Flaws]int64{} {
			t.Errorf("%s: clean exports have %v planted", c.Name, c.Planted)
		}
		if got, want := s.Rows, c.Rows+s.Planted[Repeated]+s.Planted[Orphaned]+s.Planted[Future]; got != want {
			t.Errorf("%s: %d rows, want %d", s.Name, got, want)
		}
		for flaw, n := range s.Planted {
			if float64(n) > .01*float64(s.Rows)+3 {
				t.Errorf("%s: %d of %d rows are %s", s.Name, n, s.Rows, Flaw(flaw))
			}
		}
	}
	u := m.Source("usage")
	for flaw, n := range u.Planted {
		want := float64(DefaultDirt) * flawShare[flaw] * float64(u.Rows)
		if float64(n) < .7*want || float64(n) > 1.3*want {
			t.Errorf("usage: %d rows are %s, want about %.0f", n, Flaw(flaw), want)
		}
	}
	if m.Source("nps").Planted[Impossible] == 0 || m.Source("tickets").Planted[Repeated] == 0 {
		t.Error("no impossible NPS answer or no repeated ticket")
	}
	if m.Source("accounts").Planted != [Flaws]int64{} || m.Source("churn").Planted != [Flaws]int64{} {
		t.Error("accounts and churn must stay clean")
	}
}

// Every canonical column is in the exports under the name that health.yaml
// gives it, and the settings file is one that the job accepts.
func TestHealthYAMLFitsTheExports(t *testing.T) {
	raw, err := HealthYAML(Options{End: day.Of(2026, 3, 31)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := settings.Parse("health.yaml", raw)
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if s.AsOf != day.Of(2026, 3, 31) {
		t.Errorf("as_of is %s", day.Format(s.AsOf))
	}
	for _, x := range everyExport() {
		declared := s.Source(x.name)
		if declared == nil {
			t.Errorf("%s is not declared", x.name)
			continue
		}
		var names []string
		for _, f := range x.fields {
			names = append(names, strings.ToLower(f.Name))
		}
		for _, c := range declared.Contract.Columns {
			name := c.Name
			if own, ok := declared.Columns[c.Name]; ok {
				name = own
			}
			if !slices.Contains(names, strings.ToLower(name)) {
				t.Errorf("%s: no column for %s", x.name, c.Name)
			}
		}
		if len(names) != len(declared.Contract.Columns) {
			t.Errorf("%s: %d columns for %d of the contract", x.name, len(names), len(declared.Contract.Columns))
		}
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	for _, opt := range []Options{
		{Accounts: -1},
		{Accounts: 6_000_000},
		{Months: 5},
		{End: 12},
		{Dirty: .5},
		{Dirty: -.1},
		{Foreign: 1.5},
		{Truth: Truth{Weights: [pillars]float64{.5, .5, .5, -.5}}},
		{Truth: Truth{Weights: [pillars]float64{.5, .4, 0, 0}}},
	} {
		if _, err := Generate(context.Background(), &folder{}, opt); diag.ClassOf(err) != diag.Config {
			t.Errorf("%+v: error %v, want one of class Config", opt, err)
		}
		if _, err := HealthYAML(opt); err == nil {
			t.Errorf("%+v: settings are written", opt)
		}
	}
}

func TestErrorsAndCancellationStopGeneration(t *testing.T) {
	opt := Options{Accounts: 50, Months: 6}
	if _, err := Generate(context.Background(), &folder{fail: "nps/_SUCCESS"}, opt); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v, want the sink's", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Generate(ctx, &folder{}, opt); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want cancellation", err)
	}
}

// Odd calendars must not break anything: few accounts, short months, an as-of
// day within a month, foreign money.
func TestUnusualOptions(t *testing.T) {
	for _, opt := range []Options{
		{Accounts: 1, Months: 6},
		{Accounts: 30, Months: 6, End: day.Of(2024, 2, 29)},
		{Accounts: 30, Months: 48, End: day.Of(2026, 3, 1)},
		{Accounts: 40, Months: 7, End: day.Of(2025, 12, 31), Foreign: 1},
	} {
		_, m := write(t, opt)
		if m.Source("usage").Files != opt.Months {
			t.Errorf("%+v: %d files of usage", opt, m.Source("usage").Files)
		}
		if opt.Foreign == 1 && (m.ARR["USD"] != 0 || m.ARR["EUR"] == 0) {
			t.Errorf("ARR is %v", m.ARR)
		}
	}
}

func BenchmarkGenerateDefault(b *testing.B) {
	for b.Loop() {
		f, m := write(b, Options{})
		b.ReportMetric(float64(f.total)/1e6, "MB")
		b.ReportMetric(float64(m.Source("usage").Rows), "usage-rows")
	}
}

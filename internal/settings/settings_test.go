package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/source"
)

const minimal = "version: 1\nsources:\n  accounts: {path: accounts.parquet}\n"

func TestDefaultsAreFilledIn(t *testing.T) {
	s, err := Parse("health.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	if s.Framework != "account-health" || s.Calibration.GapDays != 14 || s.Calibration.Bootstrap != 1000 || s.Calibration.Sampling != "auto" || s.Calibration.Partial || s.Calibration.PartialFrom != 0.20 || s.AsOf != NoDay || s.HistoryMonths != 13 {
		t.Errorf("defaults: %+v", s)
	}
	if a := s.Source("accounts"); a == nil || a.Layout != source.Current || a.Where != "health.yaml:3:3" {
		t.Errorf("accounts: %+v", a)
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	s, err := Parse("health.yaml", []byte(`version: 1
exports: raw
framework: own.yaml
as_of: 2026-06-30
time_zone: Europe/Berlin
currency: eur
out: o
history: h
history_months: 5
sources:
  accounts: {path: a, layout: snapshot, columns: {account_id: ACCT, arr: 00123}}
  usage: {path: u}
population: {onboarding_days: 30, out_stages: [demo], notice_days: 90}
calibration: {gap_days: 7, complete_after_days: 10, quarters: 3, sampling: renewal, bootstrap: 50, seed: 9, events: logo_and_partial, partial_from: 35%}
limits: {duplicates: 1%, orphans: 0.5, invalid: 0}
gates: {rows_share: 0.5, freshness_days: 3}
holidays: [2026-01-01]
`))
	if err != nil {
		t.Fatal(err)
	}
	newYear, _ := day.Parse("2026-01-01")
	if s.Currency != "EUR" || s.Location.String() != "Europe/Berlin" || day.Format(s.AsOf) != "2026-06-30" ||
		s.Source("accounts").Columns["arr"] != "00123" || s.Source("accounts").Layout != source.Snapshot ||
		s.Limits != (Limits{0.01, 0.5, 0}) || s.Population.NoticeDays != 90 || s.Calibration.Seed != 9 || s.Calibration.Sampling != "renewal" || !s.Calibration.Partial || s.Calibration.PartialFrom != 0.35 ||
		s.Gates != (Gates{0.5, 3}) || len(s.Holidays) != 1 || s.Holidays[0] != newYear {
		t.Errorf("%+v", s)
	}
}

func TestStores(t *testing.T) {
	s, err := Parse("health.yaml", []byte(minimal+`stores:
  s3: {endpoint: minio.example:9000, region: eu-central-1, path_style: true, insecure: true}
  s3://lake: {region: us-east-1}
  azblob://account/box:
    endpoint: https://store.example
`))
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	want := []Store{
		{Address: "s3", Endpoint: "minio.example:9000", Region: "eu-central-1", PathStyle: &yes, Insecure: true},
		{Address: "s3://lake", Region: "us-east-1"},
		{Address: "azblob://account/box", Endpoint: "https://store.example"},
	}
	if diff := cmp.Diff(want, s.Stores); diff != "" {
		t.Error(diff)
	}
	_, err = Parse("health.yaml", []byte(minimal+"stores:\n  gs://x: {}\n  s3: {endpoint: https://x, insecure: true, regoin: eu}\n"))
	for _, want := range []string{`health.yaml:5:3: unknown store "gs://x"`, "insecure contradicts the https endpoint", "regoin"} {
		if err == nil || diag.ClassOf(err) != diag.Config || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in: %v", want, err)
		}
	}
}

func TestEveryProblemIsReportedAtOnceWithItsPlace(t *testing.T) {
	_, err := Parse("health.yaml", []byte(`version: 1
time_zone: Mars
sources:
  usge: {path: u}
  usage: {path: u, layout: event, columns: {acount_id: X}}
calibration: {gap_days: 3.5}
frmework: x
`))
	if err == nil || diag.ClassOf(err) != diag.Config {
		t.Fatalf("err = %v", err)
	}
	for _, want := range []string{
		"health.yaml:2:12: time_zone", `health.yaml:4:3: unknown source "usge"`, `layout is "event"`,
		`source usage has no column "acount_id"`, "sources has no accounts", "gap_days is 3.5", `unknown key "frmework"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
}

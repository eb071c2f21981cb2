package signal

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/intake"
	"accounthealth/internal/population"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

var (
	largeRows     = flag.Int("large", 0, "rows of the usage source of BenchmarkLarge; 0 skips it")
	largeAccounts = flag.Int("large-accounts", 20_000, "accounts of that source")
	largeDir      = flag.String("large-dir", "", "where that source is kept; empty: nowhere")
	largeDates    = flag.Int("large-dates", 25, "as-of dates of BenchmarkLarge")
	largeKey      = flag.String("large-key", "day", "grain of its rows: day, late (with available_at) or hour")
)

// writeLarge writes a usage source day by day, as it would grow: every account
// once a day, two million rows a file, values from a fixed mixing function.
func writeLarge(b *testing.B, dir string, rows int, today int32) {
	b.Helper()
	fields := []warehouse.Field{
		{Name: "account_id", Dict: true},
		{Name: "date", Type: warehouse.Timestamp, Dict: true},
		{Name: "active_users", Type: warehouse.Int32},
		{Name: "monthly_active_users", Type: warehouse.Int32},
		{Name: "licensed_seats", Type: warehouse.Int32, Dict: true},
		{Name: "features_used", Type: warehouse.Int32, Optional: true},
		{Name: "features_available", Type: warehouse.Int32, Dict: true},
		{Name: "logins", Type: warehouse.Int32},
		{Name: "last_login_at", Type: warehouse.Timestamp, Optional: true},
	}
	if *largeKey == "late" {
		fields = append(fields, warehouse.Field{Name: "available_at", Type: warehouse.Timestamp})
	}
	const perDay = 86_400_000_000
	perFile := 2_000_000
	periods := rows / *largeAccounts
	for at := 0; at < rows; {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("part-%04d.parquet", at/perFile)))
		if err != nil {
			b.Fatal(err)
		}
		w, err := warehouse.NewWriter(f, fields, warehouse.WriterOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for end := min(at+perFile, rows); at < end; {
			cols := make([]warehouse.Vector, len(fields))
			for n := min(at+100_000, end); at < n; at++ {
				account, period := at%*largeAccounts, at / *largeAccounts
				when := (int64(today) - int64(periods-1-period)) * perDay
				if *largeKey == "hour" {
					when = int64(today+1)*perDay - int64(periods-period)*perDay/24
				}
				mix := uint64(at+1) * 0x9e3779b97f4a7c15
				mix ^= mix >> 29
				seats := int64(10 + account%90)
				cols[0].Strings = append(cols[0].Strings, fmt.Sprintf("ACC-%06d", account))
				for k, v := range []int64{when, int64(mix % uint64(seats)), seats - int64(mix>>8%5), seats, int64(mix >> 16 % 20), 20, int64(mix >> 24 % 400), when - int64(mix>>32%200)*3_600_000_000, when + perDay} {
					if k+1 < len(cols) {
						cols[k+1].Ints = append(cols[k+1].Ints, v)
					}
				}
				cols[5].Valid = append(cols[5].Valid, mix%50 != 0)
				cols[8].Valid = append(cols[8].Valid, mix%3 == 0)
			}
			if err := w.Write(cols); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLarge computes the default framework's usage signals of
// -large-accounts from a source of -large rows in files, and reports the peak of the
// process's memory. It writes the source first, in another process where
// -large-dir says where to keep it, so that writing does not count.
func BenchmarkLarge(b *testing.B) {
	if *largeRows == 0 {
		b.Skip("-large gives the number of rows")
	}
	dir, today := *largeDir, day.Of(2026, 6, 30)
	if dir == "" {
		dir = b.TempDir()
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*.parquet")); len(found) == 0 {
		writeLarge(b, dir, *largeRows, today)
		if *largeDir != "" {
			b.Skip("the source is written; run it again")
		}
	}
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		b.Fatal(err)
	}
	files, err := store.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	temp, err := files.Temp("")
	if err != nil {
		b.Fatal(err)
	}
	contract := intake.ForLayout(source.Find("usage"), source.Events)
	var ids []string
	for i := range *largeAccounts {
		ids = append(ids, fmt.Sprintf("ACC-%06d", i))
	}
	dates := []int32{today}
	if *largeDates > 1 {
		dates = append(day.MonthEnds(today, *largeDates-1), today)
	}
	table := &population.Table{ID: ids}
	table.Index() // as loading does
	for b.Loop() {
		rows, err := warehouse.Open(context.Background(), files, warehouse.Spec{Contract: contract, Path: ".", Layout: source.Events}, warehouse.Options{})
		if err != nil {
			b.Fatal(err)
		}
		found := &diag.Tally{}
		out, err := Compute(context.Background(), Request{
			Plan: fw.Plan, Table: table, Today: today, Dates: dates, Findings: found, Temp: temp,
			Inputs: map[string]Input{"usage": {Contract: contract, Layout: source.Events, Rows: rows}},
		})
		if err != nil {
			b.Fatal(err)
		}
		if n := found.Count(diag.Duplicate, "usage") + found.Count(diag.Conflict, "usage"); n > 0 {
			b.Fatalf("findings: %+v", found.Groups())
		}
		logTotals(b, out)
		for _, s := range out {
			s.Release()
		}
	}
	b.ReportMetric(float64(*largeRows)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		var kB float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kB); err == nil {
			b.ReportMetric(kB/1024, "peak-MiB")
		}
	}
}

// logTotals prints what another engine has to agree with: known activities, their
// sum, those of feature adoption and of days since login, and the trends up and
// down, over all accounts and dates.
func logTotals(b *testing.B, out []*Snapshot) {
	b.Helper()
	var known, days, up, down int64
	var activity, adoption float64
	for _, s := range out {
		for k := range s.Plan.Signals {
			sig := &s.Plan.Signals[k]
			for i := range s.Rows() {
				x, ok := s.Value(k, i)
				switch {
				case !ok:
				case sig.Name == "activity":
					known++
					activity += x
				case sig.Name == "feature_adoption":
					adoption += x
				case sig.Name == "days_since_login":
					days += int64(x)
				case sig.Name == "usage_trend" && sig.Words[int(x)] == "up":
					up++
				case sig.Name == "usage_trend" && sig.Words[int(x)] == "down":
					down++
				}
			}
		}
	}
	fmt.Printf("totals: %d %.9f %.9f %d %d %d\n", known, activity, adoption, days, up, down)
}

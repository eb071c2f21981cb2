//go:build bench

package calibrate

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

var (
	benchRows    = flag.Int("refit-rows", 1_000_000, "rows of the refit benchmark")
	benchRefits  = flag.Int("refit-replicates", 1000, "account resamples that are refitted")
	benchWorkers = flag.Int("refit-workers", 2, "parallel workers")
	benchOut     = flag.String("refit-out", "", "folder for the rows and the figures, for the peers")
)

// TestRefitBench measures one account-bootstrap refit: unconstrained and bounded
// fit to convergence, clustered covariance, direction test and shrinkage, of
// snapshot rows with four pillars and one intercept, as the peers of
// testdata/bench/refit.py fit it. It does so for a quarter, half and all of the rows,
// and for a tenth of the replicates, and writes the rows and the first resamples for the
// peers. What is prepared once for all replicates is in their time.
func TestRefitBench(t *testing.T) {
	accounts := *benchRows / 8
	s := simulate(accounts, 9, 1, []float64{.45, .1, .15, .3}, 0.9, .09, 5)
	n := min(*benchRows, len(s.Y))
	var runs []map[string]any
	var sub *subject
	var full *estimate
	for _, c := range []struct{ rows, replicates int }{{n / 4, *benchRefits}, {n / 2, *benchRefits}, {n, max(1, *benchRefits/10)}, {n, *benchRefits}} {
		part := *s
		part.Y, part.Account, part.Period, part.Segment, part.ARR = s.Y[:c.rows], s.Account[:c.rows], s.Period[:c.rows], s.Segment[:c.rows], s.ARR[:c.rows]
		part.X = make([][]float64, len(s.X))
		for k := range s.X {
			part.X[k] = s.X[k][:c.rows]
		}
		f := newFrame(&part)
		sub = newSubject(f, f.complete, s.Weights, Single)
		runtime.GC()
		if full = sub.estimate(newFitter(sub.d), 10); full.status != converged {
			t.Fatal(sub.reason(full))
		}
		runs = append(runs, measureRefits(t, sub, full, c.replicates))
	}
	if *benchOut == "" {
		return
	}
	for k, p := range s.Pillars {
		write(t, "x_"+p, s.X[k][:n])
	}
	y := make([]float64, n)
	for i, c := range s.Y[:n] {
		y[i] = indicator(c)
	}
	write(t, "y", y)
	write(t, "account", sub.f.account)
	// The resamples the peers refit, and their slopes here.
	const shared = 20
	groups, f, e := strata(sub.f, sub.d), newFitter(sub.d), newEstimate(4)
	var mult []int32
	var slopes [][]float64
	for r := range shared {
		one := make([]int32, sub.d.accounts)
		draw(one, groups, benchSeed, r)
		f.refit(sub.d, one, sub.to, nil, exact, e)
		mult, slopes = append(mult, one...), append(slopes, slices.Clone(e.beta))
	}
	write(t, "multiplicities", mult)
	src, err := json.Marshal(map[string]any{"runs": runs, "coefficients": full.beta, "resample_coefficients": slopes})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*benchOut, "refit.json"), src, 0o644); err != nil {
		t.Fatal(err)
	}
}

const benchSeed = 1

// measureRefits refits replicates of a subject and returns the figures.
func measureRefits(t *testing.T, sub *subject, full *estimate, replicates int) map[string]any {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := processTime(t), time.Now()
	from, err := sub.unconstrainedOrigin(context.Background(), newFitter(sub.d), full.beta, *benchWorkers)
	if err != nil {
		t.Fatal(err)
	}
	prepared := time.Since(start)
	reps, err := sub.bootstrap(context.Background(), replicates, benchSeed, *benchWorkers, 10, from)
	if err != nil {
		t.Fatal(err)
	}
	took, used := time.Since(start), processTime(t)-cpu
	runtime.ReadMemStats(&after)
	if reps.refused > 0 {
		t.Errorf("%d refits failed", reps.refused)
	}
	n, rows := float64(replicates), len(sub.d.row)
	t.Logf("%d rows, %d refits on %d workers: %.2f ms a refit, %.2f ms of CPU; %.0f ms to prepare; %d allocations in all, %d MB; %d refits row by row",
		rows, replicates, *benchWorkers, 1000*took.Seconds()/n, 1000*used.Seconds()/n, 1000*prepared.Seconds(), after.Mallocs-before.Mallocs, (after.TotalAlloc-before.TotalAlloc)>>20, reps.byRows.Load())
	return map[string]any{
		"rows": rows, "accounts": distinct(sub.d.account), "pillars": sub.d.k, "replicates": replicates, "workers": *benchWorkers,
		"seconds": took.Seconds(), "cpu_seconds": used.Seconds(), "prepare_seconds": prepared.Seconds(),
		"allocations": after.Mallocs - before.Mallocs, "allocated_bytes": after.TotalAlloc - before.TotalAlloc, "by_rows": reps.byRows.Load(),
	}
}

// processTime is the CPU time of the process, all threads, which a busy machine
// stretches less than the clock.
func processTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func write(t *testing.T, name string, v any) {
	t.Helper()
	file, err := os.Create(filepath.Join(*benchOut, fmt.Sprint("refit.", name, ".bin")))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(file)
	if err := binary.Write(w, binary.LittleEndian, v); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

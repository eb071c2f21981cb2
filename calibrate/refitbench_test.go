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
// testdata/bench/refit.py fit it. It writes the same rows for them.
func TestRefitBench(t *testing.T) {
	accounts := *benchRows / 8
	s := simulate(accounts, 9, 1, []float64{.45, .1, .15, .3}, 0.9, .09, 5)
	n := min(*benchRows, len(s.Y))
	s.Y, s.Account, s.Period, s.Segment, s.ARR = s.Y[:n], s.Account[:n], s.Period[:n], s.Segment[:n], s.ARR[:n]
	for k := range s.X {
		s.X[k] = s.X[k][:n]
	}
	f := newFrame(s)
	sub := newSubject(f, f.complete, s.Weights, Single)
	start := time.Now()
	full := sub.estimate(newFitter(sub.d), 10)
	once := time.Since(start)
	if full.status != converged {
		t.Fatal(sub.reason(full))
	}
	from := sub.unconstrainedOrigin(newFitter(sub.d))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := processTime(t)
	start = time.Now()
	reps, err := sub.bootstrap(context.Background(), *benchRefits, 1, *benchWorkers, 10, from)
	if err != nil {
		t.Fatal(err)
	}
	took, used := time.Since(start), processTime(t)-cpu
	runtime.ReadMemStats(&after)
	if reps.refused > 0 {
		t.Errorf("%d refits failed", reps.refused)
	}
	figures := map[string]any{
		"rows": n, "accounts": len(f.ids), "churned_rows": f.churnedAccounts(f.complete), "pillars": 4, "replicates": *benchRefits, "workers": *benchWorkers,
		"seconds_per_refit": took.Seconds() / float64(*benchRefits), "cpu_seconds_per_refit": used.Seconds() / float64(*benchRefits), "seconds_full_fit": once.Seconds(),
		"allocations_per_refit": float64(after.Mallocs-before.Mallocs) / float64(*benchRefits), "coefficients": full.beta,
	}
	t.Logf("%d rows, %d refits on %d workers: %.2f ms a refit, %.2f ms of CPU, %.0f allocations a refit", n, *benchRefits, *benchWorkers, 1000*took.Seconds()/float64(*benchRefits), 1000*used.Seconds()/float64(*benchRefits), figures["allocations_per_refit"])
	if *benchOut == "" {
		return
	}
	for k, p := range s.Pillars {
		write(t, "x_"+p, s.X[k])
	}
	y := make([]float64, n)
	for i, c := range s.Y {
		y[i] = indicator(c)
	}
	write(t, "y", y)
	write(t, "account", f.account)
	src, err := json.Marshal(figures)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*benchOut, "refit.json"), src, 0o644); err != nil {
		t.Fatal(err)
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

// Command workbook writes the portfolio workbook of a published run, or only its
// Accounts sheet, and prints how long that took and how much memory. It is one
// side of a comparison; see ../workbook.py.
//
// More accounts than the run has are copies of its rows under ids of their own, on
// the sheets that list accounts one by one; other sheets stay as they are.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"accounthealth/internal/job"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/store"
	"accounthealth/reports"
)

func main() {
	folder := flag.String("run", "", "`folder` of a published run")
	copies := flag.Int("copies", 1, "`number` of copies of every account")
	only := flag.Bool("accounts-only", false, "write no other sheet that grows")
	out := flag.String("out", "", "workbook to write")
	flag.Parse()
	if err := run(*folder, *copies, *only, *out); err != nil {
		fmt.Fprintln(os.Stderr, "workbook:", err)
		os.Exit(1)
	}
}

func run(folder string, copies int, only bool, out string) error {
	files, err := store.Open(".")
	if err != nil {
		return err
	}
	m, err := job.Published(context.Background(), files, folder)
	if err != nil {
		return err
	}
	p := m.Portfolio
	if only {
		p = &portfolio.Report{
			AsOf: p.AsOf, Prior: portfolio.NoDay, Currency: p.Currency, Bands: p.Bands, PillarDefs: p.PillarDefs,
			BandNames: p.BandNames, Accounts: p.Accounts,
		}
	}
	p.Accounts = copied{p.Accounts, copies}
	base := p.AtRisk
	for c := 1; c < copies; c++ {
		for _, a := range base {
			a.ID = idOf(a.ID, c)
			p.AtRisk = append(p.AtRisk, a)
		}
	}
	before := peak()
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	start := time.Now()
	w := bufio.NewWriter(f)
	if err := reports.WritePortfolio(io.Writer(w), p, m.Options); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"seconds": time.Since(start).Seconds(), "rows": p.Accounts.Len(), "loaded_mib": before, "peak_mib": peak(),
	})
}

// peak is the greatest resident memory of the process so far, in MiB.
func peak() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Maxrss) / 1024
}

func idOf(id string, c int) string {
	if c == 0 {
		return id
	}
	return id + "-" + strconv.Itoa(c)
}

// copied are rows that repeat under ids of their own.
type copied struct {
	portfolio.AccountRows
	copies int
}

func (c copied) Len() int { return c.AccountRows.Len() * c.copies }

func (c copied) Row(i int, out *portfolio.AccountRow) {
	n := c.AccountRows.Len()
	c.AccountRows.Row(i%n, out)
	out.ID = idOf(out.ID, i/n)
}

// RowOf implements portfolio.AccountIndex.
func (c copied) RowOf(id string) (int, bool) { return c.AccountRows.(portfolio.AccountIndex).RowOf(id) }

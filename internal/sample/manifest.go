package sample

import (
	"fmt"
	"strings"

	"accounthealth/internal/day"
)

// Manifest says what was generated, and the truth behind it.
type Manifest struct {
	Options Options // as used: defaults filled in
	Sources []SourceCount
	Truth   Truth
	Model   Model

	Customers  int              // accounts in service at the end of the as-of day
	Onboarding int              // of them, with fewer than 90 days of tenure
	InNotice   int              // of them, with notice given
	Former     int              // accounts whose service ended before
	NoCustomer int              // trial, free, internal and test accounts
	ARR        map[string]int64 // recurring revenue of Customers by currency, in cents

	Logos     int // losses of whole accounts that count
	Uncounted int // losses of whole accounts that are no verdict on health
	Downsells int
	Plays     int
}

// Model is the part of the latent model that a test of recovery needs.
type Model struct {
	Pillars     [pillars]string
	HazardSlope float64 // yearly log hazard at a decision falls by this for a unit of weighted latent health
	Correlation float64 // between two latents, before shocks
	WeekToWeek  float64 // autocorrelation of the drifting part
	PillarSlope float64 // score points of a pillar for a unit of its latent, about
}

// SourceCount counts what one source holds, dirty rows included.
type SourceCount struct {
	Name    string
	Files   int
	Rows    int64
	Bytes   int64
	Planted [Flaws]int64 // dirty rows by Flaw; Impossible ones were clean rows before
}

func newManifest(opt Options) *Manifest {
	m := &Manifest{Options: opt, Truth: opt.Truth, ARR: map[string]int64{}, Model: Model{
		Pillars:     [pillars]string{"product", "support", "financial", "relationship"},
		HazardSlope: hazardSlope, Correlation: sharedLoading * sharedLoading, WeekToWeek: weekToWeek, PillarSlope: 18,
	}}
	for _, x := range everyExport() {
		m.Sources = append(m.Sources, SourceCount{Name: x.name})
	}
	return m
}

// Source returns the counts of one source, nil where there is none.
func (m *Manifest) Source(name string) *SourceCount {
	for i := range m.Sources {
		if m.Sources[i].Name == name {
			return &m.Sources[i]
		}
	}
	return nil
}

func (m *Manifest) add(p *part) {
	s := m.Source(p.source)
	s.Files++
	s.Rows += p.rows
	s.Bytes += int64(p.data.Len())
	for i, n := range p.planted {
		s.Planted[i] += n
	}
}

func (m *Manifest) count(a *account, w *world) {
	switch {
	case a.stage == stageChurned:
		m.Former++
	case a.stage != stageCustomer:
		m.NoCustomer++
	default:
		m.Customers++
		m.ARR[a.currency] += a.paying(w.last)
		if a.notice != none {
			m.InNotice++
		} else if w.last-a.start < 90 {
			m.Onboarding++
		}
	}
	for _, l := range a.losses {
		switch {
		case l.kind != "logo":
			m.Downsells++
		case l.counts:
			m.Logos++
		default:
			m.Uncounted++
		}
	}
	m.Plays += len(a.plays)
}

// String is the manifest for people: one line a fact, sources as a table.
func (m *Manifest) String() string {
	var b strings.Builder
	o := m.Options
	fmt.Fprintf(&b, "sample warehouse: %d accounts, %d months to %s, seed %d\n", o.Accounts, o.Months, day.Format(o.End), o.Seed)
	fmt.Fprintf(&b, "customers %d (onboarding %d, in notice %d), former %d, trial, free and internal %d\n",
		m.Customers, m.Onboarding, m.InNotice, m.Former, m.NoCustomer)
	for _, c := range append([]string{"USD"}, foreign[0].code, foreign[1].code) {
		if cents := m.ARR[c]; cents > 0 {
			fmt.Fprintf(&b, "ARR %d.%02d %s\n", cents/100, cents%100, c)
		}
	}
	fmt.Fprintf(&b, "losses: %d logos, %d logos that do not count, %d downsells; play runs %d\n", m.Logos, m.Uncounted, m.Downsells, m.Plays)
	w := m.Truth.Weights
	fmt.Fprintf(&b, "truth: product %.2f, support %.2f, financial %.2f, relationship %.2f\n", w[product], w[support], w[financial], w[relationship])
	fmt.Fprintf(&b, "%-14s %6s %10s %11s %9s %9s %7s %11s\n", "source", "files", "rows", "bytes", Repeated, Orphaned, Future, Impossible)
	for _, s := range m.Sources {
		fmt.Fprintf(&b, "%-14s %6d %10d %11d %9d %9d %7d %11d\n", s.Name, s.Files, s.Rows, s.Bytes,
			s.Planted[Repeated], s.Planted[Orphaned], s.Planted[Future], s.Planted[Impossible])
	}
	return b.String()
}

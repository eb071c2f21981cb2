// Package settings reads health.yaml: where the exports lie and how their columns
// are called, the reporting time zone and currency, which accounts count, how the
// calibration sample is cut, and when a run must stop. It opens no other file and
// knows no clock; paths are returned as written.
package settings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"accounthealth/internal/day"
	"accounthealth/internal/source"
	"accounthealth/internal/yamlfile"
)

// Settings is a health.yaml with its defaults filled in.
type Settings struct {
	File string // as named in messages
	// Relative paths below are relative to the folder of the settings file, which
	// may be in a bucket; each may also be absolute, or an address such as
	// s3://bucket/prefix.
	Exports   string
	Framework string // the name of a shipped framework, or a file
	Out       string
	History   string
	Returned  string // the folder of books that owners sent back
	// PersonalData is false where the names and addresses of people and what they
	// wrote are to be left out of the books.
	PersonalData bool

	AsOf     int32 // day; NoDay where the run decides
	Location *time.Location
	Currency string

	Sources []Source // in file order

	Population  Population
	Calibration Calibration
	// CurrentFor is how many days before the newest rows a table of layout current
	// still speaks for.
	CurrentFor int32
	// HistoryMonths is how many month-ends before the as-of date are rebuilt.
	HistoryMonths int
	// WhatIfAccounts is how many accounts the What-if sheet recomputes, those with
	// the most ARR; 0 leaves the sheet out.
	WhatIfAccounts int
	Limits         Limits
	Gates          Gates
	Holidays       []int32
	// ControlTotals are finance's own figures; nil where none are given.
	ControlTotals *ControlTotals
	Stores        []Store // how the buckets among the paths are reached
}

// NoDay marks an as-of date that the file does not set.
const NoDay = day.None

// layoutColumns are the columns that a layout adds to any source.
var layoutColumns = map[source.Layout][]string{
	source.Snapshot: {"snapshot_date"},
	source.SCD:      {"valid_from", "valid_to"},
}

// Source is one declared source.
type Source struct {
	Name     string
	Contract *source.Contract
	Path     string // relative to Exports, absolute, or an address
	Layout   source.Layout
	Columns  map[string]string // canonical name -> column of the file
	Where    string            // file:line:col, for messages
}

// Population says who is a customer.
type Population struct {
	OnboardingDays int32    // tenure below which an account is scored apart
	OutStages      []string // lifecycle stages that are no customers, compared without case
	NoticeDays     int32    // notice period where none is stated
	RollUp         bool     // children are part of their topmost parent
}

// Calibration says how the sample is cut and how the refit is run.
type Calibration struct {
	GapDays           int32
	CompleteAfterDays int32  // the recording of losses is complete this many days before the as-of date
	Quarters          int    // quarter-ends rebuilt
	Sampling          string // auto, calendar, renewal: which account-dates are judged
	Bootstrap         int    // replicates
	Seed              uint64
	// Partial says that the loss of a part of an account is an event too, from the
	// share PartialFrom of its ARR on.
	Partial     bool
	PartialFrom float64
}

// Limits are shares of a source's rows beyond which a run refuses to publish.
type Limits struct{ Duplicates, Orphans, Invalid float64 }

// Gates stop publication.
type Gates struct {
	RowsShare     float64 // rows of a source against the last run's
	FreshnessDays float64 // age of a source's newest row at the end of the as-of date
}

// Default returns the settings of an empty file.
func Default() Settings {
	return Settings{
		Exports: "exports", Framework: "account-health", Out: "out", History: "history", Returned: "returned", PersonalData: true,
		AsOf: NoDay, Location: time.UTC, Currency: "USD", CurrentFor: 2, HistoryMonths: 13, WhatIfAccounts: 20000,
		Population:  Population{OnboardingDays: 90, OutStages: []string{"trial", "free", "internal", "test"}, NoticeDays: 60},
		Calibration: Calibration{GapDays: 14, CompleteAfterDays: 30, Quarters: 8, Sampling: "auto", Bootstrap: 1000, Seed: 1, PartialFrom: 0.20},
		Limits:      Limits{Duplicates: 0.02, Orphans: 0.05, Invalid: 0.05},
		Gates:       Gates{RowsShare: 0.80, FreshnessDays: 1.5},
	}
}

// Parse reads a settings file. The error lists every problem with its place.
func Parse(name string, src []byte) (*Settings, error) {
	root, err := yamlfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	s := Default()
	s.File = name
	root.Need("version").Int(1, 1)
	text(root, "exports", &s.Exports)
	text(root, "framework", &s.Framework)
	text(root, "out", &s.Out)
	text(root, "history", &s.History)
	text(root, "returned_books", &s.Returned)
	if n := root.Field("personal_data"); n.Present() {
		s.PersonalData = n.Enum("keep", "leave_out") != "leave_out"
	}
	if n := root.Field("as_of"); n.Present() {
		s.AsOf = n.Date()
	}
	if n := root.Field("time_zone"); n.Present() {
		zone := n.Text()
		if loc, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			n.Problem("write an IANA name such as Europe/Berlin or UTC", "time_zone %q is unknown", zone)
		} else {
			s.Location = loc
		}
	}
	if n := root.Field("currency"); n.Present() {
		s.Currency = strings.ToUpper(n.Text())
		if len(s.Currency) != 3 {
			n.Problem("write an ISO 4217 code such as USD", "currency %q has not three letters", s.Currency)
		}
	}
	s.sources(root.Need("sources"))
	if n := root.Field("population"); n.Present() {
		whole(n, "onboarding_days", 0, 3650, &s.Population.OnboardingDays)
		whole(n, "notice_days", 0, 730, &s.Population.NoticeDays)
		if f := n.Field("roll_up"); f.Present() {
			s.Population.RollUp = f.Enum("none", "parent") == "parent"
		}
		if f := n.Field("out_stages"); f.Present() {
			s.Population.OutStages = f.Texts()
		}
		n.Done()
	}
	if n := root.Field("calibration"); n.Present() {
		c := &s.Calibration
		whole(n, "gap_days", 0, 365, &c.GapDays)
		whole(n, "complete_after_days", 0, 365, &c.CompleteAfterDays)
		whole(n, "quarters", 1, 40, &c.Quarters)
		if f := n.Field("sampling"); f.Present() {
			c.Sampling = f.Enum("auto", "calendar", "renewal")
		}
		whole(n, "bootstrap", 0, 100_000, &c.Bootstrap)
		whole(n, "seed", 0, 1<<31-1, &c.Seed)
		if f := n.Field("events"); f.Present() {
			c.Partial = f.Enum("logo", "logo_and_partial") == "logo_and_partial"
		}
		if f := n.Field("partial_from"); f.Present() {
			c.PartialFrom = f.Share(0.01, 1)
		}
		n.Done()
	}
	whole(root, "current_for_days", 0, 366, &s.CurrentFor)
	whole(root, "history_months", 1, 120, &s.HistoryMonths)
	whole(root, "what_if_accounts", 0, 1000000, &s.WhatIfAccounts)
	if n := root.Field("limits"); n.Present() {
		share(n, "duplicates", &s.Limits.Duplicates)
		share(n, "orphans", &s.Limits.Orphans)
		share(n, "invalid", &s.Limits.Invalid)
		n.Done()
	}
	if n := root.Field("gates"); n.Present() {
		share(n, "rows_share", &s.Gates.RowsShare)
		if f := n.Field("freshness_days"); f.Present() {
			s.Gates.FreshnessDays = f.Float(0, 3650)
		}
		n.Done()
	}
	if n := root.Field("holidays"); n.Present() {
		for _, item := range n.Items() {
			s.Holidays = append(s.Holidays, item.Date())
		}
	}
	s.ControlTotals = controlTotals(root.Field("control_totals"))
	s.Stores = stores(root.Field("stores"))
	root.Done()
	if err := root.Err(); err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *Settings) sources(n *yamlfile.Node) {
	var names []string
	for _, c := range source.All() {
		names = append(names, c.Name)
	}
	for name, item := range n.Pairs() {
		contract := source.Find(name)
		if contract == nil {
			item.ProblemAtKey(yamlfile.Near(name, names), "unknown source %q", name)
			continue
		}
		pos := item.KeyPos()
		src := Source{Name: name, Contract: contract, Layout: contract.Layout, Where: fmt.Sprintf("%s:%d:%d", s.File, pos.Line, pos.Col)}
		src.Path = item.Need("path").Text()
		if f := item.Field("layout"); f.Present() {
			var known []string
			for l := source.Events; l <= source.Current; l++ {
				known = append(known, l.String())
			}
			if word := f.Enum(known...); word != "" {
				src.Layout, _ = source.ParseLayout(word)
			}
		}
		if f := item.Field("columns"); f.Present() {
			src.Columns = map[string]string{}
			var columns []string
			for _, c := range contract.Columns {
				columns = append(columns, c.Name)
			}
			for column, value := range f.Pairs() {
				if _, ok := contract.Column(column); !ok && name != "signals" && !slices.Contains(layoutColumns[src.Layout], column) {
					value.ProblemAtKey(yamlfile.Near(column, columns), "source %s has no column %q", name, column)
					continue
				}
				src.Columns[column] = value.Word()
			}
		}
		item.Done()
		s.Sources = append(s.Sources, src)
	}
	if s.Source("accounts") == nil && n.Present() {
		n.Problem("add accounts: {path: ..., columns: ...}", "sources has no accounts, the one source that is required")
	}
}

// Source returns a declared source, or nil.
func (s *Settings) Source(name string) *Source {
	for i := range s.Sources {
		if s.Sources[i].Name == name {
			return &s.Sources[i]
		}
	}
	return nil
}

func text(n *yamlfile.Node, key string, into *string) {
	if f := n.Field(key); f.Present() {
		*into = f.Text()
	}
}

func share(n *yamlfile.Node, key string, into *float64) {
	if f := n.Field(key); f.Present() {
		*into = f.Share(0, 1)
	}
}

func whole[T int | int32 | uint64](n *yamlfile.Node, key string, lo, hi int, into *T) {
	if f := n.Field(key); f.Present() {
		*into = T(f.Int(lo, hi))
	}
}

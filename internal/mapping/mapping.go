package mapping

import (
	"accounthealth/internal/source"
)

// Options adjusts a guess. The zero value is ready.
type Options struct {
	// Exports is the folder that table paths are relative to, as health.yaml
	// should name it; "" means "exports".
	Exports string
	// Framework names the framework in health.yaml; "" means "account-health".
	Framework string
	// Signals are the framework's, as SignalsOf gives them; nil leaves signals
	// out of the guess and of the report.
	Signals []Signal
}

func (o Options) exports() string {
	if o.Exports == "" {
		return "exports"
	}
	return o.Exports
}

func (o Options) framework() string {
	if o.Framework == "" {
		return "account-health"
	}
	return o.Framework
}

// Mapping is the best guess for a set of tables.
type Mapping struct {
	Tables  int
	Sources []Source      // in the contract's order; not all are usable
	Unused  []Unused      // tables that are no source, by path
	Absent  []string      // canonical sources that no table was found for, in the contract's order
	Signals []SignalState // in the framework's order
	Churn   Churn
}

// Source is one canonical source and the table guessed for it.
type Source struct {
	Name       string
	Path       string
	Layout     source.Layout
	Rows       int64
	Confidence float64 // in [0, 1]
	Reasons    []string
	// Check says why the guess needs a person's eye; "" where it does not.
	Check   string
	Columns []Pick // mapped columns, in the contract's order
	Near    []Near // columns whose names fit and whose values do not
	// Unfound lists canonical columns that matter and were not found, required
	// ones first.
	Unfound []Unfound
	// Usable is false where a required column was not found; health.yaml then
	// holds the source as a comment.
	Usable bool
}

// Pick is one mapped column.
type Pick struct {
	Canonical  string
	Column     string // as the file names it
	Confidence float64
	Reasons    []string
	Check      string // why it needs a check; "" where it does not
	NextBest   string // the file column that would have been next; "" for none near
}

// Near is a file column that would be a canonical column but for its values.
type Near struct{ Canonical, Column, Why string }

// Unfound is a canonical column without a file column.
type Unfound struct {
	Canonical string
	Required  bool
	Help      string
}

// Unused is a table that is no source.
type Unused struct{ Path, Why string }

// Churn says what calibration has, or would need.
type Churn struct {
	// Found: a churn source with a date is mapped.
	Found bool
	// Needs are the columns to supply, with what they hold; empty if Found.
	Needs []Unfound
	// Hints are columns elsewhere from which losses could be derived.
	Hints []string
}

// Source returns the guess for a canonical source, or nil.
func (m *Mapping) Source(name string) *Source {
	for i := range m.Sources {
		if m.Sources[i].Name == name {
			return &m.Sources[i]
		}
	}
	return nil
}

func (m *Mapping) usable(name string) *Source {
	if s := m.Source(name); s != nil && s.Usable {
		return s
	}
	return nil
}

// Column returns the file column mapped to a canonical column, "" for none.
func (s *Source) Column(canonical string) string {
	if c := s.column(canonical); c != nil {
		return c.Column
	}
	return ""
}

func (s *Source) column(canonical string) *Pick {
	for i := range s.Columns {
		if s.Columns[i].Canonical == canonical {
			return &s.Columns[i]
		}
	}
	return nil
}

// Checks counts what a person should look at.
func (m *Mapping) Checks() int {
	n := 0
	for i := range m.Sources {
		if m.Sources[i].Check != "" {
			n++
		}
		for j := range m.Sources[i].Columns {
			if m.Sources[i].Columns[j].Check != "" {
				n++
			}
		}
	}
	return n
}

// Computable counts the signals that can be computed and the pillars they
// belong to.
func (m *Mapping) Computable() (signals, pillars int) {
	seen := map[string]bool{}
	for _, s := range m.Signals {
		if s.Computable {
			signals++
			seen[s.Pillar] = true
		}
	}
	return signals, len(seen)
}

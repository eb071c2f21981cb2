package mapping

import (
	"fmt"
	"strings"
)

// Report says in plain text what was found, what needs a check, what is missing,
// which signals can therefore be computed, and what calibration would need.
func Report(m *Mapping) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	usable := 0
	for i := range m.Sources {
		if m.Sources[i].Usable {
			usable++
		}
	}
	p("Found %s: %s recognised.", plural(m.Tables, "table"), plural(usable, "source"))
	width := 0
	for i := range m.Sources {
		width = max(width, len(m.Sources[i].Name))
	}
	for i := range m.Sources {
		s := &m.Sources[i]
		state := plural(len(s.Columns), "column") + " mapped"
		if n := s.checks(); n > 0 {
			state += fmt.Sprintf(", %d to check", n)
		}
		if !s.Usable {
			state += ", cannot be used yet"
		}
		p("  %-*s  %s (%s rows, layout %s): %s", width, s.Name, comment(s.Path), thousands(s.Rows), s.Layout, state)
	}

	if m.Checks() > 0 {
		p("")
		p("To check")
		for i := range m.Sources {
			s := &m.Sources[i]
			if s.Check != "" {
				p("  %s from %s: %s", s.Name, comment(s.Path), comment(s.Check))
			}
			for _, c := range s.Columns {
				if c.Check == "" {
					continue
				}
				next := ""
				if c.NextBest != "" {
					next = " (next best: " + comment(c.NextBest) + ")"
				}
				p("  %s.%s from %s: %s%s", s.Name, c.Canonical, comment(c.Column), comment(c.Check), next)
			}
		}
	}
	m.reportMissing(p)
	m.reportSignals(p)
	m.reportChurn(p)
	return b.String()
}

func (s *Source) checks() int {
	n := 0
	for _, c := range s.Columns {
		if c.Check != "" {
			n++
		}
	}
	return n
}

func (m *Mapping) reportMissing(p func(string, ...any)) {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if m.Source("accounts") == nil {
		add("accounts: no table has one row an account; nothing can be scored without it")
	}
	for i := range m.Sources {
		s := &m.Sources[i]
		for _, u := range s.Unfound {
			if u.Required {
				add("%s.%s, required: %s", s.Name, u.Canonical, u.Help)
			}
		}
		for _, u := range s.Unfound {
			if !u.Required {
				add("%s.%s: %s", s.Name, u.Canonical, u.Help)
			}
		}
		for _, n := range s.Near {
			add("%s.%s: %s %s", s.Name, n.Canonical, comment(n.Column), comment(n.Why))
		}
	}
	for _, u := range m.Unused {
		add("table %s %s", comment(u.Path), comment(u.Why))
	}
	if lines == nil {
		return
	}
	p("")
	p("Not found, or not used")
	for _, l := range lines {
		p("  %s", l)
	}
}

func (m *Mapping) reportSignals(p func(string, ...any)) {
	signals, pillars := m.Computable()
	p("")
	p("Signals: %d of %d can be computed, in %s", signals, len(m.Signals), plural(pillars, "pillar"))
	width := 0
	for _, s := range m.Signals {
		width = max(width, len(s.Name))
	}
	for _, s := range m.Signals {
		mark, from := "no ", s.From
		if s.Computable {
			mark, from = "yes", "from "+from
			if s.TodayOnly {
				from += " (today only)"
			}
		}
		p("  %s  %-*s  %s", mark, width, s.Name, from)
	}
	if pillars < 2 {
		p("  A score needs signals in at least two pillars.")
	}
}

func (m *Mapping) reportChurn(p func(string, ...any)) {
	p("")
	if m.Churn.Found {
		p("Calibration: lost accounts are in %s.", comment(m.Source("churn").Path))
		return
	}
	p("Calibration: no dated table of lost accounts. To calibrate, supply these three columns as source churn:")
	for _, n := range m.Churn.Needs {
		need := ""
		if !n.Required {
			need = "optional: "
		}
		p("  %-13s  %s%s", n.Canonical, need, n.Help)
	}
	for _, h := range m.Churn.Hints {
		p("  Possible: %s", comment(h))
	}
}

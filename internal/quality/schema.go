package quality

import (
	"strings"

	"accounthealth/internal/portfolio"
	"accounthealth/internal/warehouse"
)

// schema lists what changed in a source's columns since the last run; nothing
// where that run did not know them.
func (in *Input) schema(m *Meter) []portfolio.SchemaRow {
	names, was := in.Prior.written(m.name)
	if len(names) == 0 || m.rows == 0 { // files without rows show no columns
		return nil
	}
	var out []portfolio.SchemaRow
	add := func(column string, mapped bool, change, before, now, verdict string) {
		out = append(out, portfolio.SchemaRow{Source: m.name, Column: column, Mapped: mapped, Change: change, Before: before, Now: now, Verdict: verdict})
	}
	is := map[string]bool{}
	for _, c := range m.written {
		key := strings.ToLower(c.Name)
		is[key] = true
		now, mapped := strings.Join(c.Types, ", "), len(c.Canonical) > 0
		switch before, ok := was[key]; {
		case !ok:
			add(c.Name, mapped, "added", "", now, portfolio.Info)
		case before.Type != now && mapped:
			add(c.Name, mapped, "type changed", before.Type, now, portfolio.Warn)
		case before.Type != now:
			add(c.Name, mapped, "type changed", before.Type, now, portfolio.Info)
		}
	}
	for _, key := range names {
		if is[key] {
			continue
		}
		verdict := portfolio.Info
		if was[key].Role != "" {
			verdict = portfolio.Fail
		}
		add(was[key].File, was[key].Role != "", "removed", was[key].Type, "", verdict)
	}
	return out
}

// newSources lists sources that came or went since the last run.
func (in *Input) newSources() []portfolio.SchemaRow {
	if in.Prior == nil || len(in.Prior.Sources) == 0 {
		return nil
	}
	var out []portfolio.SchemaRow
	is := map[string]bool{}
	for _, m := range in.Meters {
		is[m.name] = true
		if in.Prior.source(m.name) == nil {
			out = append(out, portfolio.SchemaRow{Source: m.name, Mapped: true, Change: "added", Verdict: portfolio.Info})
		}
	}
	for _, s := range in.Prior.Sources {
		if !is[s.Name] {
			out = append(out, portfolio.SchemaRow{Source: s.Name, Change: "removed", Verdict: portfolio.Info})
		}
	}
	return out
}

// firstFile is the first file in which a column has its newest type.
func firstFile(columns []warehouse.FileColumn, name string) string {
	for _, c := range columns {
		if strings.EqualFold(c.Name, name) && len(c.First) > 0 {
			return shortPath(c.First[len(c.First)-1])
		}
	}
	return ""
}

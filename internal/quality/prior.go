package quality

import (
	"slices"
	"strings"

	"accounthealth/internal/portfolio"
)

// Prior is what the last run published before the as-of date measured.
type Prior struct {
	AsOf    int32
	Rows    map[string]int64 // rows of each source, by name
	Sources []portfolio.SourceRow
	Columns []portfolio.ColumnRow
}

func (p *Prior) rows(source string) (int64, bool) {
	if p == nil {
		return 0, false
	}
	if s := p.source(source); s != nil { // of the copy in force, where there are several
		return s.Rows, true
	}
	n, ok := p.Rows[source]
	return n, ok
}

func (p *Prior) source(name string) *portfolio.SourceRow {
	if p == nil {
		return nil
	}
	if i := slices.IndexFunc(p.Sources, func(s portfolio.SourceRow) bool { return s.Name == name }); i >= 0 {
		return &p.Sources[i]
	}
	return nil
}

// column returns a column that was measured, nil without one.
func (p *Prior) column(source, name string) *portfolio.ColumnRow {
	if p == nil {
		return nil
	}
	i := slices.IndexFunc(p.Columns, func(c portfolio.ColumnRow) bool { return c.Source == source && c.Name == name && c.Measured })
	if i < 0 {
		return nil
	}
	return &p.Columns[i]
}

// written returns what a source's columns were in the files, by lower-case name
// in the order they were kept, each once.
func (p *Prior) written(source string) (names []string, by map[string]portfolio.ColumnRow) {
	by = map[string]portfolio.ColumnRow{}
	if p == nil {
		return nil, by
	}
	for _, c := range p.Columns {
		key := strings.ToLower(c.File)
		if c.Source != source || c.File == "" {
			continue
		}
		if known, ok := by[key]; ok {
			known.Role = known.Role + c.Role // mapped, if any of them is
			by[key] = known
			continue
		}
		names = append(names, key)
		by[key] = c
	}
	return names, by
}

package mapping

import (
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/source"
)

// accept records a match as a source.
func (g *guesser) accept(x *match, ti, si int) *Source {
	t, con := &g.tables[ti], &g.contracts[si]
	g.taken[ti] = con.Name
	g.m.Sources = append(g.m.Sources, Source{
		Name: con.Name, Path: t.Path, Rows: t.Rows, Layout: con.Layout,
		Confidence: min(1, x.score), Reasons: x.reasons, Usable: len(x.missing) == 0,
	})
	s := &g.m.Sources[len(g.m.Sources)-1]
	if x.score < settled {
		s.check("it is only the best guess")
	}
	g.columns(s, x, t, g.targets[si])
	s.layout(t, con, x)
	return s
}

func (s *Source) check(format string, args ...any) {
	if s.Check != "" {
		s.Check += "; "
	}
	s.Check += fmt.Sprintf(format, args...)
}

// layout tells full copies and spells from what the contract expects.
func (s *Source) layout(t *table, con *source.Contract, x *match) {
	has := func(name string) bool {
		return slices.ContainsFunc(t.cols, func(c column) bool { return strings.EqualFold(c.Name, name) })
	}
	switch {
	case x.current:
		s.Layout = source.Current
		s.check("it has no date, so it is known for today only and leaves past dates out")
	case con.Layout == source.Current && has("valid_from") && has("valid_to"):
		s.Layout = source.SCD
		s.Reasons = append(s.Reasons, "valid_from and valid_to: one row a spell")
	case con.Layout == source.Current && t.datedPartition() != "":
		s.copies(t)
	case s.copied(t, con):
		s.copies(t)
		c := s.column(con.Key[0])
		c.Check = joinCheck(c.Check, "most of its values are in several partitions, so each is taken for a full copy; if they are not, write layout: events")
	case con.Name == "signals" && s.Column("date") == "" && t.datedPartition() == "":
		s.Layout = source.Current
	case con.Layout == source.Current:
		if c := s.column("account_id"); c != nil && t.Rows > 0 {
			for j := range t.cols {
				if d := &t.cols[j]; d.Name == c.Column && d.repeat {
					c.Check = joinCheck(c.Check, fmt.Sprintf("%s different ids on %s rows: duplicates, or several copies", thousands(d.Distinct), thousands(t.Rows)))
				}
			}
		}
	}
}

// copies makes a source one of full copies, dated by their partitions.
func (s *Source) copies(t *table) {
	s.Layout = source.Snapshot
	day := t.datedPartition()
	s.Reasons = append(s.Reasons, "partitioned by "+day+": each partition is a full copy")
	if s.Column(snapshotDate) == "" {
		s.Columns = append(s.Columns, Pick{Canonical: snapshotDate, Column: day, Confidence: 1, Reasons: []string{"the partitions' date"}})
	}
}

// snapshotDate is the column that dates full copies.
const snapshotDate = "snapshot_date"

// copied reports whether the rows of a table whose partitions have dates are there
// once a partition: what should be one row a key is several.
func (s *Source) copied(t *table, con *source.Contract) bool {
	if con.Layout != source.Events || len(con.Key) == 0 || con.Key[0] == "account_id" || t.datedPartition() == "" || t.Rows == 0 {
		return false
	}
	key := s.Column(con.Key[0])
	return slices.ContainsFunc(t.cols, func(c column) bool {
		return c.Name == key && (!c.Capped || len(c.Keys) > 0) && c.Distinct > 0 && c.Distinct*4 < (t.Rows-c.Nulls)*3
	})
}

func joinCheck(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// columns writes a match's picks, near misses and gaps into its source.
func (g *guesser) columns(s *Source, x *match, t *table, tgs []target) {
	used := map[int]bool{}
	for _, j := range x.pick {
		used[j] = true
	}
	for i := range tgs {
		tg := &tgs[i]
		j := x.pick[i]
		if j < 0 {
			s.near(tg, x.ratings[i], t, used)
			_, signal := g.needed(tg)
			if tg.required && slices.Contains(x.missing, tg.name) || !tg.isSignal && !tg.required && signal {
				s.Unfound = append(s.Unfound, Unfound{tg.name, tg.required, helpOf(tg)})
			}
			continue
		}
		r := &x.ratings[i][j]
		p := Pick{Canonical: tg.name, Column: t.cols[j].Name, Confidence: min(1, r.score), Reasons: r.reasons, Check: r.doubt}
		for k := range t.cols {
			o := &x.ratings[i][k]
			if k == j || used[k] || o.score < accept {
				continue
			}
			if p.NextBest == "" || o.score > x.ratings[i][indexOf(t, p.NextBest)].score {
				p.NextBest = t.cols[k].Name
			}
		}
		switch {
		case p.Check != "":
		case r.score < certain:
			p.Check = "the name is only similar"
		case t.cols[j].unique && tg.name == tg.ownKey() && tg.name != "account_id":
			p.NextBest = "" // any unique key serves
		case p.NextBest != "" && x.ratings[i][indexOf(t, p.NextBest)].score > r.score-nearby:
			p.Check = "another column fits as well"
		}
		s.Columns = append(s.Columns, p)
	}
	slices.SortStableFunc(s.Unfound, func(a, b Unfound) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
}

// tidy drops remarks that no longer matter once everything is mapped: columns
// that found another use, and gaps behind signals that are computed otherwise.
func (g *guesser) tidy() {
	m := g.m
	used := map[[2]string]bool{}
	for _, s := range m.Sources {
		for _, p := range s.Columns {
			used[[2]string{s.Path, p.Column}] = true
		}
	}
	open := map[string]bool{}
	for i := range g.signals {
		for _, route := range g.signals[i].Routes {
			for _, n := range route {
				if !m.Signals[i].Computable {
					open[n.Source+"."+n.Column] = true
				}
			}
		}
	}
	for i := range m.Sources {
		s := &m.Sources[i]
		s.Near = slices.DeleteFunc(s.Near, func(n Near) bool { return used[[2]string{s.Path, n.Column}] })
		s.Unfound = slices.DeleteFunc(s.Unfound, func(u Unfound) bool {
			return !u.Required && s.Name != "accounts" && !open[s.Name+"."+u.Canonical]
		})
	}
}

func indexOf(t *table, name string) int {
	return slices.IndexFunc(t.cols, func(c column) bool { return c.Name == name })
}

// near records the best-named column that a target cannot use, and why.
func (s *Source) near(tg *target, ratings []rating, t *table, used map[int]bool) {
	best := -1
	for j := range ratings {
		if used[j] || ratings[j].problem == "" || ratings[j].name < 0.75 {
			continue
		}
		if best < 0 || ratings[j].name > ratings[best].name {
			best = j
		}
	}
	if best >= 0 {
		s.Near = append(s.Near, Near{tg.name, t.cols[best].Name, ratings[best].problem})
	}
}

// needed reports whether a signal reads the target's column.
func (g *guesser) needed(tg *target) (name string, ok bool) {
	for i := range g.signals {
		for _, route := range g.signals[i].Routes {
			for _, n := range route {
				if n.Source == tg.source && n.Column == tg.name {
					return g.signals[i].Name, true
				}
			}
		}
	}
	return "", tg.source == "accounts" && (tg.name == "arr" || tg.name == "renewal_date" || tg.name == "start_date" || tg.name == "owner" || tg.name == "account_name")
}

func helpOf(tg *target) string {
	if c := source.Find(tg.source); c != nil {
		if col, ok := c.Column(tg.name); ok {
			return col.Help
		}
	}
	return "signal " + tg.name
}

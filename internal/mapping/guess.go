package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/source"
)

const (
	recognised = 0.45 // a table is taken for a source from this score
	settled    = 0.60 // and needs no check from this one
)

// Guess maps tables to the data contract. The result does not depend on the
// order of tables or columns. No tables give a mapping without sources.
func Guess(tables []Table, opt Options) *Mapping {
	g := &guesser{tables: prepare(tables), signals: opt.Signals, taken: map[int]string{}}
	g.m = &Mapping{Tables: len(g.tables)}
	for _, c := range source.All() {
		g.contracts = append(g.contracts, c)
		g.targets = append(g.targets, targetsOf(&c, g.signals))
	}
	g.accounts()
	g.others()
	g.wide()
	g.leftovers()
	m := g.m
	slices.SortFunc(m.Sources, func(a, b Source) int { return cmp.Compare(g.index(a.Name), g.index(b.Name)) })
	for _, c := range g.contracts {
		if m.Source(c.Name) == nil {
			m.Absent = append(m.Absent, c.Name)
		}
	}
	m.Signals = m.states(g.signals)
	m.Churn = g.churn()
	g.tidy()
	return m
}

type guesser struct {
	tables    []table
	signals   []Signal
	contracts []source.Contract
	targets   [][]target     // by contract
	taken     map[int]string // table -> source
	home      int            // the accounts table, -1 for none
	key       *column        // the accounts table's key, nil for none
	m         *Mapping
}

func (g *guesser) index(name string) int {
	return slices.IndexFunc(g.contracts, func(c source.Contract) bool { return c.Name == name })
}

// match is one table read as one source.
type match struct {
	score   float64 // how much it looks like the source
	named   float64 // by its name
	reasons []string
	ratings [][]rating // by target, column
	pick    []int      // by target: the column, -1 for none
	missing []string   // required columns without a pick; the source's own time excepted where a current table does
	current bool       // it has no date of its own
}

// read assigns a table's columns to a source's. bonus raises the ratings of one
// target's columns (may be nil).
func (g *guesser) read(ti, si int, bonus []float64) *match {
	t, tgs, con := &g.tables[ti], g.targets[si], &g.contracts[si]
	x := &match{ratings: make([][]rating, len(tgs))}
	gain := make([][]int64, len(tgs))
	named := make([]int, len(t.cols)) // the target whose very name a column bears, -1 for none
	for j := range t.cols {
		named[j] = slices.IndexFunc(tgs, func(tg target) bool { return strings.EqualFold(tg.name, t.cols[j].Name) })
	}
	for i := range tgs {
		x.ratings[i] = make([]rating, len(t.cols))
		gain[i] = make([]int64, len(t.cols))
		for j := range t.cols {
			if named[j] >= 0 && named[j] != i {
				continue
			}
			r := rate(&tgs[i], t, &t.cols[j], g.key)
			if tgs[i].name == "account_id" && bonus != nil {
				if r.score == 0 && r.problem == "" && bonus[j] > 0.2 && t.cols[j].unique && t.cols[j].kind != Time {
					r.score, r.doubt = 0.4, "only its values say so, which other tables hold"
				}
				if r.score > 0 {
					r.score = min(1, max(0, r.score+bonus[j]))
				}
			}
			x.ratings[i][j] = r
			if r.score >= accept {
				weight := 1.0
				if tgs[i].required || tgs[i].name == con.Time {
					weight = 1.5
				}
				gain[i][j] = points(r.score * weight)
			}
		}
	}
	x.pick = assign(gain, len(t.cols))
	x.judge(t, con, tgs)
	return x
}

// judge scores how much the table looks like the source: by its name, and by the
// share of the source's telling columns that it has, where 60% of them are as
// good as all.
func (x *match) judge(t *table, con *source.Contract, tgs []target) {
	text := ""
	x.named, text = tableScore(t, con.Name)
	var have, all float64
	found, ready := 0, 0
	for i := range tgs {
		all += tgs[i].weight
		if j := x.pick[i]; j >= 0 && !x.ratings[i][j].flawed {
			have += tgs[i].weight * x.ratings[i][j].score
			found++
			if tgs[i].isSignal && x.ratings[i][j].name >= 0.85 {
				ready++
			}
		} else if tgs[i].required {
			x.missing = append(x.missing, tgs[i].name)
		}
	}
	columns := min(1, have/(0.6*all))
	switch con.Name {
	case "accounts":
		columns = min(1, have/(0.45*all))
	case "signals": // any five ready-made signals make it one; one alone says nothing
		columns = min(1, float64(ready)/5)
		if ready < 2 {
			columns = 0
		}
	}
	x.score = max(0.5*x.named+0.5*columns, 0.9*columns)
	if x.named < 0.5 && t.namedElse(con.Name) {
		x.score *= 0.6
	}
	if con.Name == "nps" && x.isTickets(t, tgs) {
		x.score *= 0.5
	}
	if x.named >= 0.5 {
		x.reasons = append(x.reasons, fmt.Sprintf("the table's name resembles %q", text))
	}
	x.reasons = append(x.reasons, fmt.Sprintf("%d of %d columns found", found, len(tgs)))

	// Tables that state what is, without when, can still be used for today.
	if standing[con.Name] && len(x.missing) == 1 && x.missing[0] == con.Time && found > 1 {
		at := slices.IndexFunc(tgs, func(tg target) bool { return tg.name == con.Time })
		if x.pick[at] < 0 {
			x.missing, x.current = nil, true
		}
	}
}

// isTickets reports whether what is read as NPS answers is a table of tickets: it
// has a date of closing beside that of opening, and its rating ends at 5, whereas
// NPS goes to 10.
func (x *match) isTickets(t *table, tgs []target) bool {
	score := slices.IndexFunc(tgs, func(tg target) bool { return tg.name == "score" })
	j := x.pick[score]
	if j < 0 || !t.cols[j].ranged || t.cols[j].hi > 5 {
		return false
	}
	tickets := targetsOf(source.Find("tickets"), nil)
	return slices.ContainsFunc(tickets, func(tg target) bool {
		return tg.name == "closed_at" && slices.ContainsFunc(t.cols, func(c column) bool {
			r := rate(&tg, t, &c, nil)
			return r.score >= accept
		})
	})
}

// standing sources make sense without a date, as what is known today. Tickets,
// invoices and the like don't: what they are used for is when they happened.
var standing = map[string]bool{"usage": true, "nps": true, "pulse": true, "signals": true}

// namedElse reports whether the table's name plainly says another source.
func (t *table) namedElse(name string) bool {
	for other := range tableNames {
		if s, _ := tableScore(t, other); other != name && s >= 0.9 {
			return true
		}
	}
	return false
}

func tableScore(t *table, name string) (score float64, text string) {
	for _, a := range vocabulary().tables[name] {
		if s := similarity(t.words, a.words) * a.strength; s > score {
			score, text = s, a.text
		}
	}
	return score, text
}

// accounts chooses the accounts table: the one that looks like it, whose ids are
// unique, and whose ids the other tables hold.
func (g *guesser) accounts() {
	g.home = -1
	si := g.index("accounts")
	var best, second *match
	var bestTable, secondTable int
	foreign := g.foreignKeys()
	for ti := range g.tables {
		bonus := g.keyBonus(ti, foreign)
		x := g.read(ti, si, bonus)
		if len(x.missing) > 0 {
			continue
		}
		at := x.pick[0]
		x.score += 0.4 * bonus[at]
		if g.isChild(ti, at) {
			x.score *= 0.5
		}
		switch {
		case best == nil || x.score > best.score:
			best, second, bestTable, secondTable = x, best, ti, bestTable
		case second == nil || x.score > second.score:
			second, secondTable = x, ti
		}
	}
	if best == nil || best.score < recognised {
		return
	}
	s := g.accept(best, bestTable, si)
	if second != nil && second.score >= recognised && best.score-second.score < 0.15 {
		s.check("%s looks like accounts too", g.tables[secondTable].Path)
	}
	g.home = bestTable
	g.key = &g.tables[bestTable].cols[best.pick[0]]
}

// foreignKeys lists, by table, the columns that may hold another table's ids, and
// rates every column's name as an account key's.
func (g *guesser) foreignKeys() [][]int {
	out := make([][]int, len(g.tables))
	child := &g.targets[g.index("usage")][0] // any child's account_id
	for ti := range g.tables {
		t := &g.tables[ti]
		for j := range t.cols {
			c := &t.cols[j]
			c.keyed, _ = nameScore(child, t, c)
			// Small whole numbers lie in one another by accident, and so do few
			// values: those need a name that says account.
			if c.keyed >= 0.6 || len(c.Keys) > 0 && c.Distinct >= 20 && (c.kind == IDLike || c.kind == Text) {
				out[ti] = append(out[ti], j)
			}
		}
	}
	return out
}

// keyBonus rates every column of a table as its own key: unique, and found in
// other tables.
func (g *guesser) keyBonus(ti int, foreign [][]int) []float64 {
	t := &g.tables[ti]
	bonus := make([]float64, len(t.cols))
	for j := range t.cols {
		c := &t.cols[j]
		if c.repeat {
			bonus[j] -= 0.15
		}
		if c.kind == Time || c.kind == Flag || c.empty || c.Distinct > 0 && c.Distinct*2 < t.Rows && !c.Capped && !t.repeats() {
			continue // no account's own key, whoever holds its values
		}
		var hits, tables float64
		for other := range g.tables {
			if other == ti {
				continue
			}
			known, hit := false, 0.0
			for _, k := range foreign[other] {
				oc := &g.tables[other].cols[k]
				within := reach(oc, c)
				if within < 0 {
					known = known || oc.keyed >= 0.6
					continue
				}
				if share, ok := contained(oc, c); ok && (oc.keyed >= 0.6 || share >= 0.9) {
					known = true
					if share >= 0.9 {
						hit = 1
					}
				} else if !ok && within > 0 && oc.keyed >= 0.6 {
					known, hit = true, max(hit, 0.5)
				}
			}
			if known {
				tables++
				hits += hit
			}
		}
		if tables > 0 {
			bonus[j] += 0.5*hits/tables - 0.1
		}
	}
	// A key that no other table holds, a surrogate say, gives way to one that others do.
	if slices.Max(append([]float64{0}, bonus...)) >= 0.3 {
		for j := range bonus {
			if bonus[j] <= 0 {
				bonus[j] -= 0.3
			}
		}
	}
	return bonus
}

// isChild reports whether a table's rows are several an account: its own key
// comes twice a row on average, or beside it another column that is named as an
// account's key repeats.
func (g *guesser) isChild(ti, own int) bool {
	t := &g.tables[ti]
	for j := range t.cols {
		c := &t.cols[j]
		known := t.Rows - c.Nulls
		switch {
		case c.keyed < 0.9 || !c.repeat || c.kind == Text:
		case j != own && c.Distinct*50 < known*49, j == own && !t.repeats() && c.Distinct*2 < known:
			return true
		}
	}
	return false
}

// repeats reports whether a table holds full copies, one a partition or file.
func (t *table) repeats() bool { return t.datedPartition() != "" }

func (t *table) datedPartition() string {
	for _, p := range t.Partitions {
		if w := tokens(p); slices.ContainsFunc(w, func(s string) bool { return concept(s) == "date" || s == "ds" || s == "snapshot" }) {
			return p
		}
	}
	return ""
}

// others assigns the remaining tables to the remaining sources, all at once.
func (g *guesser) others() {
	grid := make([][]*match, len(g.tables))
	gain := make([][]int64, len(g.tables))
	for ti := range g.tables {
		grid[ti] = make([]*match, len(g.contracts))
		gain[ti] = make([]int64, len(g.contracts))
		if ti == g.home {
			continue
		}
		for si := range g.contracts {
			if g.contracts[si].Name == "accounts" {
				continue
			}
			x := g.read(ti, si, nil)
			grid[ti][si] = x
			if x.score < recognised {
				continue
			}
			score := x.score
			if len(x.missing) > 0 {
				if x.named < 0.6 {
					continue
				}
				score *= 0.6
			}
			gain[ti][si] = points(score)
		}
	}
	for ti, si := range assign(gain, len(g.contracts)) {
		// A table pushed far from what it looks like, because another one has that
		// place, is a second table of that kind.
		if si < 0 || gain[ti][si] < slices.Max(gain[ti])-points(0.2) {
			continue
		}
		x := grid[ti][si]
		s := g.accept(x, ti, si)
		for other, y := range grid[ti] {
			if other != si && y != nil && len(y.missing) == 0 && gain[ti][other] > gain[ti][si]-points(nearby) {
				s.check("it could be %s too", g.contracts[other].Name)
			}
		}
	}
	for ti := range g.tables {
		best := slices.Max(gain[ti])
		if g.taken[ti] != "" || best == 0 {
			continue
		}
		name := g.contracts[slices.Index(gain[ti], best)].Name
		if s := g.m.Source(name); s != nil {
			g.taken[ti] = "second " + name
			g.m.Unused = append(g.m.Unused, Unused{g.tables[ti].Path, fmt.Sprintf(
				"looks like %s too, for which %s is used; a source is one path: put both into one folder, or unite them", name, s.Path)})
		}
	}
}

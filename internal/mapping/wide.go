package mapping

import (
	"fmt"
	"slices"

	"accounthealth/internal/source"
)

// wide looks for more than accounts in the accounts table: one file, one row an
// account, as people send by mail. Its usage columns become the usage source and
// its ready-made signals the signals source, both over the same file and known
// for today only. Sources that have tables of their own are left alone, and so
// are signals that those tables give.
func (g *guesser) wide() {
	if g.home < 0 {
		return
	}
	if g.m.Source("usage") == nil {
		g.widen("usage", func(tg *target, r *rating) bool {
			return tg.name != "date" && r.name >= 0.7 && r.score >= 0.6
		})
	}
	if g.m.Source("signals") == nil {
		g.widenSignals()
	}
}

// widen reads the accounts table as a further source. fits chooses the columns;
// account_id is the one that accounts uses.
func (g *guesser) widen(name string, fits func(*target, *rating) bool) {
	si := g.index(name)
	t, tgs := &g.tables[g.home], g.targets[si]
	x := &match{ratings: make([][]rating, len(tgs)), current: true}
	gain := make([][]int64, len(tgs))
	own := g.m.Source("accounts").column("account_id")
	for i := range tgs {
		x.ratings[i] = make([]rating, len(t.cols))
		gain[i] = make([]int64, len(t.cols))
		for j := range t.cols {
			if tgs[i].name == "account_id" {
				if t.cols[j].Name == own.Column {
					x.ratings[i][j] = rating{score: own.Confidence, name: 1, reasons: []string{"the accounts' key"}}
					gain[i][j] = points(2)
				}
				continue
			}
			r := rate(&tgs[i], t, &t.cols[j], nil)
			x.ratings[i][j] = r
			if fits(&tgs[i], &r) {
				gain[i][j] = points(r.score)
			}
		}
	}
	x.pick = assign(gain, len(t.cols))
	found := 0
	for i := range tgs {
		if x.pick[i] >= 0 && tgs[i].name != "account_id" {
			found++
		}
	}
	s := Source{
		Name: name, Path: t.Path, Layout: source.Current, Rows: t.Rows, Confidence: g.m.Source("accounts").Confidence, Usable: found > 0,
		Reasons: []string{fmt.Sprintf("%d of its columns are in the accounts table", found)},
	}
	g.columns(&s, x, t, tgs)
	if s.Layout == source.Current {
		s.Unfound = slices.DeleteFunc(s.Unfound, func(u Unfound) bool { return u.Canonical == "date" })
	}
	if found == 0 {
		if len(s.Near) == 0 {
			return
		}
		// Nothing usable, but names that come close are worth telling.
		a := g.m.Source("accounts")
		for _, n := range s.Near {
			if !slices.ContainsFunc(a.Columns, func(p Pick) bool { return p.Column == n.Column }) {
				a.Near = append(a.Near, Near{name + "." + n.Canonical, n.Column, n.Why})
			}
		}
		return
	}
	g.m.Sources = append(g.m.Sources, s)
}

// widenSignals maps the accounts table's ready-made signals, but for those that
// the mapping computes already: two sources of one signal could disagree.
func (g *guesser) widenSignals() {
	computed := map[string]string{}
	for _, st := range g.m.states(g.signals) {
		if st.Computable {
			computed[st.Name] = st.From
		}
	}
	inUsage := map[string]bool{}
	if u := g.m.Source("usage"); u != nil {
		for _, p := range u.Columns {
			inUsage[p.Column] = p.Canonical != "account_id"
		}
	}
	t := &g.tables[g.home]
	g.widen("signals", func(tg *target, r *rating) bool {
		return tg.isSignal && computed[tg.name] == "" && r.name >= 0.7 && r.score >= 0.6
	})
	s := g.m.Source("signals")
	if s == nil {
		return
	}
	s.Near = slices.DeleteFunc(s.Near, func(n Near) bool { return inUsage[n.Column] || computed[n.Canonical] != "" })
	for i := range g.signals {
		from := computed[g.signals[i].Name]
		if from == "" {
			continue
		}
		tg := g.signals[i].target()
		for j := range t.cols {
			if r := rate(&tg, t, &t.cols[j], nil); r.name >= 0.9 && r.problem == "" && !inUsage[t.cols[j].Name] {
				s.Near = append(s.Near, Near{tg.name, t.cols[j].Name, "is left out: the signal is computed from " + from})
				break
			}
		}
	}
}

// leftovers explains the tables that are no source.
func (g *guesser) leftovers() {
	for ti := range g.tables {
		if g.taken[ti] != "" {
			continue
		}
		t := &g.tables[ti]
		g.m.Unused = append(g.m.Unused, Unused{t.Path, g.explain(t)})
	}
	slices.SortFunc(g.m.Unused, func(a, b Unused) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
}

func (g *guesser) explain(t *table) string {
	if len(t.cols) == 0 {
		return "has no columns"
	}
	foreign := &g.targets[g.index("usage")][0]
	key, when, event, person := "", false, false, false
	for j := range t.cols {
		c := &t.cols[j]
		if r := rate(foreign, t, c, g.key); key == "" && r.score >= accept {
			key = c.Name
		}
		when = when || c.kind == Time
		for _, w := range c.words {
			event = event || w.text == "event" || w.text == "action"
			person = person || w.text == "user" || w.text == "visitor"
		}
	}
	switch {
	case key != "" && when && event && person:
		return "looks like raw events; aggregate it to one row an account and day (active_users, logins, features_used) to use it as usage"
	case key != "":
		return fmt.Sprintf("holds account ids (%s), but is none of the sources that the framework reads", key)
	case g.home >= 0:
		if via := g.via(t); via != "" {
			return via
		}
		return "no column holds account ids"
	}
	return "is none of the sources that the framework reads"
}

// via finds a key of another source's table, through which account ids could be
// joined.
func (g *guesser) via(t *table) string {
	for _, s := range g.m.Sources {
		key := g.contracts[g.index(s.Name)].Key
		if len(key) == 0 || key[0] == "account_id" {
			continue
		}
		own := s.Column(key[0])
		at := slices.IndexFunc(g.tables, func(o table) bool { return o.Path == s.Path })
		if own == "" || at < 0 {
			continue
		}
		theirs := &g.tables[at].cols[indexOf(&g.tables[at], own)]
		for j := range t.cols {
			c := &t.cols[j]
			if share, ok := contained(c, theirs); ok && share >= 0.9 && c.kind != Number {
				return fmt.Sprintf("no column holds account ids; %s holds ids of %s: join %s's account id to it", c.Name, s.Name, s.Path)
			}
		}
	}
	return ""
}

package framework

import (
	"slices"

	"accounthealth/internal/source"
	"accounthealth/internal/yamlfile"
)

var roles = []source.Role{source.ID, source.Text, source.Number, source.Money, source.Time, source.Flag}

func roleNames() []string {
	var out []string
	for _, r := range roles {
		out = append(out, r.String())
	}
	return out
}

// sources reads the sources that the framework brings itself, and the columns
// that it adds to canonical ones.
func (c *compiler) sources(n *yamlfile.Node) {
	for name, v := range n.Pairs() {
		c.name(v, "source")
		contract := source.Contract{Name: name, Grain: "row", Layout: source.Events}
		canonical := source.Find(name)
		if canonical != nil {
			contract = *canonical
			contract.Columns = slices.Clone(canonical.Columns)
		} else {
			contract.Columns = []source.Column{{Name: "account_id", Role: source.ID, Required: true, Help: "the account's key, exact text"}}
		}
		for column, e := range v.Need("columns").Pairs() {
			c.name(e, "column")
			if _, ok := contract.Column(column); ok {
				e.ProblemAtKey("remove it", "source %s has a column %s already", name, column)
				continue
			}
			contract.Columns = append(contract.Columns, readColumn(column, e))
		}
		when := v.Field("time")
		switch {
		case canonical != nil && when.Present():
			when.ProblemAtKey("remove it", "source %s has its time column already, %s", name, canonical.Time)
		case canonical == nil:
			contract.Time = c.column(v.Need("time"), &contract, source.Time)
			for i := range contract.Columns {
				if contract.Columns[i].Name == contract.Time {
					contract.Columns[i].Required = true
				}
			}
		}
		if key := v.Field("key"); key.Present() {
			if canonical != nil {
				key.ProblemAtKey("remove it", "source %s has its key already", name)
			} else {
				contract.Key = c.columnList(key, &contract, roles...)
			}
		}
		v.Done()
		c.fw.Sources = append(c.fw.Sources, contract)
	}
}

// readColumn reads "number", or {role: number, min: 1, max: 7, help: ...}.
func readColumn(name string, n *yamlfile.Node) source.Column {
	col := source.Column{Name: name}
	role := n
	if n.Kind() == yamlfile.Map {
		role = n.Need("role")
	}
	if i := slices.Index(roleNames(), role.Enum(roleNames()...)); i >= 0 {
		col.Role = roles[i]
	}
	if n.Kind() != yamlfile.Map {
		return col
	}
	lo, hi := n.Field("min"), n.Field("max")
	if lo.Present() || hi.Present() {
		if col.Role != source.Number && col.Role != source.Money {
			n.Problem("remove min and max", "a %s column has no range", col.Role)
		}
		col.Bounded, col.Min, col.Max = true, n.Need("min").Float(-1e12, 1e12), n.Need("max").Float(-1e12, 1e12)
		if col.Min > col.Max {
			hi.Problem("raise it", "max is below min")
		}
	}
	if h := n.Field("help"); h.Present() {
		col.Help = h.Text()
	}
	n.Done()
	return col
}

// contract returns the contract of a source that n names, nil with the problem
// recorded when there is none.
func (c *compiler) contract(n *yamlfile.Node, name string) *source.Contract {
	contract := c.fw.Contract(name)
	if contract == nil {
		var names []string
		for _, s := range c.fw.Sources {
			names = append(names, s.Name)
		}
		for _, s := range source.All() {
			names = append(names, s.Name)
		}
		fix := "declare it under sources"
		if yamlfile.Nearest(name, names) != "" {
			fix = yamlfile.Near(name, names)
		}
		n.Problem(fix, "no source is called %q", name)
	}
	return contract
}

// own returns the framework's own contract of a source, made from the canonical
// one if there is none yet.
func (c *compiler) own(name string) *source.Contract {
	for i := range c.fw.Sources {
		if c.fw.Sources[i].Name == name {
			return &c.fw.Sources[i]
		}
	}
	contract := *source.Find(name)
	contract.Columns = slices.Clone(contract.Columns)
	c.fw.Sources = append(c.fw.Sources, contract)
	return &c.fw.Sources[len(c.fw.Sources)-1]
}

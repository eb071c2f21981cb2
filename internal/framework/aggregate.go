package framework

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/source"
	"accounthealth/internal/yamlfile"
)

// result is what an aggregate is asked to give.
type result uint8

const (
	aNumber result = iota
	aWord
	aDate
)

func (r result) String() string { return [...]string{"a number", "a word", "a date"}[r] }

// aggFuncs are the keys that name an aggregate function, in documented order.
var aggFuncs = []string{"latest", "count", "sum", "mean", "min", "max", "max_by", "periods"}

// giving lists the roles that a function's column may have for a result.
func giving(f plan.Func, r result) []source.Role {
	switch r {
	case aWord:
		if f == plan.Latest || f == plan.MaxBy {
			return []source.Role{source.Text, source.Flag}
		}
	case aDate:
		if f == plan.Latest || f == plan.Min || f == plan.Max || f == plan.MaxBy {
			return []source.Role{source.Time}
		}
	default:
		return []source.Role{source.Number, source.Money}
	}
	return nil
}

// modifiers are the keys that may stand beside a function.
var modifiers = []string{
	"by", "parts", "at", "from", "until", "window", "shift", "days", "where",
	"tolerance", "min_change", "at_least", "below", "basis", "else",
}

var dayWords = []string{"all", "working"}

// maxDays is the longest window, shift and age that a file may ask for, in days.
const maxDays = 3660

// aggregate reads the function and the rows of an aggregate out of a map that
// may hold other keys as well; the caller calls Done. A nil contract means that
// the source could not be told.
func (c *compiler) aggregate(n *yamlfile.Node, want result, extra ...string) plan.Agg {
	var a plan.Agg
	fn := c.function(n, append(slices.Clone(aggFuncs), extra...))
	if !fn.Present() {
		return a
	}
	a.Func, _ = plan.ParseFunc(fn.Name()) // any and no are counts; test gives them their limit
	if slices.Contains(extra, fn.Name()) {
		a.Func = plan.Count
	}
	contract := c.target(fn, &a, want)
	by, parts := n.Field("by"), n.Field("parts")
	if a.Func == plan.MaxBy {
		n.Need("by")
		a.By = c.column(by, contract, source.Number, source.Money, source.Time)
	} else if by.Present() {
		by.ProblemAtKey("remove it", `"by" belongs to max_by only`)
	}
	if a.Func == plan.Periods {
		a.Parts = int32(n.Need("parts").Int(2, 366))
	} else if parts.Present() {
		parts.ProblemAtKey("remove it", `"parts" belongs to periods only`)
	}
	c.placing(n, &a, contract)
	if a.Func == plan.Periods && a.Window == 0 {
		n.Problem("add window: 365", "periods needs a window to cut into parts")
	}
	c.where(n.Field("where"), &a, contract)
	return a
}

// function returns the one entry of n whose key names a function, an Absent node
// with the problem recorded otherwise.
func (c *compiler) function(n *yamlfile.Node, names []string) *yamlfile.Node {
	var found *yamlfile.Node
	for _, f := range names {
		v := n.Field(f)
		switch {
		case !v.Present():
		case found == nil:
			found = v
		default:
			v.ProblemAtKey("keep one of them", "%s and %s stand side by side", found.Name(), f)
		}
	}
	if found == nil {
		found = n.Field(names[0])
		for _, k := range modifiers {
			n.Field(k)
		}
		if n.Kind() == yamlfile.Map && n.Done() {
			n.Problem("add one of "+strings.Join(names, ", "), "%s names no function", n.Name())
		}
	}
	return found
}

// target reads "source" or "source.column" behind a function.
func (c *compiler) target(fn *yamlfile.Node, a *plan.Agg, want result) *source.Contract {
	text := fn.Text()
	if text == "" {
		return nil
	}
	name, column, dotted := strings.Cut(text, ".")
	contract := c.contract(fn, name)
	if contract == nil {
		return nil
	}
	a.Source = name
	if a.Func == plan.Count || a.Func == plan.Periods {
		if dotted {
			fn.Problem(fmt.Sprintf("write %s: %s", fn.Name(), name), "%s counts rows and takes no column", fn.Name())
		} else if want != aNumber {
			fn.Problem("use latest", "%s gives a number, not %s", fn.Name(), want)
		}
		return contract
	}
	if !dotted {
		fn.Problem("write source.column", "%s needs a column of %s", fn.Name(), name)
		return contract
	}
	col, ok := contract.Column(column)
	if !ok {
		fn.Problem(yamlfile.Near(column, columnNames(contract)), "source %s has no column %q", name, column)
		return contract
	}
	if roles := giving(a.Func, want); !slices.Contains(roles, col.Role) {
		fix := "use another column"
		if roles == nil {
			fix = "use latest"
		}
		fn.Problem(fix, "%s of %s (%s) does not give %s", fn.Name(), text, col.Role, want)
	}
	a.Column = column
	return contract
}

// placing reads how rows are placed in time.
func (c *compiler) placing(n *yamlfile.Node, a *plan.Agg, contract *source.Contract) {
	at, from, until := n.Field("at"), n.Field("from"), n.Field("until")
	a.Window = int32(n.Field("window").Int(0, maxDays))
	a.Shift = int32(n.Field("shift").Int(0, maxDays))
	if days := n.Field("days"); days.Enum(dayWords...) == dayWords[1] {
		a.Days = plan.WorkingDays
	}
	switch {
	case from.Present():
		if at.Present() {
			at.ProblemAtKey("keep one of them", `"at" and "from" stand side by side`)
		}
		a.From = c.column(from, contract, source.Time)
		a.Until = c.column(until, contract, source.Time)
		return
	case until.Present():
		until.ProblemAtKey(`add "from"`, `"until" stands without "from"`)
	case at.Present():
		a.At = c.columnList(at, contract, source.Time)
		return
	}
	switch {
	case contract == nil:
	case contract.Time == "" && contract.Layout == source.Current:
		// One overwritten table: what it says is so today, and nothing else is known.
		if a.Window > 0 || a.Shift > 0 || a.Days == plan.WorkingDays || a.Func == plan.Periods {
			n.Problem("remove window, shift and days", "source %s has no dates", contract.Name)
		}
	case contract.Time == "":
		n.Problem(`add "at" or "from" with a date column`, "source %s does not say which date places its rows", contract.Name)
	default:
		a.At = []string{contract.Time}
	}
}

// where reads the filter.
func (c *compiler) where(n *yamlfile.Node, a *plan.Agg, contract *source.Contract) {
	for name, v := range n.Pairs() {
		cond := plan.Cond{Column: name}
		col := source.Column{}
		if contract != nil {
			var ok bool
			if col, ok = contract.Column(name); !ok {
				v.ProblemAtKey(yamlfile.Near(name, columnNames(contract)), "source %s has no column %q", contract.Name, name)
				continue
			}
			if col.Role == source.Time {
				v.ProblemAtKey("use window, from and until for dates", "%s is a time column", name)
				continue
			}
		}
		numeric := col.Role == source.Number || col.Role == source.Money
		switch {
		case v.Kind() == yamlfile.Map && (v.Field("at_least").Present() || v.Field("below").Present()):
			if !numeric {
				v.Problem("compare it with words", "%s is a %s column, not a number", name, col.Role)
			}
			bounds(v, &cond)
		case v.Kind() == yamlfile.Map:
			cond.Not = true
			condWords(v.Need("not"), &cond, col)
		default:
			condWords(v, &cond, col)
		}
		if v.Kind() == yamlfile.Map {
			if or := v.Field("or_null"); or.Present() {
				cond.Null = or.Bool()
			}
			v.Done()
		}
		a.Where = append(a.Where, cond)
	}
}

func bounds(v *yamlfile.Node, cond *plan.Cond) {
	cond.Bounded, cond.AtLeast, cond.Below = true, math.Inf(-1), math.Inf(1)
	if lo := v.Field("at_least"); lo.Present() {
		cond.AtLeast = lo.Float(-1e12, 1e12)
	}
	if hi := v.Field("below"); hi.Present() {
		cond.Below = hi.Float(-1e12, 1e12)
	}
	if cond.AtLeast >= cond.Below {
		v.Problem("raise below", "no number is at least %v and below %v", cond.AtLeast, cond.Below)
	}
}

// condWords reads the values that a column may have: one, or a list in which
// null stands for no value.
func condWords(v *yamlfile.Node, cond *plan.Cond, col source.Column) {
	list := []*yamlfile.Node{v}
	if v.Kind() == yamlfile.List {
		list = list[:0]
		for _, w := range v.Items() {
			list = append(list, w)
		}
		if len(list) == 0 {
			v.Problem("name at least one value", "the list is empty")
		}
	}
	for _, w := range list {
		if w.Kind() == yamlfile.Null && v.Kind() == yamlfile.List {
			cond.Null = true
			continue
		}
		word := w.Word()
		switch {
		case word == "":
		case col.Role == source.Number || col.Role == source.Money:
			w.Problem("write {at_least: 1} or {below: 5}", "%s is a %s column, compared with a word", col.Name, col.Role)
		case col.Role == source.Flag && word != "true" && word != "false":
			w.Problem("write true, false or null", "%s is a flag, not %q", col.Name, word)
		case slices.Contains(cond.In, word):
			w.Problem("keep one of them", "%q is listed twice", word)
		default:
			cond.In = append(cond.In, word)
		}
	}
}

// column reads the name of a column with one of the roles.
func (c *compiler) column(n *yamlfile.Node, contract *source.Contract, roles ...source.Role) string {
	name := n.Text()
	if name == "" || contract == nil {
		return name
	}
	col, ok := contract.Column(name)
	switch {
	case !ok:
		n.Problem(yamlfile.Near(name, columnNames(contract, roles...)), "source %s has no column %q", contract.Name, name)
	case !slices.Contains(roles, col.Role):
		n.Problem("use one of "+strings.Join(columnNames(contract, roles...), ", "), "%s.%s is a %s column, not a %s", contract.Name, name, col.Role, roles[0])
	}
	return name
}

func (c *compiler) columnList(n *yamlfile.Node, contract *source.Contract, roles ...source.Role) []string {
	if n.Kind() != yamlfile.List {
		return []string{c.column(n, contract, roles...)}
	}
	var out []string
	for _, e := range n.Items() {
		out = append(out, c.column(e, contract, roles...))
	}
	if len(out) == 0 {
		n.Problem("name at least one column", "the list is empty")
	}
	return out
}

// columnNames lists a source's columns, those with one of the roles if any are
// given.
func columnNames(contract *source.Contract, roles ...source.Role) []string {
	var out []string
	for _, col := range contract.Columns {
		if len(roles) == 0 || slices.Contains(roles, col.Role) {
			out = append(out, col.Name)
		}
	}
	return out
}

package framework

import (
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/yamlfile"
)

// names is one vocabulary of the file: what is defined in one place and named in
// others. Where a name is not defined, either it is misspelt or the definition is;
// which of them shows only when the whole file is read.
type names struct {
	defined []definition
	unknown []reference
	meant   []string // names that a definition misspells, which is told already
}

type definition struct {
	name  string
	at    yamlfile.Pos
	used  bool
	tell  func(fix, format string, args ...any)
	alone func() // tells what else is wrong with a name that nothing refers to; may be nil
}

type reference struct {
	name, what string // what says that there is no such name
	line       int
	tell       func(fix, format string, args ...any)
}

// define takes up the name that is a value.
func (v *names) define(name string, n *yamlfile.Node) {
	v.defined = append(v.defined, definition{name: name, at: n.Pos(), tell: n.Problem})
}

// defineKey takes up the name that is n's key.
func (v *names) defineKey(n *yamlfile.Node) {
	v.defined = append(v.defined, definition{name: n.Name(), at: n.KeyPos(), tell: n.ProblemAtKey})
}

// all lists the names in file order.
func (v *names) all() []string {
	var out []string
	for i := range v.defined {
		out = append(out, v.defined[i].name)
	}
	return out
}

// refer returns the place of the name that n is, -1 where it is not defined. The
// rest says so, for an unknown name, as a format of the name and args.
func (v *names) refer(n *yamlfile.Node, name, format string, args ...any) int {
	return v.find(name, reference{line: n.Pos().Line, tell: n.Problem}, format, args)
}

// referKey is refer for the name that is n's key.
func (v *names) referKey(n *yamlfile.Node, format string, args ...any) int {
	return v.find(n.Name(), reference{line: n.KeyPos().Line, tell: n.ProblemAtKey}, format, args)
}

func (v *names) find(name string, r reference, format string, args []any) int {
	i := slices.IndexFunc(v.defined, func(d definition) bool { return d.name == name })
	switch {
	case i >= 0:
		v.defined[i].used = true
	case name != "": // else it is a problem already
		r.name, r.what = name, fmt.Sprintf(format, append([]any{name}, args...)...)
		v.unknown = append(v.unknown, r)
	}
	return i
}

// unused leaves what is wrong with a name of a place of its own, unless it turns out
// to be a misspelt one.
func (v *names) unused(name string, tell func()) {
	for i := range v.defined {
		if v.defined[i].name == name {
			v.defined[i].alone = tell
		}
	}
}

// settle tells what is wrong with the names of the file.
func (v *names) settle() {
	// Of two names that are equally near, one that nothing refers to is meant.
	var near []string
	for _, used := range []bool{false, true} {
		for i := range v.defined {
			if v.defined[i].used == used {
				near = append(near, v.defined[i].name)
			}
		}
	}
	told := map[string]bool{}
	for _, r := range v.unknown {
		if told[r.name] || slices.Contains(v.meant, r.name) {
			continue
		}
		i := slices.Index(v.all(), yamlfile.Nearest(r.name, near))
		switch same := v.unknownAs(r.name); {
		case i < 0 || v.defined[i].used:
			fix := "define it"
			if len(near) > 0 {
				fix = yamlfile.Near(r.name, v.all())
			}
			if i >= 0 {
				fix = yamlfile.Near(r.name, near)
			}
			r.tell(fix, "%s", r.what)
		case len(same) == 1:
			d := &v.defined[i]
			d.alone = nil
			r.tell(fmt.Sprintf("did you mean %q, or is that misspelt on line %d", d.name, d.at.Line), "%s", r.what)
		default:
			d := &v.defined[i]
			d.alone, told[r.name] = nil, true
			d.tell(fmt.Sprintf("did you mean %q", r.name), "nothing refers to %q, and %q, on lines %s, is not defined", d.name, r.name, strings.Join(same, ", "))
		}
	}
	for i := range v.defined {
		if tell := v.defined[i].alone; tell != nil {
			tell()
		}
	}
}

// unknownAs lists the lines that refer to an unknown name.
func (v *names) unknownAs(name string) []string {
	var lines []int
	for _, r := range v.unknown {
		if r.name == name {
			lines = append(lines, r.line)
		}
	}
	slices.Sort(lines)
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = fmt.Sprint(line)
	}
	return out
}

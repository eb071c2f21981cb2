package warehouse

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/source"
)

// resolved is where a part file holds a canonical column: a leaf, a partition
// key, or neither, which reads as null.
type resolved struct {
	leaf *leaf
	key  *Partition
}

func (r resolved) found() bool { return r.leaf != nil || r.key != nil }

// want is a contract's column with the name to look for in the files.
type want struct {
	source.Column
	name   string // in the files
	mapped bool   // by the user
}

// wanted joins a contract with the user's mapping, whose keys must be columns of
// the contract.
func wanted(spec *Spec) ([]want, error) {
	contract := spec.Contract
	canonical := make([]string, len(contract.Columns))
	out := make([]want, len(contract.Columns))
	for i, c := range contract.Columns {
		canonical[i] = c.Name
		name, mapped := spec.Columns[c.Name]
		if !mapped {
			name = c.Name
		}
		out[i] = want{Column: c, name: name, mapped: mapped}
	}
	for _, key := range sortedKeys(spec.Columns) {
		if slices.Contains(canonical, key) {
			continue
		}
		fix := "remove it from columns:"
		if near := nearest(key, canonical, 3); len(near) > 0 {
			fix = "did you mean " + strings.Join(near, " or ") + "?"
		}
		return nil, diag.Errorf(diag.Config, contract.Name, fix, "columns: names %s, which the source does not have", key)
	}
	return out, nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// find looks a name up in a part: the same name first, then the same letters in
// another case, among its columns, then among its partition keys and, in the form
// size(name), among its lists.
func (p *part) find(name string, partitions []Partition) (resolved, error) {
	var folded []string
	var r resolved
	for i := range p.leaves {
		l := &p.leaves[i]
		if l.path == name {
			if slices.ContainsFunc(p.leaves[i+1:], func(m leaf) bool { return m.path == name }) {
				return resolved{}, diag.Errorf(diag.Data, p.file.Path, "rename or drop one in the export", "two columns are called %s", name)
			}
			return resolved{leaf: l}, nil
		}
		if strings.EqualFold(l.path, name) {
			folded = append(folded, l.path)
			r.leaf = l
		}
	}
	if len(folded) > 1 {
		return resolved{}, diag.Errorf(diag.Data, p.file.Path, "map the exact name under columns:", "column %s could be %s", name, strings.Join(folded, " or "))
	}
	if len(folded) == 1 {
		return r, nil
	}
	for i := range partitions {
		if strings.EqualFold(partitions[i].Key, name) {
			return resolved{key: &partitions[i]}, nil
		}
	}
	l, err := p.findLength(name)
	return resolved{leaf: l}, err
}

// fieldsOf lists the leaves below a group of that name: a struct's fields.
func (p *part) fieldsOf(name string) (fields []string, list *listNode) {
	for i := range p.leaves {
		l := &p.leaves[i]
		if len(l.path) > len(name) && strings.EqualFold(l.path[:len(name)+1], name+".") {
			fields = append(fields, l.path)
			if list == nil {
				list = l.list
			}
		}
	}
	return fields, list
}

// resolve finds a wanted column in a part and checks that it can serve its role.
func (p *part) resolve(contract string, w *want, partitions []Partition) (resolved, error) {
	r, err := p.find(w.name, partitions)
	if err != nil {
		return r, err
	}
	where := p.file.Path
	if r.leaf != nil {
		if what, fix := r.leaf.refusal(w.Role, w.Name); what != "" {
			return r, diag.Errorf(diag.Data, where, fix, "column %s (%s.%s) %s", r.leaf.path, contract, w.Name, what)
		}
	}
	if !r.found() {
		fields, list := p.fieldsOf(w.name)
		switch {
		case list != nil:
			return r, diag.Errorf(diag.Data, where, list.advice(w.Role), "column %s (%s.%s) is a list", w.name, contract, w.Name)
		case len(fields) > 0:
			return r, diag.Errorf(diag.Data, where, fmt.Sprintf("name the field: columns: {%s: %s}", w.Name, fields[0]), "column %s (%s.%s) is a struct of %s", w.name, contract, w.Name, strings.Join(fields, ", "))
		}
	}
	return r, nil
}

// missing is the error for a required column that a file lacks.
func (p *part) missing(contract string, w *want, partitions []Partition) error {
	var names []string
	for i := range p.leaves {
		if l := &p.leaves[i]; l.list != nil {
			if size := l.list.sizeName(); !slices.Contains(names, size) {
				names = append(names, size)
			}
		} else {
			names = append(names, l.path)
		}
	}
	for _, k := range partitions {
		names = append(names, k.Key)
	}
	what := fmt.Sprintf("source %s needs column %s, and there is none of that name", contract, w.Name)
	if w.mapped {
		what = fmt.Sprintf("source %s maps column %s to %s, and there is none of that name", contract, w.Name, w.name)
	}
	near := nearest(w.name, names, 3)
	if len(near) == 0 {
		near = nearest(w.Name, names, 3)
	}
	if len(near) == 0 && w.Role == source.Time && len(partitions) == 1 {
		if _, err := day.Parse(partitions[0].Value); err == nil {
			near = []string{partitions[0].Key}
		}
	}
	fix := "map it: columns: {" + w.Name + ": NAME_IN_THE_FILE}; the file has " + strings.Join(firstN(names, 20), ", ")
	if len(near) > 0 {
		fix = "map it: columns: {" + w.Name + ": " + near[0] + "}"
		what += "; near matches are " + strings.Join(near, ", ")
	}
	return diag.Errorf(diag.Data, p.file.Path, fix, "%s", what)
}

func firstN(s []string, n int) []string {
	if len(s) <= n {
		return s
	}
	return append(slices.Clone(s[:n]), "...")
}

// nearest returns up to n names that resemble name, best first: equal without
// punctuation and case, then one within the other, then few edits apart.
func nearest(name string, names []string, n int) []string {
	type match struct {
		name  string
		score int
	}
	var found []match
	want := letters(name)
	for _, x := range names {
		have := letters(x)
		score := -1
		switch d := editDistance(want, have); {
		case want == have:
			score = 0
		case len(want) >= 2 && len(have) >= 2 && (strings.Contains(have, want) || strings.Contains(want, have)):
			score = 1 + d
		case d <= max(2, len(want)/3):
			score = 2 + d
		case abbreviates(want, have) || abbreviates(have, want):
			score = 20 + d
		}
		if score >= 0 {
			found = append(found, match{x, score})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(a.score, b.score) })
	var out []string
	for _, m := range found[:min(n, len(found))] {
		out = append(out, m.name)
	}
	return out
}

// letters keeps a name's letters and digits in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127 {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// abbreviates says whether short starts as long does, keeps its last letter and
// drops letters in between only: acctid for accountid.
func abbreviates(short, long string) bool {
	if len(short) < 3 || len(short) >= len(long) || short[0] != long[0] || short[len(short)-1] != long[len(long)-1] {
		return false
	}
	i := 0
	for j := 0; j < len(long) && i < len(short); j++ {
		if long[j] == short[i] {
			i++
		}
	}
	return i == len(short)
}

// editDistance counts insertions, deletions and replacements.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

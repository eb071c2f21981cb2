package warehouse

import (
	"slices"
	"strings"
)

// FileColumn is one column of a source's files as they were written, mapped or
// not.
type FileColumn struct {
	Name string // in the files, with dots for the fields of a struct
	// Canonical lists the contract's columns that are read from it.
	Canonical []string
	// Types are the types as written, in order of first appearance; First is the
	// first file of each.
	Types, First []string
	Files        int   // files that have the column
	Rows         int64 // rows of those files
}

// FileColumns lists the columns of the files that have rows, partition keys
// included, in order of first appearance. Names that differ in case only are one
// column. It reads nothing: the footers say it all.
func (s *Source) FileColumns() []FileColumn {
	var out []FileColumn
	at := map[string]int{}
	see := func(o *opened, name, typ string) {
		i, ok := at[strings.ToLower(name)]
		if !ok {
			i = len(out)
			at[strings.ToLower(name)] = i
			out = append(out, FileColumn{Name: name})
		}
		c := &out[i]
		c.Files++
		c.Rows += o.meta.NumRows
		if !slices.Contains(c.Types, typ) {
			c.Types, c.First = append(c.Types, typ), append(c.First, o.file.Path)
		}
	}
	for i := range s.parts {
		o := &s.parts[i]
		if o.meta.NumRows == 0 {
			continue
		}
		for k := range o.leaves {
			see(o, o.leaves[k].path, o.leaves[k].shown)
		}
		for _, p := range o.partitions {
			see(o, p.Key, "partition key")
		}
		for k, r := range o.columns {
			name := ""
			switch {
			case r.leaf != nil:
				name = o.leaves[r.leaf.index].path // of size(list), the list's own column
			case r.key != nil:
				name = r.key.Key
			default:
				continue
			}
			if c := &out[at[strings.ToLower(name)]]; !slices.Contains(c.Canonical, s.wants[k].Name) {
				c.Canonical = append(c.Canonical, s.wants[k].Name)
			}
		}
	}
	return out
}

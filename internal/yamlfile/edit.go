package yamlfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Edit is one change to a file. Empty parts change nothing.
type Edit struct {
	At     *Node    // a node of the file that is edited
	Text   string   // replaces the scalar At as written, in YAML
	Above  []string // comment lines, without '#', put above At's key at its indentation
	Beside string   // comment, without '#', at the end of At's line; replaces the one there
}

// Edited returns the file with the edits applied and every other byte as it was.
// n may be any node of the file. It reads its result back and returns an error
// unless exactly the named scalars changed.
func (n *Node) Edited(edits ...Edit) ([]byte, error) {
	f := n.f
	replaced := map[*Node]string{}
	beside := map[int][]string{}
	var cuts []cut
	for _, e := range edits {
		if e.At == nil || e.At.f != f || e.At.kind == Absent {
			return nil, errors.New("yamlfile: edit of a node that is not in the file")
		}
		if e.Text != "" {
			if e.At.kind != Scalar || e.At.start < 0 {
				return nil, fmt.Errorf("yamlfile: %s on line %d is not a value on one line", e.At.name, e.At.at.Line)
			}
			replaced[e.At] = e.Text
			cuts = append(cuts, cut{e.At.start, e.At.end, []byte(e.Text)})
		}
		if len(e.Above) > 0 {
			cuts = append(cuts, f.above(e.At.KeyPos().Line, e.Above))
		}
		if e.Beside != "" {
			beside[e.At.at.Line] = append(beside[e.At.at.Line], e.Beside)
		}
	}
	for line, notes := range beside {
		cuts = append(cuts, f.beside(line, strings.Join(notes, "; ")))
	}
	out, err := splice(f.src, cuts)
	if err != nil {
		return nil, err
	}
	if err := verify(f, out, replaced); err != nil {
		return nil, err
	}
	return out, nil
}

// cut replaces src[from:to].
type cut struct {
	from, to int
	text     []byte
}

func (f *file) above(line int, lines []string) cut {
	from := f.lines[line-1]
	rest := f.src[from:]
	indent := rest[:len(rest)-len(bytes.TrimLeft(rest, " "))]
	var b bytes.Buffer
	for _, l := range lines {
		b.Write(indent)
		b.WriteString(strings.TrimRight("# "+flat(l), " "))
		b.WriteString(f.lineBreak(line))
	}
	return cut{from, from, b.Bytes()}
}

func (f *file) beside(line int, note string) cut {
	end := f.lineEnd(line)
	if off, ok := f.comments[line]; ok && !f.onlySpace(off, line) {
		return cut{off, end, []byte("# " + flat(note))}
	}
	return cut{end, end, []byte("  # " + flat(note))}
}

func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

func (f *file) lineBreak(line int) string {
	if line < len(f.lines) && f.lines[line] >= 2 && f.src[f.lines[line]-2] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// splice applies cuts that do not overlap.
func splice(src []byte, cuts []cut) ([]byte, error) {
	slices.SortStableFunc(cuts, func(a, b cut) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var out []byte
	done := 0
	for _, c := range cuts {
		if c.from < done {
			return nil, errors.New("yamlfile: two edits of the same value")
		}
		out = append(append(out, src[done:c.from]...), c.text...)
		done = c.to
	}
	return append(out, src[done:]...), nil
}

// verify reads the result back and compares it with the original node by node.
func verify(f *file, out []byte, replaced map[*Node]string) error {
	before, err := Parse(f.name, f.src)
	if err != nil {
		return err
	}
	after, err := Parse(f.name, out)
	if err != nil {
		return fmt.Errorf("yamlfile: the edited file is not valid: %w", err)
	}
	texts := map[int]string{} // by the scalar's first byte in the original
	for n, t := range replaced {
		texts[n.start] = t
	}
	return same(before, after, texts)
}

func same(a, b *Node, texts map[int]string) error {
	if a.kind != b.kind || a.name != b.name || len(a.entries) != len(b.entries) {
		return fmt.Errorf("yamlfile: the edit would change %s on line %d", a.name, a.at.Line)
	}
	if a.kind == Scalar {
		want, edited := "", false
		if a.start >= 0 {
			want, edited = texts[a.start]
		}
		if edited && (b.start < 0 || string(b.f.src[b.start:b.end]) != want) || !edited && (a.text != b.text || a.style != b.style) {
			return fmt.Errorf("yamlfile: the edit would change %s on line %d", a.name, a.at.Line)
		}
	}
	for i := range a.entries {
		if err := same(a.entries[i], b.entries[i], texts); err != nil {
			return err
		}
	}
	return nil
}

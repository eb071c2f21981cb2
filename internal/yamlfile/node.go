package yamlfile

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Kind is what a node holds.
type Kind uint8

const (
	// Absent: there is no such key. Accessors return zero values and record
	// nothing, so that optional fields read without a test.
	Absent Kind = iota
	// Null: a key without a value. Accessors record it as a problem.
	Null
	Scalar
	List
	Map
)

func (k Kind) String() string {
	return [...]string{"nothing", "no value", "a single value", "a list", "a map"}[k]
}

type style uint8

const (
	plain style = iota
	quoted
	blockText
)

// Node is one value of the file. Its accessors never fail: they record what is
// wrong, with its place, and return the zero value; Err returns everything
// recorded through any node of the file. A Node is not safe for concurrent use.
type Node struct {
	f       *file
	kind    Kind
	name    string // its key, or parent[n] for a list entry
	at      Pos    // a scalar's own place, a collection's key where it has one
	key     Pos    // of its key; zero for list entries and the root
	entries []*Node
	asked   []string // keys that Field and Need were called with
	allowed []string // what Enum was called with

	text       string
	style      style
	start, end int // bytes of a scalar as written; start -1 when not editable
}

// Kind returns what the node holds.
func (n *Node) Kind() Kind { return n.kind }

// Present reports whether the key exists, even without a value.
func (n *Node) Present() bool { return n.kind != Absent }

// Name returns the node's key; for a list entry its list's key and its number.
func (n *Node) Name() string { return n.name }

// Pos returns where messages about the node point.
func (n *Node) Pos() Pos { return n.at }

// KeyPos returns where the node's key stands; Pos where it has none.
func (n *Node) KeyPos() Pos {
	if n.key == (Pos{}) {
		return n.at
	}
	return n.key
}

// Problem records that something is wrong with the node. fix is one imperative
// sentence.
func (n *Node) Problem(fix, format string, args ...any) { n.f.add(n.at, fix, format, args...) }

// ProblemAtKey records that something is wrong with the node's key.
func (n *Node) ProblemAtKey(fix, format string, args ...any) {
	n.f.add(n.KeyPos(), fix, format, args...)
}

// Err returns every problem of the file in file order, as joined diag.Errors of
// class Config; nil without any.
func (n *Node) Err() error { return n.f.err() }

// Field returns the value of a key of a map, an Absent node without it. Asking
// makes the key known to Done.
func (n *Node) Field(key string) *Node {
	n.asked = append(n.asked, key)
	if n.Is(Map) {
		for _, c := range n.entries {
			if c.name == key {
				return c
			}
		}
	}
	return &Node{f: n.f, name: key, at: n.at, start: -1}
}

// Need is Field for a key that must be there.
func (n *Node) Need(key string) *Node {
	c := n.Field(key)
	if c.kind == Absent && n.kind == Map {
		n.Problem(fmt.Sprintf("add %q", key), "%s has no %q", n.name, key)
	}
	return c
}

// Done records every key of a map that neither Field nor Need asked for, and
// reports whether there is none.
func (n *Node) Done() bool {
	known := true
	for _, c := range n.entries {
		if n.kind == Map && !slices.Contains(n.asked, c.name) {
			c.ProblemAtKey(Near(c.name, n.asked), "unknown key %q", c.name)
			known = false
		}
	}
	return known
}

// Asked returns the keys that the reader of a map looked for, in the order in
// which it first did.
func (n *Node) Asked() []string {
	var out []string
	for _, k := range n.asked {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// Allowed returns the texts that the reader of a value was ready to take; nil
// where it took any.
func (n *Node) Allowed() []string { return slices.Clone(n.allowed) }

// Value returns the node as JSON would hold it: nil, bool, float64, string, []any
// or map[string]any. Percentages stay texts.
func (n *Node) Value() any {
	switch n.kind {
	case List:
		out := make([]any, 0, len(n.entries))
		for _, c := range n.entries {
			out = append(out, c.Value())
		}
		return out
	case Map:
		out := make(map[string]any, len(n.entries))
		for _, c := range n.entries {
			out[c.name] = c.Value()
		}
		return out
	case Scalar:
		switch n.shape() {
		case "a yes-or-no value":
			return strings.EqualFold(n.text, "true")
		case "a number":
			x, _, _ := ParseNumber(n.text)
			return x
		}
		return n.text
	}
	return nil
}

// Pairs yields the keys and values of a map in file order.
func (n *Node) Pairs() iter.Seq2[string, *Node] {
	return func(yield func(string, *Node) bool) {
		if !n.Is(Map) {
			return
		}
		for _, c := range n.entries {
			if !yield(c.name, c) {
				return
			}
		}
	}
}

// Items yields the entries of a list with their index from 0.
func (n *Node) Items() iter.Seq2[int, *Node] {
	return func(yield func(int, *Node) bool) {
		if !n.Is(List) {
			return
		}
		for i, c := range n.entries {
			if !yield(i, c) {
				return
			}
		}
	}
}

// Len returns the number of entries of a list or map.
func (n *Node) Len() int { return len(n.entries) }

// Is reports whether the node is of a kind, and records a problem if it is of
// another. An Absent node is nobody's problem.
func (n *Node) Is(k Kind) bool {
	switch n.kind {
	case k:
		return true
	case Absent:
	case Null:
		n.Problem("write a value or remove the key", "%s has no value", n.name)
	default:
		n.Problem(fmt.Sprintf("write %s", k), "%s is %s, not %s", n.name, n.kind, k)
	}
	return false
}

// Comment returns the comment at the end of the node's line without its '#',
// "" without one.
func (n *Node) Comment() string {
	off, ok := n.f.comments[n.at.Line]
	if !ok || n.f.onlySpace(off, n.at.Line) {
		return ""
	}
	return strings.TrimSpace(string(n.f.src[off+1 : n.f.lineEnd(n.at.Line)]))
}

// onlySpace reports whether nothing but blanks stands before off on its line.
func (f *file) onlySpace(off, line int) bool {
	return strings.TrimSpace(string(f.src[f.lines[line-1]:off])) == ""
}

// lineEnd returns the offset of a line's break, or of the end of the file.
func (f *file) lineEnd(line int) int {
	end := len(f.src)
	if line < len(f.lines) {
		end = f.lines[line] - 1
	}
	if end > f.lines[line-1] && f.src[end-1] == '\r' {
		end--
	}
	return end
}

// Package yamlfile reads configuration files in YAML strictly: every value is
// asked for by type and range, every problem is recorded with its line and
// column, and all of them are reported at once. It also edits a file in place,
// scalar by scalar, keeping every other byte, comments and order included.
//
// It refuses what makes a configuration file hard to review: anchors, aliases,
// merge keys, tags, complex keys, several documents, duplicate keys, files
// beyond MaxBytes, deep nesting, text that is not UTF-8. No bytes make it panic.
//
// framework and settings read their files through it; it knows neither.
package yamlfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"accounthealth/internal/diag"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// MaxBytes is the largest file Parse reads.
	MaxBytes = 1 << 20
	// maxDepth bounds nesting: flow brackets, entries opened on one line, and,
	// through maxIndent, blocks.
	maxDepth  = 32
	maxIndent = 96
	// maxRefused is how many unsupported constructs are listed before the rest
	// of the file is left unread.
	maxRefused = 20
)

// Pos is a place in a file: line and column from 1, columns in characters.
type Pos struct{ Line, Col int }

// Parse reads one YAML document. name is used in messages only. The error, a
// joined list of diag.Error of class Config, is not nil when the text is not
// YAML that this package accepts; problems with the values are recorded later,
// by the accessors, and collected by Node.Err.
func Parse(name string, src []byte) (*Node, error) {
	f := &file{name: name, src: src}
	if !f.acceptBytes() {
		return nil, f.err()
	}
	f.indexLines()
	root := f.parse()
	if err := f.err(); err != nil {
		return nil, err
	}
	return root, nil
}

// file is what all nodes of one document share.
type file struct {
	name     string
	src      []byte
	lines    []int       // byte offset of each line's first character
	comments map[int]int // by line: byte offset of its '#'
	problems []problem
	seen     map[problem]bool
	last     place // where offset ended: places are asked for in file order
}

type place struct {
	pos Pos
	off int
}

type problem struct {
	pos       Pos
	what, fix string
}

func (f *file) add(pos Pos, fix, format string, args ...any) {
	p := problem{pos, fmt.Sprintf(format, args...), fix}
	if !f.seen[p] {
		if f.seen == nil {
			f.seen = map[problem]bool{}
		}
		f.seen[p] = true
		f.problems = append(f.problems, p)
	}
}

// err joins the problems in file order, nil without any.
func (f *file) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	sorted := slices.Clone(f.problems)
	slices.SortStableFunc(sorted, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.pos.Line, b.pos.Line), cmp.Compare(a.pos.Col, b.pos.Col))
	})
	errs := make([]error, len(sorted))
	for i, p := range sorted {
		errs[i] = &diag.Error{
			Class: diag.Config, Where: fmt.Sprintf("%s:%d:%d", f.name, p.pos.Line, p.pos.Col),
			What: p.what, Fix: p.fix,
		}
	}
	return errors.Join(errs...)
}

// acceptBytes checks what must hold before a byte is tokenised.
func (f *file) acceptBytes() bool {
	if len(f.src) > MaxBytes {
		f.add(Pos{1, 1}, fmt.Sprintf("keep it below %d bytes", MaxBytes), "the file has %d bytes", len(f.src))
		return false
	}
	pos := Pos{1, 1}
	for rest := f.src; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			f.add(pos, "save the file as UTF-8", "the file is not UTF-8 text")
			return false
		case r == '\uFEFF':
			f.add(pos, "save the file as UTF-8 without a byte order mark", "a byte order mark stands here")
			return false
		case r == '\r' && (len(rest) < 2 || rest[1] != '\n'), r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			f.add(pos, "remove it", "control character %U", r)
			return false
		case r == '\n':
			pos = Pos{pos.Line + 1, 0}
		}
		pos.Col++
		rest = rest[n:]
	}
	return true
}

func (f *file) indexLines() {
	f.lines = []int{0}
	for i, b := range f.src {
		if b == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
}

// offset returns the byte offset of a place, -1 outside the file.
func (f *file) offset(p Pos) int {
	if p.Line < 1 || p.Line > len(f.lines) || p.Col < 1 {
		return -1
	}
	col, off := 1, f.lines[p.Line-1]
	if f.last.pos.Line == p.Line && f.last.pos.Col <= p.Col {
		col, off = f.last.pos.Col, f.last.off
	}
	for ; col < p.Col; col++ {
		if off >= len(f.src) || f.src[off] == '\n' {
			return -1
		}
		_, n := utf8.DecodeRune(f.src[off:])
		off += n
	}
	f.last = place{p, off}
	return off
}

// parse turns the text into nodes. A panic of the YAML library is a syntax
// problem of the file, not of the run.
func (f *file) parse() (root *Node) {
	defer func() {
		if r := recover(); r != nil {
			f.add(Pos{1, 1}, "check quotes, brackets and indentation", "the file cannot be read as YAML")
		}
	}()
	// The library miscounts lines that end in CR LF behind a comment; without the
	// CRs its lines and columns are those of the file.
	tokens := lexer.Tokenize(strings.ReplaceAll(string(f.src), "\r\n", "\n"))
	if !f.acceptTokens(tokens) {
		return nil
	}
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		f.addSyntax(err)
		return nil
	}
	var body ast.Node
	for _, d := range tree.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			f.add(position(d.Body.GetToken()), "keep one document in the file", "a second YAML document begins")
			return nil
		}
		body = d.Body
	}
	if body == nil {
		return &Node{f: f, kind: Null, at: Pos{1, 1}, name: "the file"}
	}
	return f.convert(body, "the file", Pos{})
}

func (f *file) addSyntax(err error) {
	type located interface {
		error
		GetToken() *token.Token
		GetMessage() string
	}
	fix := "check quotes, brackets and indentation here and on the line before"
	if e, ok := errors.AsType[located](err); ok {
		f.add(position(e.GetToken()), fix, "not valid YAML: %s", firstLine(e.GetMessage()))
		return
	}
	f.add(Pos{1, 1}, fix, "not valid YAML: %s", firstLine(err.Error()))
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

func position(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{1, 1}
	}
	return Pos{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// refused names the constructs that the package does not read.
var refused = map[token.Type]string{
	token.AnchorType:     "an anchor (&)",
	token.AliasType:      "an alias (*)",
	token.MergeKeyType:   "a merge key (<<)",
	token.TagType:        "a tag (!)",
	token.MappingKeyType: "a complex key (?)",
	token.DirectiveType:  "a directive (%)",
}

// acceptTokens refuses constructs and nesting before the recursive parser sees
// them, and notes where comments stand.
func (f *file) acceptTokens(tokens token.Tokens) bool {
	f.comments = map[int]int{}
	ok := true
	flow, line, opened := 0, 0, 0
	for _, t := range tokens {
		pos := position(t)
		if t.Error != "" || t.Type == token.InvalidType {
			f.add(pos, "check quotes, brackets and indentation here and on the line before", "not valid YAML: %s", firstLine(t.Error))
			return false
		}
		if what, bad := refused[t.Type]; bad {
			f.add(pos, "write the value out", "%s is not supported", what)
			if ok = false; len(f.problems) == maxRefused {
				return false
			}
		}
		if pos.Line != line {
			line, opened = pos.Line, 0
			if t.Type != token.CommentType && flow == 0 && pos.Col > maxIndent && !f.inBlockText(t) {
				f.add(pos, fmt.Sprintf("indent by at most %d", maxIndent), "the indentation is too deep")
				return false
			}
		}
		switch t.Type {
		case token.CommentType:
			if off := f.offset(pos); off >= 0 && off < len(f.src) && f.src[off] == '#' {
				f.comments[pos.Line] = off
			}
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow = max(flow-1, 0)
		case token.SequenceEntryType:
			opened++
		case token.MappingValueType:
			if flow == 0 {
				opened++
			}
		}
		if flow > maxDepth || opened > maxDepth {
			f.add(pos, fmt.Sprintf("nest at most %d levels", maxDepth), "values are nested too deeply")
			return false
		}
	}
	return ok
}

// inBlockText reports whether t is the text of a | or > block.
func (f *file) inBlockText(t *token.Token) bool {
	return t.Prev != nil && (t.Prev.Type == token.LiteralType || t.Prev.Type == token.FoldedType)
}

// convert copies the library's tree into Nodes, checking keys. key is where the
// value's key stands, zero for list entries and the root.
func (f *file) convert(n ast.Node, name string, key Pos) *Node {
	at := position(n.GetToken())
	out := &Node{f: f, name: name, at: at, start: -1}
	anchorToKey := func() {
		if key != (Pos{}) {
			out.at = key
		}
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		out.kind = Map
		f.addEntries(out, n.Values)
		if !n.IsFlowStyle && len(out.entries) > 0 {
			out.at = out.entries[0].key
		}
		anchorToKey()
	case *ast.MappingValueNode:
		out.kind = Map
		f.addEntries(out, []*ast.MappingValueNode{n})
		out.at = out.entries[0].key
		anchorToKey()
	case *ast.SequenceNode:
		out.kind = List
		for i, v := range n.Values {
			out.entries = append(out.entries, f.convert(v, fmt.Sprintf("%s[%d]", name, i+1), Pos{}))
		}
		anchorToKey()
	case *ast.NullNode:
		out.kind = Null
		anchorToKey()
	case *ast.LiteralNode:
		out.kind, out.style, out.text = Scalar, blockText, n.Value.Value
	case ast.ScalarNode:
		out.kind, out.text = Scalar, n.GetToken().Value
		switch n.GetToken().Type {
		case token.SingleQuoteType, token.DoubleQuoteType:
			out.style = quoted
		}
		out.start, out.end = f.span(at, out)
	default:
		f.add(at, "write a value, a list or a map", "%s is not supported", n.Type())
	}
	return out
}

func (f *file) addEntries(m *Node, values []*ast.MappingValueNode) {
	first := map[string]Pos{}
	for _, v := range values {
		t := v.Key.GetToken()
		name, pos := t.Value, position(t)
		if before, seen := first[name]; seen {
			f.add(pos, "keep one of them", "duplicate key %q, first on line %d", name, before.Line)
			continue
		}
		first[name] = pos
		child := f.convert(v.Value, name, pos)
		child.key = pos
		m.entries = append(m.entries, child)
	}
}

// span returns the bytes of a scalar as written, quotes included; -1 where they
// cannot be told apart with certainty (a plain scalar over several lines).
func (f *file) span(at Pos, n *Node) (start, end int) {
	off := f.offset(at)
	if off < 0 || off >= len(f.src) {
		return -1, -1
	}
	rest := f.src[off:]
	if n.style == plain {
		if n.text == "" || !bytes.HasPrefix(rest, []byte(n.text)) {
			return -1, -1
		}
		return off, off + len(n.text)
	}
	quote := rest[0]
	if quote != '"' && quote != '\'' {
		return -1, -1
	}
	for i := 1; i < len(rest); i++ {
		switch {
		case quote == '"' && rest[i] == '\\':
			i++
		case quote == '\'' && rest[i] == quote && i+1 < len(rest) && rest[i+1] == quote:
			i++
		case rest[i] == quote:
			return off, off + i + 1
		}
	}
	return -1, -1
}

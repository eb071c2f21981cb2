package framework

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/yamlfile"

	"github.com/google/jsonschema-go/jsonschema"
)

// readers returns the root nodes of frameworks after they were read, so that
// every node knows what its reader looked for.
func readers(t *testing.T) map[string]*yamlfile.Node {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range Names() {
		src, err := ShippedSource(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = src
	}
	for _, name := range []string{"small.yaml", "flag.yaml", "everything.yaml"} {
		src, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = src
	}
	out := map[string]*yamlfile.Node{}
	for name, src := range files {
		root, err := yamlfile.Parse(name, src)
		if err != nil {
			t.Fatal(err)
		}
		c := compiler{fw: newFramework(src)}
		c.compile(root)
		if err := root.Err(); err != nil {
			t.Fatal(err)
		}
		out[name] = root
	}
	return out
}

// walker compares nodes that were read with the schema.
type walker struct {
	t       *testing.T
	root    *jsonschema.Schema
	visited map[*jsonschema.Schema]bool
}

func (w *walker) resolve(s *jsonschema.Schema) *jsonschema.Schema {
	if def, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		return w.root.Defs[def]
	}
	return s
}

// alternatives returns the schemas of which a value follows one.
func (w *walker) alternatives(s *jsonschema.Schema) []*jsonschema.Schema {
	s = w.resolve(s)
	if s.AnyOf == nil && (s.OneOf == nil || s.Properties != nil) {
		return []*jsonschema.Schema{s}
	}
	var out []*jsonschema.Schema
	for _, alt := range slices.Concat(s.AnyOf, s.OneOf) {
		out = append(out, w.alternatives(alt)...)
	}
	return out
}

// choose returns the alternative that a node follows.
func (w *walker) choose(n *yamlfile.Node, all []*jsonschema.Schema) *jsonschema.Schema {
	kinds := map[yamlfile.Kind]string{yamlfile.Map: "object", yamlfile.List: "array"}
	var fits []*jsonschema.Schema
	for _, s := range all {
		switch want := kinds[n.Kind()]; {
		case want == "" && s.Type != "object" && s.Type != "array":
			return s
		case want == "" || s.Type != want:
		case n.Kind() == yamlfile.Map && !holds(n, s):
		default:
			fits = append(fits, s)
		}
	}
	if len(fits) == 0 {
		return nil
	}
	return fits[0]
}

// holds reports whether a map has what an object needs and nothing else.
func holds(n *yamlfile.Node, s *jsonschema.Schema) bool {
	if s.Properties == nil {
		return true
	}
	have := map[string]bool{}
	for key := range n.Pairs() {
		if have[key] = true; s.Properties[key] == nil {
			return false
		}
	}
	for _, key := range s.Required {
		if !have[key] {
			return false
		}
	}
	return len(s.OneOf) == 0 || slices.ContainsFunc(s.OneOf, func(o *jsonschema.Schema) bool { return have[o.Required[0]] })
}

// heads are the keys that decide between alternatives: the reader looks for all
// of them in each.
func heads(all []*jsonschema.Schema) map[string]bool {
	out := map[string]bool{}
	for _, s := range all {
		if len(all) > 1 && len(s.Required) > 0 {
			out[s.Required[0]] = true
		}
		for _, o := range s.OneOf {
			out[o.Required[0]] = true
		}
	}
	return out
}

func (w *walker) walk(n *yamlfile.Node, path string, s *jsonschema.Schema) {
	all := w.alternatives(s)
	own := w.choose(n, all)
	if own == nil {
		w.t.Errorf("%s: the schema has no place for %s", path, n.Kind())
		return
	}
	w.visited[own] = true
	switch n.Kind() {
	case yamlfile.Map:
		if own.Properties == nil {
			for key, c := range n.Pairs() {
				w.walk(c, path+"."+key, own.AdditionalProperties)
			}
			return
		}
		asked, decided := n.Asked(), heads(all)
		for _, key := range asked {
			if own.Properties[key] == nil && !decided[key] && !beside(all, key) {
				w.t.Errorf("%s: the reader looks for %q, which the schema does not know", path, key)
			}
		}
		for key := range own.Properties {
			if !slices.Contains(asked, key) {
				w.t.Errorf("%s: the schema has %q, which no reader looks for", path, key)
			}
		}
		for key, c := range n.Pairs() {
			if sub := own.Properties[key]; sub != nil {
				w.walk(c, path+"."+key, sub)
			}
		}
	case yamlfile.List:
		for _, c := range n.Items() {
			w.walk(c, path+"[]", own.Items)
		}
	case yamlfile.Scalar:
		if allowed := n.Allowed(); allowed != nil && own.Enum != nil {
			var enum []string
			for _, e := range own.Enum {
				enum = append(enum, e.(string))
			}
			if !slices.Equal(enum, allowed) {
				w.t.Errorf("%s: the schema takes %v, the reader %v", path, enum, allowed)
			}
		}
	}
}

// beside reports whether a key belongs to another alternative: the reader looks
// for it to say so.
func beside(all []*jsonschema.Schema, key string) bool {
	return slices.ContainsFunc(all, func(s *jsonschema.Schema) bool { return s.Properties[key] != nil })
}

// objects collects every object schema with keys below s.
func (w *walker) objects(s *jsonschema.Schema, path string, out map[*jsonschema.Schema]string) {
	if s == nil || s.Ref != "" {
		return
	}
	if s.Type == "object" && s.Properties != nil {
		out[s] = path
	}
	for key, p := range s.Properties {
		w.objects(p, path+"."+key, out)
	}
	for _, sub := range slices.Concat(s.AnyOf, s.OneOf) {
		w.objects(sub, path, out)
	}
	w.objects(s.AdditionalProperties, path+".*", out)
	w.objects(s.Items, path+"[]", out)
}

// Every key that the reader looks for is in the schema, and every key of the
// schema is looked for: in every object of the schema, each of which is met in
// one of the files. Closed vocabularies are the same.
func TestSchemaAndReaderAgree(t *testing.T) {
	w := walker{t: t, root: schema(), visited: map[*jsonschema.Schema]bool{}}
	for name, root := range readers(t) {
		w.walk(root, name, w.root)
	}
	all := map[*jsonschema.Schema]string{}
	w.objects(w.root, "", all)
	for def, s := range w.root.Defs {
		w.objects(s, def, all)
	}
	for s, path := range all {
		if !w.visited[s] {
			t.Errorf("no file has %s with %v: the comparison proves nothing there", path, s.PropertyOrder)
		}
	}
	if len(all) < 30 {
		t.Errorf("%d objects in the schema", len(all))
	}
}

func resolved(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	src, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(src, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Shipped and test frameworks follow the schema as it is printed.
func TestFrameworksFollowTheSchema(t *testing.T) {
	r := resolved(t)
	for name, root := range readers(t) {
		if err := r.Validate(root.Value()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the schema can tell, it tells: of the files with one defect it refuses
// those with a wrong key, type or word.
func TestSchemaRefuses(t *testing.T) {
	r := resolved(t)
	for _, name := range []string{
		"unknown-key", "unknown-top-key", "bad-kind", "bad-category", "bad-severity", "band-colour", "band-from-fraction", "missing-key",
		"points-as-text", "wrong-type", "play-without-owner", "no-function", "two-functions", "unknown-function", "case-without-else",
		"source-bad-role", "weight-above-one", "bad-name", "fraction-for-whole-number", "absent-bad-once", "cap-off-without-one",
	} {
		src, err := os.ReadFile(filepath.Join("testdata", "bad", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		root, err := yamlfile.Parse(name, src)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Validate(root.Value()); (err == nil) != (name == "cap-off-without-one") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaIsStable(t *testing.T) {
	a, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if b, _ := Schema(); string(a) != string(b) {
			t.Fatal("two calls give different bytes")
		}
	}
}

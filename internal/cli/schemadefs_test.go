package cli

import (
	"encoding/json"
	"maps"
	"path"
	"reflect"
	"slices"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

// schemaOf is the schema of a result's type: further fields are allowed, and types
// that come up more than once stand once, under $defs by their names.
func schemaOf(t *testing.T, typ reflect.Type) *jsonschema.Schema {
	t.Helper()
	of := func(typ reflect.Type) *jsonschema.Schema {
		s, err := jsonschema.ForType(typ, &jsonschema.ForOptions{})
		if err != nil {
			t.Fatal(err)
		}
		loosen(s)
		return s
	}
	d := definitions{name: map[string]string{}, uses: map[string]int{}}
	root, body, taken := of(typ), map[string]*jsonschema.Schema{}, map[string]bool{}
	for _, typ := range structsIn(typ, map[reflect.Type]bool{}) {
		s, name := of(typ), typ.Name()
		key := text(t, s)
		if body[key] != nil {
			continue
		}
		if taken[name] {
			name = path.Base(typ.PkgPath()) + "." + name
		}
		d.name[key], body[key], taken[name] = name, s, true
	}
	d.count(t, root)
	d.refer(t, root)
	for key, n := range d.uses {
		if n > 1 {
			d.refer(t, body[key])
			if root.Defs == nil {
				root.Defs = map[string]*jsonschema.Schema{}
			}
			root.Defs[d.name[key]] = body[key]
		}
	}
	return root
}

// definitions knows the types of a schema by their own schemas, as text.
type definitions struct {
	name map[string]string
	uses map[string]int
}

// key is the text of an object's schema that is a named type's, and whether the
// object may be null; "" for every other schema.
func (d *definitions) key(t *testing.T, s *jsonschema.Schema) (key string, null bool) {
	plain := *s
	if slices.Equal(s.Types, []string{"null", "object"}) {
		plain.Types, plain.Type, null = nil, "object", true
	}
	if plain.Type != "object" {
		return "", false
	}
	if key = text(t, &plain); d.name[key] == "" {
		return "", false
	}
	return key, null
}

func (d *definitions) count(t *testing.T, s *jsonschema.Schema) {
	for _, c := range children(s) {
		if key, _ := d.key(t, c); key != "" {
			d.uses[key]++
		}
		d.count(t, c)
	}
}

// refer puts references in place of the schemas below s that are used twice or more.
func (d *definitions) refer(t *testing.T, s *jsonschema.Schema) {
	for _, c := range children(s) {
		key, null := d.key(t, c)
		switch ref := (jsonschema.Schema{Ref: "#/$defs/" + d.name[key]}); {
		case d.uses[key] < 2:
			d.refer(t, c)
		case null:
			*c = jsonschema.Schema{AnyOf: []*jsonschema.Schema{&ref, {Type: "null"}}}
		default:
			*c = ref
		}
	}
}

func children(s *jsonschema.Schema) (out []*jsonschema.Schema) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		out = append(out, s.Properties[name])
	}
	if s.Items != nil {
		out = append(out, s.Items)
	}
	return out
}

// structsIn lists the named structs that a type is made of, in order of appearance.
func structsIn(typ reflect.Type, seen map[reflect.Type]bool) (out []reflect.Type) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return structsIn(typ.Elem(), seen)
	case reflect.Struct:
	default:
		return nil
	}
	if seen[typ] {
		return nil
	}
	seen[typ] = true
	if typ.Name() != "" {
		out = append(out, typ)
	}
	for i := range typ.NumField() {
		if f := typ.Field(i); f.IsExported() || f.Anonymous {
			out = append(out, structsIn(f.Type, seen)...)
		}
	}
	return out
}

func text(t *testing.T, s *jsonschema.Schema) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// inlined is a schema with every reference replaced by what it refers to.
func inlined(s, root *jsonschema.Schema) *jsonschema.Schema {
	null := len(s.AnyOf) == 2 && s.AnyOf[1].Type == "null"
	if null {
		s = s.AnyOf[0]
	}
	if name := path.Base(s.Ref); s.Ref != "" {
		s = root.Defs[name]
	}
	out := *s
	out.Defs = nil
	if null {
		out.Type, out.Types = "", []string{"null", out.Type}
	}
	if s.Properties != nil {
		out.Properties = map[string]*jsonschema.Schema{}
		for name, p := range s.Properties {
			out.Properties[name] = inlined(p, root)
		}
	}
	if s.Items != nil {
		out.Items = inlined(s.Items, root)
	}
	return &out
}

// A schema with definitions says the same as the one without: references put back
// give the schema of the type, and nothing is defined that is not used.
func TestSchemasWithDefinitionsSayTheSame(t *testing.T) {
	typ := reflect.TypeFor[auditRecord]()
	whole, err := jsonschema.ForType(typ, &jsonschema.ForOptions{})
	if err != nil {
		t.Fatal(err)
	}
	loosen(whole)
	s := schemaOf(t, typ)
	if len(s.Defs) < 5 {
		t.Fatalf("%d definitions: nothing is tested", len(s.Defs))
	}
	if got, want := text(t, inlined(s, s)), text(t, whole); got != want {
		t.Error("references put back do not give the schema of the type")
	}
}

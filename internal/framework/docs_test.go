package framework

import (
	"os"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

func manual(t *testing.T) (doc string, blocks func(fence string) []string) {
	t.Helper()
	src, err := os.ReadFile("../../docs/framework.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(src), func(fence string) (out []string) {
		for _, part := range strings.Split(string(src), "```"+fence+"\n")[1:] {
			block, _, _ := strings.Cut(part, "```")
			out = append(out, block)
		}
		return out
	}
}

// The complete framework of the manual loads as it is, and so does it with the
// manual's fragments. A fragment that begins with a comment goes into the section
// that the comment names.
func TestManualExamples(t *testing.T) {
	_, blocks := manual(t)
	complete, fragments := blocks("yaml")[0], blocks("text")
	if !strings.HasPrefix(complete, "framework:") || len(fragments) != 4 {
		t.Fatalf("%d fragments", len(fragments))
	}
	src := complete
	for _, f := range fragments {
		if section, body, ok := strings.Cut(f, "\n"); ok && strings.HasPrefix(section, "# ") {
			head := "\n" + strings.TrimPrefix(section, "# ") + "\n"
			src = strings.Replace(src, head, head+body, 1)
			src = strings.Replace(src, "signals: [champion]", "signals: [champion, ticket_spike]", 1)
			continue
		}
		src += f
	}
	for _, s := range []string{complete, src} {
		if _, err := Load("docs/framework.md", []byte(s)); err != nil {
			t.Error(err)
		}
	}
}

// The manual names every key of the schema, and with it every key that the reader
// looks for.
func TestManualExplainsEveryKey(t *testing.T) {
	doc, _ := manual(t)
	var code strings.Builder // what stands between backticks
	for i, part := range strings.Split(doc, "`") {
		if i%2 == 1 {
			code.WriteString(" " + part + " ")
		}
	}
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(code.String(), func(r rune) bool { return !(r == '_' || r >= 'a' && r <= 'z') }) {
		words[w] = true
	}
	var look func(s *jsonschema.Schema)
	look = func(s *jsonschema.Schema) {
		if s == nil {
			return
		}
		for key, sub := range s.Properties {
			if !words[key] {
				t.Errorf("the manual does not explain %q", key)
			}
			look(sub)
		}
		for _, sub := range append(s.AnyOf, s.OneOf...) {
			look(sub)
		}
		look(s.Items)
		look(s.AdditionalProperties)
	}
	root := schema()
	look(root)
	for _, def := range root.Defs {
		look(def)
	}
}

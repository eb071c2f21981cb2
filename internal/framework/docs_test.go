package framework

import (
	"os"
	"strings"
	"testing"
)

// The complete framework of the manual loads as it is, and so do its fragments
// when they are added to it.
func TestManualExamples(t *testing.T) {
	doc, err := os.ReadFile("../../docs/framework.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := func(fence string) (out []string) {
		for _, part := range strings.Split(string(doc), "```"+fence+"\n")[1:] {
			block, _, _ := strings.Cut(part, "```")
			out = append(out, block)
		}
		return out
	}
	complete, fragments := blocks("yaml"), blocks("text")
	if len(complete) != 1 || len(fragments) != 2 {
		t.Fatalf("%d complete examples, %d fragments", len(complete), len(fragments))
	}
	src := complete[0] + strings.Join(fragments, "")
	for _, s := range []string{complete[0], src} {
		if _, err := Load("docs/framework.md", []byte(s)); err != nil {
			t.Error(err)
		}
	}
	// Every key of the shipped default is explained.
	shipped, err := ShippedSource(Default)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(shipped)) {
		key, _, ok := strings.Cut(strings.TrimLeft(strings.TrimSpace(line), "- {"), ":")
		if ok && identifier.MatchString(key) && strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, "      ") && !strings.Contains(string(doc), "`"+key) {
			t.Errorf("the manual does not explain %q", key)
		}
	}
}

package form

import (
	"os"
	"strings"
	"testing"

	"accounthealth/internal/framework"
)

// The manual's form can be read and its cases hold, under its own framework.
func TestManualExamples(t *testing.T) {
	doc, err := os.ReadFile("../../docs/framework.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{} // by first key
	for _, part := range strings.Split(string(doc), "```yaml\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		key, _, _ := strings.Cut(block, ":")
		blocks[key] = block
	}
	fw, err := framework.Load("framework", []byte(blocks["framework"]))
	if err != nil {
		t.Fatal(err)
	}
	cases, err := ReadCases("cases", []byte(blocks["cases"]), fw.Plan)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := Run(fw.Plan, cases)
	if err != nil || Failed(outcomes) > 0 || len(outcomes) != 2 {
		t.Errorf("%v %+v", err, outcomes)
	}
	f, err := Read("form", []byte(blocks["account"]), fw.Plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	if f.Account != "RetailMax Inc" || f.ARR != 85000 || f.Notes[1] != "left 2 months ago" {
		t.Errorf("%+v", f)
	}
}

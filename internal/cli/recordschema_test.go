package cli

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"accounthealth/internal/explain"
	"accounthealth/internal/framework"
	"accounthealth/internal/job"
)

var updateSchema = flag.Bool("update-schema", false, "write the JSON Schemas in docs/ anew")

// The JSON Schemas in docs/ are those of the results that commands print, so that
// a reader can rely on them; a field that goes or changes its type shows here.
func TestPublishedSchemas(t *testing.T) {
	for name, typ := range map[string]reflect.Type{
		"calibration.schema.json": reflect.TypeFor[job.CalibrationRecord](),
		"audit.schema.json":       reflect.TypeFor[auditRecord](),

		"explain.schema.json":        reflect.TypeFor[explain.Card](),
		"assess.schema.json":         reflect.TypeFor[assessment](),
		"compare.schema.json":        reflect.TypeFor[comparison](),
		"missing.schema.json":        reflect.TypeFor[missingList](),
		"overrides.schema.json":      reflect.TypeFor[handList](),
		"history.schema.json":        reflect.TypeFor[historyDates](),
		"framework-show.schema.json": reflect.TypeFor[framework.Resolved](),
		"framework-diff.schema.json": reflect.TypeFor[frameworkChanges](),
		"framework-test.schema.json": reflect.TypeFor[testOutcomes](),

		"run.schema.json":        reflect.TypeFor[runSummary](),
		"score-wide.schema.json": reflect.TypeFor[wideScored](),
		"validate.schema.json":   reflect.TypeFor[checked](),

		"top.schema.json":           reflect.TypeFor[topList](),
		"plan.schema.json":          reflect.TypeFor[planned](),
		"warn.schema.json":          reflect.TypeFor[warningList](),
		"inspect.schema.json":       reflect.TypeFor[inspectedPath](),
		"audit-sources.schema.json": reflect.TypeFor[auditJSON](),
		"judgement.schema.json":     reflect.TypeFor[job.Judgement](),
	} {
		t.Run(name, func(t *testing.T) {
			schema := schemaOf(t, typ)
			schema.Schema = "https://json-schema.org/draft/2020-12/schema"
			got, err := json.MarshalIndent(schema, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			file := filepath.Join("..", "..", "docs", name)
			if *updateSchema {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s is not that of the result; if the change is meant: go test ./internal/cli -run PublishedSchemas -update-schema, and raise the schema version if a field went or changed", file)
			}
		})
	}
}

// loosen allows further fields, which do not raise the version.
func loosen(s *jsonschema.Schema) {
	s.AdditionalProperties = nil
	for _, p := range s.Properties {
		loosen(p)
	}
	if s.Items != nil {
		loosen(s.Items)
	}
}

// What calibrate prints is valid against the published schema.
func TestRecordsAreValidAgainstTheSchema(t *testing.T) {
	resolved := published(t, "calibration.schema.json")
	for _, name := range []string{"tiny", "separated", "sim_quarterly"} {
		var v any
		if err := json.Unmarshal(printed(t, "calibrate", "-q", "--sample", reference(name+".csv"), "--bootstrap", "20", "--json"), &v); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the commands on a warehouse print is valid against their schemas.
func TestCardsAreValidAgainstTheirSchemas(t *testing.T) {
	health := filepath.Join(t.TempDir(), "wh")
	if err := os.CopyFS(health, os.DirFS(filepath.Join("..", "..", "testdata", "exports", "small"))); err != nil {
		t.Fatal(err)
	}
	health = filepath.Join(health, "health.yaml")
	for name, args := range map[string][]string{
		"explain.schema.json":   {"explain", "-q", "-c", health, "00010336", "--json"},
		"compare.schema.json":   {"compare", "-q", "-c", health, "--top", "60", "--json"},
		"missing.schema.json":   {"missing", "-q", "-c", health, "--json"},
		"overrides.schema.json": {"overrides", "-q", "-c", health, "--json"},
		"history.schema.json":   {"history", "list", "-c", health, "--json"},

		"framework-show.schema.json": {"framework", "show", "--json"},
		"framework-diff.schema.json": {"framework", "diff", "-q", "-c", health, "scorecard", "--json"},
		"framework-test.schema.json": {"framework", "test", "--json"},

		"run.schema.json":      {"score", "-q", "-c", health, "--out", filepath.Join(t.TempDir(), "scores"), "--json"},
		"validate.schema.json": {"validate", "-c", health, "--json"},

		"top.schema.json":           {"top", "-q", "-c", health, "--json"},
		"plan.schema.json":          {"plan", "-q", "-c", health, "00010336", "--json"},
		"warn.schema.json":          {"warn", "-q", "-c", health, "--json"},
		"inspect.schema.json":       {"inspect", filepath.Join(filepath.Dir(health), "exports", "usage"), "--json"},
		"audit.schema.json":         {"audit", "-q", "-c", health, "--json"},
		"calibration.schema.json":   {"calibrate", "-q", "-c", health, "--json"},
		"audit-sources.schema.json": {"audit-sources", "-q", "-c", health, "--json"},
		"judgement.schema.json":     {"simulate", "-q", "-c", health, "--weights", "product=35%", "--json"},
	} {
		resolved := published(t, name)
		var v any
		if err := json.Unmarshal(printed(t, args...), &v); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// published reads a schema of docs/.
func published(t *testing.T, name string) *jsonschema.Resolved {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(src, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

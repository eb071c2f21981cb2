package testkit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers orders the packages: a package imports only packages that stand above
// it in this list, so that data flows one way, from exports to reports, and the
// only edge back is a file that a person accepts.
var layers = []string{
	"internal/day", "internal/diag", "internal/exact", "internal/source", "internal/plan",
	"internal/csvfile", "internal/yamlfile", "internal/framework", "internal/settings",
	"calibrate/assess", "calibrate",
	"internal/store", "internal/kernel", "internal/warehouse", "internal/intake", "internal/mapping",
	"internal/labelled", "internal/population", "internal/overrides", "internal/signal", "internal/score",
	"internal/compare", "internal/history", "internal/cohort", "internal/advise",
	"internal/portfolio", "internal/alert", "internal/outcome", "internal/saveplan", "internal/crm",
	"internal/explain", "internal/form", "internal/quality", "internal/publish",
	"reports", "internal/sample", "internal/job", "internal/cli", "cmd/accounthealth",
}

// owners names the packages that may import an outside module; everything else
// reaches it through them, so that replacing it is a change in one place.
var owners = map[string][]string{
	"github.com/apache/arrow/go/v17":        {"internal/warehouse", "internal/intake", "internal/population", "internal/signal", "internal/score", "internal/quality", "internal/job"},
	"github.com/parquet-go/parquet-go":      {"internal/warehouse"},
	"gonum.org/v1/gonum":                    {"calibrate", "calibrate/assess"},
	"github.com/xuri/excelize/v2":           {"reports", "internal/overrides"},
	"github.com/klauspost/compress":         {"reports", "internal/warehouse"},
	"github.com/goccy/go-yaml":              {"internal/yamlfile"},
	"github.com/google/jsonschema-go":       {"internal/framework"},
	"github.com/google/renameio/v2":         {"internal/store"},
	"github.com/gofrs/flock":                {"internal/store"},
	"github.com/minio/minio-go/v7":          {"internal/store"},
	"github.com/Azure/azure-sdk-for-go/sdk": {"internal/store"},
	"github.com/spf13/cobra":                {"internal/cli"},
	"github.com/schollz/progressbar/v3":     {"internal/cli"},
	"github.com/lmittmann/tint":             {"internal/cli"},
	"golang.org/x/sys":                      {"internal/kernel"},
	"golang.org/x/term":                     {"internal/cli"},
	"golang.org/x/sync":                     {"internal/store", "internal/warehouse", "internal/signal", "internal/job", "internal/sample"},
}

// ambient lists what only some packages may touch, by selector: the clock, the
// environment and the streams belong to the command line, files to the store.
// Everyone else is handed readers, writers, dates and seeds.
var ambient = []struct {
	pkg, names string // names separated by spaces; "" is every name
	allowed    []string
	why        string
}{
	{"time", "Now Since Until After Tick NewTimer NewTicker Sleep", []string{"internal/cli"}, "the clock belongs to the command line"},
	{"os", "Args Getenv LookupEnv Environ Stdin Stdout Stderr Exit", []string{"internal/cli", "cmd/accounthealth"}, "arguments, environment and streams belong to the command line"},
	{"os", "Open OpenFile Create CreateTemp MkdirTemp ReadFile WriteFile Rename Remove RemoveAll Mkdir MkdirAll ReadDir Stat Lstat Link Symlink", []string{"internal/store"}, "files belong to the store"},
	{"os/signal", "", []string{"internal/cli"}, "signals belong to the command line"},
	{"net", "", []string{"internal/store"}, "the network belongs to the store"},
	{"net/http", "", []string{"internal/store"}, "the network belongs to the store"},
	{"math/rand", "", nil, "use math/rand/v2 with a seed"},
	{"math/rand/v2", "Int IntN Int64 Int64N Uint32 Uint64 Float64 NormFloat64 ExpFloat64 Perm Shuffle N", nil, "randomness is injected: use a seeded generator"},
}

type file struct {
	dir  string // below the repository's root, with slashes
	name string
	ast  *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []file {
	t.Helper()
	root := filepath.Join("..", "..")
	var out []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != root || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		out = append(out, file{filepath.ToSlash(filepath.Dir(rel)), filepath.ToSlash(rel), f, fset})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func exempt(dir string) bool { return dir == "internal/testkit" || strings.HasSuffix(dir, "test") }

func TestPackagesImportOnlyWhatStandsBelowThem(t *testing.T) {
	for _, f := range sources(t) {
		if exempt(f.dir) {
			continue
		}
		own := slices.Index(layers, f.dir)
		if own < 0 {
			t.Errorf("%s: package %s has no place in the order of packages", f.name, f.dir)
			continue
		}
		for _, path := range imports(f) {
			rel, ok := strings.CutPrefix(path, "accounthealth/")
			if !ok {
				continue
			}
			if i := slices.Index(layers, rel); i < 0 || i >= own {
				t.Errorf("%s imports %s: a package imports only packages below it, so that the job runs one way", f.name, rel)
			}
		}
	}
}

func TestOutsideModulesAreImportedOnlyByTheirOwners(t *testing.T) {
	for _, f := range sources(t) {
		if exempt(f.dir) {
			continue
		}
		for _, path := range imports(f) {
			if !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") {
				continue // the standard library and this module
			}
			owned := false
			for module, by := range owners {
				if path == module || strings.HasPrefix(path, module+"/") {
					owned = slices.Contains(by, f.dir)
				}
			}
			if !owned {
				t.Errorf("%s imports %s, which is not its to use: an outside module has one owner", f.name, path)
			}
			if strings.HasPrefix(path, "github.com/apache/arrow/go/v17/parquet") {
				t.Errorf("%s imports arrow's parquet package: it crashes on damaged files and reads some encodings as no rows", f.name)
			}
		}
	}
}

func TestCalibrateSeesNumbersOnly(t *testing.T) {
	for _, f := range sources(t) {
		if f.dir != "calibrate" && f.dir != "calibrate/assess" {
			continue
		}
		for _, path := range imports(f) {
			if rel, ok := strings.CutPrefix(path, "accounthealth/"); ok && rel != "calibrate/assess" {
				t.Errorf("%s imports %s: calibrate is pure, it never sees a file, an account, a framework or a clock", f.name, rel)
			}
		}
	}
}

func TestClockEnvironmentAndFilesHaveOneOwner(t *testing.T) {
	for _, f := range sources(t) {
		if exempt(f.dir) {
			continue
		}
		names := map[string]string{} // local name -> import path
		for _, spec := range f.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			local := strings.TrimPrefix(path[strings.LastIndex(path, "/")+1:], "/")
			if strings.HasSuffix(path, "/v2") {
				local = filepath.Base(filepath.Dir(path))
			}
			if spec.Name != nil {
				local = spec.Name.Name
			}
			names[local] = path
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			id, ok := sel.X.(*ast.Ident)
			if !ok || id.Obj != nil {
				return true
			}
			for _, rule := range ambient {
				if names[id.Name] != rule.pkg || slices.Contains(rule.allowed, f.dir) {
					continue
				}
				if rule.names == "" || slices.Contains(strings.Fields(rule.names), sel.Sel.Name) {
					t.Errorf("%s: %s.%s: %s", f.fset.Position(sel.Pos()), id.Name, sel.Sel.Name, rule.why)
				}
			}
			return true
		})
	}
}

func TestNoPackageIsNamedAfterNothing(t *testing.T) {
	for _, f := range sources(t) {
		switch f.dir[strings.LastIndex(f.dir, "/")+1:] {
		case "util", "utils", "common", "helper", "helpers", "misc", "base", "core", "manager":
			t.Errorf("%s: the package's responsibility has not been found yet", f.dir)
		}
	}
}

func imports(f file) []string {
	var out []string
	for _, spec := range f.ast.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		out = append(out, path)
	}
	return out
}

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The transcripts in testdata/script run the real command in a process of its
// own, on a copy of testdata/exports/small (accounthealth sample --accounts 60
// --months 18), and check what it prints, writes and exits with.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"accounthealth": func() { os.Exit(Main()) },
	})
}

func TestScripts(t *testing.T) {
	small := os.DirFS(filepath.Join("..", "..", "testdata", "exports", "small"))
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testdata", "script"),
		Setup: func(e *testscript.Env) error {
			variants, err := filepath.Abs(filepath.Join("..", "..", "testdata", "exports", "audit"))
			if err != nil {
				return err
			}
			e.Setenv("AUDIT", variants)
			return os.CopyFS(filepath.Join(e.WorkDir, "wh"), small)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"truncate": truncate,
			"sametree": sametree,
			"replace":  replace,
		},
	})
}

// exits CODE ARGS... runs accounthealth and checks its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// truncate FILE BYTES cuts a file.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// sametree A B [SKIP...] compares two folders byte by byte.
func sametree(ts *testscript.TestScript, neg bool, args []string) {
	err := compareTrees(ts.MkAbs(args[0]), ts.MkAbs(args[1]), args[2:])
	if (err == nil) == neg {
		ts.Fatalf("%v", err)
	}
}

func compareTrees(a, b string, skip []string) error {
	files := 0
	err := filepath.WalkDir(a, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for _, s := range skip {
			if d.Name() == s {
				return nil
			}
		}
		rel, err := filepath.Rel(a, p)
		if err != nil {
			return err
		}
		x, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		y, err := os.ReadFile(filepath.Join(b, rel))
		if err != nil {
			return err
		}
		if string(x) != string(y) {
			return fmt.Errorf("%s differs", rel)
		}
		files++
		return nil
	})
	if err == nil && files == 0 {
		err = fmt.Errorf("%s holds no file to compare", a)
	}
	return err
}

// replace FILE OLD NEW replaces the first occurrence of a text, which must be
// there.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	src, err := os.ReadFile(file)
	ts.Check(err)
	if !strings.Contains(string(src), args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(file, []byte(strings.Replace(string(src), args[1], args[2], 1)), 0o644))
}

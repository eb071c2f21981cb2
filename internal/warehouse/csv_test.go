package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// csvRows writes a file of overrides and returns its cells as text.
func csvRows(t *testing.T, text string) ([]string, *Source, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	src, err := Open(context.Background(), st, Spec{Contract: source.Find("overrides"), Path: "notes.csv", Columns: map[string]string{"account_id": "Account"}}, Options{})
	if err != nil {
		return nil, nil, err
	}
	var out []string
	columns := []string{"account_id", "target", "value", "reason", "author", "set_at", "expires_at"}
	err = src.Scan(context.Background(), columns, func(b *Batch) error {
		for i := range int(b.Record.NumRows()) {
			var cells []string
			for k := range columns {
				cells = append(cells, b.Record.Column(k).ValueStr(i))
			}
			out = append(out, strings.Join(cells, "|"))
		}
		return nil
	})
	return out, src, err
}

func TestCSV(t *testing.T) {
	const want = "00123|nps|9|told, me|Ann|2026-06-01 00:00:00Z|(null)"
	for name, text := range map[string]string{
		"comma":                 "Account,target,value,reason,author,set_at,expires_at\n00123,nps,9,\"told, me\",Ann,2026-06-01,\n",
		"semicolon, mark, CRLF": "\ufeffAccount;target;value;reason;author;set_at;expires_at;extra\r\n00123;nps;9;told, me;Ann;2026-06-01; ;x\r\n",
		"tab, other order":      "expires_at\tset_at\tauthor\treason\tvalue\ttarget\tACCOUNT\n\t2026-06-01\tAnn\ttold, me\t9\tnps\t00123\n",
	} {
		got, src, err := csvRows(t, text)
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, %v", name, got, err)
			continue
		}
		f := src.Files()[0]
		if sum, err := f.SHA256(context.Background()); err != nil || sum != sha(text) || f.Size != int64(len(text)) {
			t.Errorf("%s: the digest is not the file's: %s, %v", name, sum, err)
		}
	}
}

func TestCSVThatCannotBeRead(t *testing.T) {
	head := "Account,target,value,reason,author,set_at\n"
	for text, want := range map[string]string{
		head + "a,b\n":                  "notes.csv:2:1: the row has another number of fields than the header",
		head + "a,\"b\n":                "notes.csv:2:",
		head + "\xff,b,c,d,e,f\n":       "save it as UTF-8",
		"Account,,value\n":              "column 2 has no name",
		"Account,value,value\n":         `columns 2 and 3 are both called "value"`,
		"Account,target,value,reason\n": "",
	} {
		got, _, err := csvRows(t, text)
		if want == "" {
			if err != nil || len(got) > 0 { // a header alone holds no rows
				t.Errorf("%q: %v %v", text, got, err)
			}
			continue
		}
		if err == nil || diag.ClassOf(err) != diag.Data || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Whatever a CSV file holds, it is read as rows or refused as bad data.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n"))
	f.Add([]byte("\ufeffa;b\r\n\"x;\";\n"))
	f.Add([]byte("a\tb.c\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := fromCSV("x.csv", b)
		if err != nil {
			if diag.ClassOf(err) != diag.Data {
				t.Fatal(err)
			}
			return
		}
		if _, err := consumeAll(out, 1<<24); err != nil {
			wellSaid(t, "fuzz", err)
		}
	})
}

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

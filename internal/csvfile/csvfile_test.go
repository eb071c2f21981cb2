package csvfile

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/diag"
)

func all(t *testing.T, text string) (header []string, rows [][]string, err error) {
	t.Helper()
	r, err := NewReader("f.csv", strings.NewReader(text))
	if err != nil {
		return nil, nil, err
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return r.Header(), rows, nil
		}
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, append([]string(nil), row...))
	}
}

// The header says what separates: what it has most of outside its quotes, whatever
// else its names hold.
func TestSeparator(t *testing.T) {
	for text, want := range map[string][]string{
		"a,b\n1,2\n":                               {"a", "b", "1", "2"},
		"a;b\r\n1;2\r\n":                           {"a", "b", "1", "2"},
		"\ufeffa\tb\n1\t2":                         {"a", "b", "1", "2"},
		"ARR, USD;account;churn\n1,5;x;0\n":        {"ARR, USD", "account", "churn", "1,5", "x", "0"},
		"\"a, b, c, d\";id\n1;2\n":                 {"a, b, c, d", "id", "1", "2"},
		"\"a \"\"x;y;z\"\" b\",id\n\"1,5\",2\n":    {"a \"x;y;z\" b", "id", "1,5", "2"},
		"\"two\nlines; ; ;\",id\n1,2\n":            {"two\nlines; ; ;", "id", "1", "2"},
		"one\n1;2\n":                               {"one", "1;2"},
		"a;b,c;d,e\nx,y\n":                         nil, // as many of both: a comma
		" a , b \n\n 1 , 2 \n":                     {"a", "b", "1", "2"},
		strings.Repeat("x", 70000) + ",b\n1,2\n":   {strings.Repeat("x", 70000), "b", "1", "2"},
		"a|b\n1|2\n":                               {"a|b", "1|2"},
		"a,b;\n" + strings.Repeat("1;2;3;4,\n", 3): {"a", "b;", "1;2;3;4", "", "1;2;3;4", "", "1;2;3;4", ""},
	} {
		header, rows, err := all(t, text)
		got := header
		for _, r := range rows {
			got = append(got, r...)
		}
		if want == nil {
			if err == nil || !strings.Contains(err.Error(), "f.csv:2:1: the row has another number of fields") {
				t.Errorf("%q: %q, %v", text, got, err)
			}
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%.40q: %v %.200s", text, err, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "f.csv: the file is empty; export it with a header line",
		"\ufeff\n":                 "f.csv: the file is empty; export it with a header line",
		"a,,b\n":                   "f.csv:1:3: column 2 has no name; name every column",
		"Usage,id,usage \n":        `f.csv:1:10: columns 1 and 3 are both called "usage"; rename or drop one`,
		"a,b\n1\n":                 "f.csv:2:1: the row has another number of fields than the header; write as many fields as the header has, and quote those that hold a separator",
		"a,b\n1,\"x\ny,2\n":        `f.csv:3:5: extraneous or missing " in quoted-field; correct the line`,
		"a,b\n\n1,x\"y\n":          `f.csv:3:4: bare " in non-quoted-field; correct the line`,
		"a,b\n1,2\n3,\xff\n":       "f.csv:3:3: the file is not UTF-8 text; save it as UTF-8",
		"a,b\n1\x00,2\n":           "f.csv:2:1: the file is not UTF-8 text; save it as UTF-8",
		"\xff\xfea\x00":            "f.csv: the file is UTF-16 text; save it as UTF-8",
		"a,b\r1,2\r3,4\r":          "f.csv:1:3: its lines end with a carriage return alone, so that all of it is one line; save it with the line ends of Unix or Windows",
		"PK\x03\x04\x14":           "f.csv: this is a workbook or a zip archive, not CSV; save the sheet as CSV (UTF-8), or unpack the archive",
		"\x1f\x8b\x08":             "f.csv: the file is compressed; uncompress it",
		"PAR1\x15":                 "f.csv: this is a Parquet file, not CSV; let its name end in .parquet",
		"\ufeff <!DOCTYPE html>\n": "f.csv: this is a web page or XML, not CSV; export it again; what was saved may be an error page",
		"a,\xffb\n1,2\n":           "f.csv:1:3: the file is not UTF-8 text; save it as UTF-8",
	} {
		_, rows, err := all(t, text)
		if err == nil || err.Error() != want || diag.ClassOf(err) != diag.Data {
			t.Errorf("%q: %q, %v\nwant %s", text, rows, err, want)
		}
	}
	broken := errors.New("the disk is on fire")
	_, err := NewReader("f.csv", io.MultiReader(strings.NewReader("a,"), failing{broken}))
	if !errors.Is(err, broken) || diag.ClassOf(err) != diag.Data {
		t.Errorf("%v", err)
	}
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

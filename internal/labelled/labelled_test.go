package labelled

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"accounthealth/calibrate"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

var two = Spec{Pillars: []string{"usage", "value"}}

func read(t *testing.T, text string, spec Spec) (*Table, error) {
	t.Helper()
	return ReadCSV("own.csv", strings.NewReader(text), spec)
}

func TestReadCSV(t *testing.T) {
	const text = "\xef\xbb\xbfCustomer ID;Snapshot Date;Usage Score;Value;ARR (EUR);Churned ARR;Health Score;Churned;decided at;Note\r\n" +
		"00012;2026-03-31;71.5;;12000.50;4000;66;1;2026-05-02;\"a; quoted\nnote\"\r\n" +
		"A-7;2026-03-31;0;100;;;;no;;\r\n" +
		"A-8;2026-03-31;50;50;10;;50;;;window still open\r\n" +
		"A-9;2026-03-31;50;50;10;;50;true;2026-03-30;left before\r\n"
	got, err := read(t, text, two)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := day.Parse("2026-03-31")
	e, _ := day.Parse("2026-05-02")
	want := &Table{
		File: "own.csv", Read: 4, NoOutcome: 1, AlreadyLost: 1, Unused: []string{"Note"},
		Columns: []Column{
			{Account, "Customer ID"},
			{SnapshotDate, "Snapshot Date"},
			{ARR, "ARR (EUR)"},
			{ARRLost, "Churned ARR"},
			{Score, "Health Score"},
			{DecisionDate, "decided at"},
			{Churn, "Churned"},
			{"usage", "Usage Score"},
			{"value", "Value"},
		},
		Pillars: []string{"usage", "value"}, X: [][]float64{{71.5, 0}, {math.NaN(), 100}},
		Account: []string{"00012", "A-7"}, Date: []int32{d, d}, Segment: []string{"", ""}, ARR: []float64{12000.5, math.NaN()}, Lost: []float64{4000, math.NaN()},
		Score: []float64{66, math.NaN()}, Decision: []int32{e, day.None}, Worked: []bool{false, false}, Churned: []bool{true, false},
	}
	if d := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.IgnoreUnexported(Table{})); d != "" {
		t.Error(d)
	}
}

// Every problem is told with its place, several at once; nothing is repaired.
func TestReadCSVRefuses(t *testing.T) {
	const head = "account_id,snapshot_date,usage,value,churn\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "own.csv: the file is empty"},
		"no rows":        {head, "own.csv: the file has a header and no rows"},
		"blank name":     {"account_id,,usage,value,churn\n", "own.csv:1:12: column 2 has no name"},
		"twice":          {"account_id,Usage,usage,value,churn\n", `own.csv:1:18: columns 2 and 3 are both called "usage"`},
		"no churn":       {"account_id,usage,value\na,1,2\n", `own.csv: no column for churn (1 if the account churned afterwards, else 0); name it with --columns, such as --columns churn=left_us; the columns are "account_id", "usage", "value"`},
		"short row":      {head + "a,2026-03-31,1,2\n", "own.csv:2:1: the row has another number of fields than the header"},
		"bare quote":     {head + "a,2026-03-31,1\",2,0\n", `own.csv:2:15: bare " in non-quoted-field`},
		"no account":     {head + " ,2026-03-31,1,2,0\n", "own.csv:2:1: account_id is empty"},
		"date":           {head + "a,31.03.2026,1,2,0\n", `own.csv:2:3: snapshot_date is "31.03.2026"; write a date such as 2026-06-30`},
		"range":          {head + "a,2026-03-31,101,2,0\n", `own.csv:2:14: usage is "101"; write a number from 0 to 100`},
		"infinite":       {head + "a,2026-03-31,Inf,2,0\n", `own.csv:2:14: usage is "Inf"`},
		"hexadecimal":    {head + "a,2026-03-31,0x10,2,0\n", `own.csv:2:14: usage is "0x10"`},
		"decimal comma":  {strings.ReplaceAll(head, ",", ";") + "a;2026-03-31;1,5;2;0\n", `own.csv:2:14: usage is "1,5"`},
		"outcome":        {head + "a,2026-03-31,1,2,maybe\n", `own.csv:2:18: churn is "maybe"; write 1 for churned and 0 for stayed`},
		"second row":     {head + "a,2026-03-31,1,2,0\na,2026-03-31,3,4,0\n", `own.csv:3:1: account "a" has a second row for 2026-03-31, the first is at own.csv:2:1; keep one row per account and date`},
		"several":        {head + "a,x,1,2,0\nb,2026-03-31,-1,2,3\n", "own.csv:3:14: usage is \"-1\""},
		"quoted newline": {head + "a,2026-03-31,1,2,0\n\"b\nc\",2026-03-31,1,2,9\n", `own.csv:4:19: churn is "9"`},
	} {
		_, err := read(t, c.text, two)
		if err == nil || !strings.Contains(err.Error(), c.want) || diag.ClassOf(err) != diag.Data && diag.ClassOf(err) != diag.Config {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	_, err := read(t, head+strings.Repeat("a,x,1,2,0\n", 50), two)
	if err == nil || strings.Count(err.Error(), "\n") != maxErrors || !strings.HasSuffix(err.Error(), "and 30 more problems") {
		t.Error(err)
	}
}

func TestColumnsGiven(t *testing.T) {
	const text = "who,gone,segment,u,v\na,1,x,1,2\n"
	spec := two
	spec.Columns = map[string]string{Account: "who", Churn: "gone", Segment: "", "usage": "u", "value": "v"}
	got, err := read(t, text, spec)
	if err != nil || got.Has(Segment) || !slices.Equal(got.Unused, []string{"segment"}) || got.X[1][0] != 2 {
		t.Fatal(got, err)
	}
	spec.Columns["value"] = "" // a pillar may be left out
	if got, err = read(t, text, spec); err != nil || !slices.Equal(got.Pillars, []string{"usage"}) {
		t.Fatal(got, err)
	}
	for name, columns := range map[string]map[string]string{
		`there is no column "nobody" for churn`:     {Churn: "nobody"},
		`"colour" is no column of a labelled table`: {"colour": "u"},
		`column "u" is named twice`:                 {"usage": "u", "value": "u"},
		`"every" is no column of a labelled table`:  {"every": ""},
		`no column for account_id`:                  {Churn: "gone"},
		`every pillar is left out`:                  {Account: "who", Churn: "gone", "usage": "", "value": ""},
	} {
		if _, err := read(t, text, Spec{Pillars: two.Pillars, Columns: columns}); err == nil || !strings.Contains(err.Error(), name) || diag.ClassOf(err) != diag.Config {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A sample does not depend on the order of rows beyond the rows themselves:
// accounts, dates and segments have the numbers of their sorted names.
func TestSampleNumbers(t *testing.T) {
	got, err := read(t, "account,date,segment,usage,value,churn\nb,2026-06-30,S,1,2,0\na,2026-03-31,,3,4,1\n", two)
	if err != nil {
		t.Fatal(err)
	}
	want := calibrate.Sample{
		Pillars: two.Pillars, Weights: []float64{.5, .5}, X: [][]float64{{1, 3}, {2, 4}}, Y: []bool{false, true},
		Account: []int32{1, 0}, Period: []int32{1, 0}, Periods: []string{"2026-03-31", "2026-06-30"},
		Segment: []int32{1, 0}, Segments: []string{"(none)", "S"},
	}
	s := got.Sample([]float64{.5, .5})
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

// Parquet and CSV of the same rows are the same table.
func TestParquetEqualsCSV(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "reference", "sim_quarterly.csv"))
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Pillars: []string{"product", "support", "financial", "relationship"}}
	want, err := ReadCSV("x", bytes.NewReader(text), spec)
	if err != nil {
		t.Fatal(err)
	}
	f := warehouse.NewFrame(want.Rows())
	f.Key("customer_id", func(i int) string { return want.Account[i] })
	f.Date("snapshot_date", func(i int) int32 { return want.Date[i] })
	f.Text("segment", func(i int) string { return want.Segment[i] })
	f.Money("arr", func(i int) float64 { return want.ARR[i] })
	for i, lost := range want.Churned {
		if lost && i%2 == 0 {
			want.Lost[i] = math.Floor(want.ARR[i] / 4)
		}
	}
	at := slices.IndexFunc(want.Columns, func(c Column) bool { return c.As == ARR })
	want.Columns = slices.Insert(want.Columns, at+1, Column{ARRLost, "arr_lost"})
	f.Money("arr_lost", func(i int) float64 { return want.Lost[i] })
	for k, p := range want.Pillars {
		f.Number(p, func(i int) float64 { return want.X[k][i] })
	}
	f.Flag("churn", func(i int) bool { return want.Churned[i] })
	f.Number("score", func(i int) float64 { return want.Score[i] })
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "own.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(file, warehouse.WriterOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(t.Context(), files, "own.parquet", spec, warehouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.IgnoreUnexported(Table{}), cmpopts.IgnoreFields(Table{}, "File", "Unused")); d != "" {
		t.Error(d)
	}
	weights := []float64{.3, .2, .25, .25}
	if d := cmp.Diff(want.Sample(weights), got.Sample(weights), cmpopts.EquateNaNs()); d != "" {
		t.Error(d)
	}
}

// What a row lost: as stated up to its ARR, of a churned row without an amount all,
// of a row that stayed what it lost all the same.
func TestLostARR(t *testing.T) {
	const rows = "account_id,usage,value,arr,churn%s\na,1,2,100,1%s\nb,1,2,100,1%s\nc,1,2,100,1%s\nd,1,2,100,0%s\ne,1,2,100,0%s\n"
	table := func(cells ...any) *Table {
		t.Helper()
		got, err := read(t, fmt.Sprintf(rows, cells...), two)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := table(",arr_lost", ",40", ",", ",150.5", ",25", ",")
	for _, lost := range [][]float64{got.Sample([]float64{.5, .5}).Lost, got.AuditSample([]string{"red", "green"}, []float64{50}, 1).Lost} {
		if !slices.Equal(lost, []float64{40, 100, 100, 25, 0}) {
			t.Error(lost)
		}
	}
	if how, ok := got.HowLost(); !ok || how != (LostARR{Stated: true, Whole: 1, Over: 1, OverARR: 50.5}) {
		t.Errorf("%+v", how)
	}
	got = table("", "", "", "", "", "")
	if lost := got.Sample([]float64{.5, .5}).Lost; !slices.Equal(lost, []float64{100, 100, 100, 0, 0}) {
		t.Error(lost)
	}
	if how, ok := got.HowLost(); !ok || how != (LostARR{Whole: 3}) {
		t.Errorf("%+v", how)
	}
	for _, text := range []string{"1e300", "1.1e15", "NaN"} {
		if _, err := read(t, "account_id,usage,value,arr,churn,arr_lost\na,1,2,100,1,"+text+"\n", two); err == nil || !strings.Contains(err.Error(), `arr_lost is "`+text) {
			t.Errorf("%s is no amount: %v", text, err)
		}
	}
	_, err := read(t, "account_id,usage,value,arr,churn,arr_lost\na,1,2,100,1,-5\n", two)
	if err == nil || !strings.Contains(err.Error(), `own.csv:2:13: arr_lost is "-5"`) {
		t.Error(err)
	}
	got, err = read(t, "account_id,usage,value,churn,arr_lost\na,1,2,1,5\n", two)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := got.HowLost(); ok || got.Sample([]float64{.5, .5}).Lost != nil {
		t.Error("amounts are lost of unknown ones")
	}
}

// Paths of churned accounts go back from their decision.
func TestAuditPaths(t *testing.T) {
	got, err := read(t, "account,date,usage,value,churn,score,decision_date,worked\n"+
		"a,2026-03-31,1,2,0,61,,0\na,2026-06-30,3,4,1,39,2026-07-10,1\nb,2026-06-30,9,9,0,90,,0\n", two)
	if err != nil {
		t.Fatal(err)
	}
	s := got.AuditSample([]string{"red", "green"}, []float64{50}, 1)
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	want := []calibrate.AuditPath{{Account: 0, Row: 1, Days: []int32{101, 10}, Score: []float64{61, 39}, X: [][]float64{{1, 3}, {2, 4}}}}
	if d := cmp.Diff(want, s.Paths); d != "" {
		t.Error(d)
	}
	if !slices.Equal(s.Worked, []bool{false, true, false}) {
		t.Error(s.Worked)
	}
}

// Whatever the bytes, reading gives a table that calibrate accepts, or an error
// of a class with a place; it never panics.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("account_id,churn,usage,value\na,1,2,3\n"))
	f.Add([]byte("\xef\xbb\xbfid;churned;usage;value;arr\nx;0;;1e2;-0\n"))
	f.Add([]byte("account\tchurn\tusage\tvalue\n\"a\"\"b\"\ty\t0\t0\n"))
	f.Add([]byte("account_id,snapshot_date,churn,usage,value,decision_date\na,0001-01-01,1,2,3,9999-12-31\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := ReadCSV("f.csv", bytes.NewReader(src), two)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.csv") || diag.ClassOf(err) == diag.Internal {
				t.Fatalf("%v", err)
			}
			return
		}
		s := got.Sample([]float64{.5, .5})
		if err := s.Validate(); err != nil {
			t.Fatalf("%v", err)
		}
		if got.Read != got.Rows()+got.NoOutcome+got.AlreadyLost {
			t.Fatalf("%d rows read, %d + %d + %d told", got.Read, got.Rows(), got.NoOutcome, got.AlreadyLost)
		}
	})
}

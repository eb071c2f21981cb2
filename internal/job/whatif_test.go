package job

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"accounthealth/internal/framework"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/store"
	"accounthealth/reports"
)

// withPresets is the default framework with rules of their own for one segment, and
// with a cap that holds for accounts whose champion left.
func withPresets(t *testing.T) *framework.Framework {
	t.Helper()
	base, err := framework.Shipped("account-health")
	if err != nil {
		t.Fatal(err)
	}
	src := string(base.Source) + `
segments:
  enterprise:
    segments: [enterprise, Enterprise]
    weights: {product: 30%, support: 20%, financial: 20%, relationship: 30%}
`
	fw, err := framework.Load("presets.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return fw
}

// recalculated gives a workbook to LibreOffice with other values in some cells, and
// with no result of any formula, and returns what LibreOffice makes of it.
func recalculated(t *testing.T, book []byte, part string, edit map[string]string) *excelize.File {
	t.Helper()
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed")
	}
	dir := t.TempDir()
	in, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	results := regexp.MustCompile(`(</f>)<v>[^<]*</v>`)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(f.Name, "xl/worksheets/sheet") {
			b = results.ReplaceAll(b, []byte("$1"))
		}
		if f.Name == part {
			for _, ref := range slices.Sorted(maps.Keys(edit)) {
				cell := regexp.MustCompile(`(<c r="` + ref + `"[^>]*>)<v>[^<]*</v>`)
				if !cell.Match(b) {
					t.Fatalf("%s has no number to edit", ref)
				}
				b = cell.ReplaceAll(b, []byte("${1}<v>"+edit[ref]+"</v>"))
			}
		}
		w, err := z.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "edited.xlsx")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(soffice, "--headless", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"),
		"--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", filepath.Join(dir, "out"), file)
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	x, err := excelize.OpenFile(filepath.Join(dir, "out", "edited.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// Scores and statuses on the What-if sheet follow its cells as the scorer would:
// with the numbers in force they are those of the run, with others those of a
// framework that has them. Rules that inherit follow, rules of their own stay.
func TestWhatIfFollowsItsCells(t *testing.T) {
	files, err := store.Open(filepath.Join("..", "..", "testdata", "exports", "small"))
	if err != nil {
		t.Fatal(err)
	}
	j, err := New(context.Background(), files, "health.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j.Settings.Calibration.Bootstrap, j.Framework = 0, withPresets(t)
	j.Settings.WhatIfAccounts = 40
	r, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Release)
	if len(r.Portfolio.WhatIf.Rules) != 2 || len(r.Portfolio.WhatIf.Rows) != 40 {
		t.Fatalf("%d sets of rules, %d accounts", len(r.Portfolio.WhatIf.Rules), len(r.Portfolio.WhatIf.Rows))
	}
	var book bytes.Buffer
	if err := reports.WritePortfolio(&book, r.Portfolio, reports.Options{}); err != nil {
		t.Fatal(err)
	}

	if all := r.Rows.NewWhatIf(1 << 20).First(40); !reflect.DeepEqual(all, r.Portfolio.WhatIf) {
		t.Errorf("the first 40 of all are not what is prepared for 40")
	}

	t.Run("in force", func(t *testing.T) {
		compareWhatIf(t, r, recalculated(t, book.Bytes(), "", nil), j.Framework)
	})
	t.Run("other numbers", func(t *testing.T) {
		weights, cuts := []float64{.10, .15, .20, .55}, []int{75, 55, 35}
		other, err := j.Framework.WithWeights(weights)
		if err != nil {
			t.Fatal(err)
		}
		if other, err = other.WithCutoffs(cuts); err != nil {
			t.Fatal(err)
		}
		part, cells := whatIfCells(t, book.Bytes())
		edit := map[string]string{}
		for i, v := range []string{".10", ".15", ".20", ".55", "75", "55", "35"} {
			edit[cells[i]] = v
		}
		compareWhatIf(t, r, recalculated(t, book.Bytes(), part, edit), other)
	})
}

// whatIfCells returns the sheet's part and the cells of the first line to write
// into: weights, then cut-offs. The cells in use name them last.
func whatIfCells(t *testing.T, book []byte) (part string, cells []string) {
	t.Helper()
	x, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for i, name := range x.GetSheetList() {
		if name == "What-if" {
			part = "xl/worksheets/sheet" + string('0'+rune((i+1)/10)) + string('0'+rune((i+1)%10)) + ".xml"
			part = strings.Replace(part, "sheet0", "sheet", 1)
		}
	}
	last := regexp.MustCompile(`,([A-Z]+[0-9]+)\)$`)
	for _, name := range []string{"What_if_weights", "What_if_cutoffs"} {
		i := slices.IndexFunc(x.GetDefinedName(), func(d excelize.DefinedName) bool { return d.Name == name })
		if i < 0 {
			t.Fatalf("%s is not defined", name)
		}
		ref := strings.ReplaceAll(x.GetDefinedName()[i].RefersTo, "$", "")
		_, ref, _ = strings.Cut(ref, "!")
		from, to, _ := strings.Cut(ref, ":")
		c, row, _ := excelize.CellNameToCoordinates(from)
		end, _, _ := excelize.CellNameToCoordinates(to)
		for ; c <= end; c++ {
			at, _ := excelize.CoordinatesToCellName(c, row)
			formula, err := x.GetCellFormula("What-if", at)
			if err != nil {
				t.Fatal(err)
			}
			cells = append(cells, last.FindStringSubmatch(formula)[1])
		}
	}
	return part, cells
}

// compareWhatIf holds the sheet's scores, statuses and sums against the scorer's.
func compareWhatIf(t *testing.T, r *Result, x *excelize.File, fw *framework.Framework) {
	t.Helper()
	now, _ := r.Scores.At(r.Job.AsOf)
	want, err := r.Job.scoreWith(fw, r.Data, now)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := x.GetRows("What-if", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	head := slices.IndexFunc(rows, func(row []string) bool { return len(row) > 5 && row[1] == "Account id" })
	if head < 0 {
		t.Fatal("no accounts")
	}
	at := map[string]int{}
	for i, name := range rows[head] {
		at[name] = i
	}
	moved := 0
	for i, row := range rows[head+1:] {
		a := &r.Portfolio.WhatIf.Rows[i]
		if row[at["Account id"]] != a.ID {
			t.Fatalf("row %d is %q, want %q", i, row[at["Account id"]], a.ID)
		}
		k := int(r.Data.Table.Lookup(a.ID))
		status, score := "Not scored", portfolio.Figure{}
		if v, ok := want.Score(k); ok {
			status, score = want.Band(k).Name, portfolio.Amount(v)
		}
		if got := row[at["Status"]]; got != status {
			t.Errorf("%s: status %q, the scorer says %q", a.ID, got, status)
		}
		if got := number(t, row[at["Score"]]); got != score {
			t.Errorf("%s: score %v, the scorer says %v", a.ID, got, score)
		}
		if status != a.Status {
			moved++
		}
	}
	if fw != r.Job.Framework && moved < 5 {
		t.Errorf("only %d statuses differ: the numbers tried prove little", moved)
	}
	checkWhatIfSums(t, r, rows, at, head)
}

func number(t *testing.T, cell string) portfolio.Figure {
	t.Helper()
	if cell == "" {
		return portfolio.Figure{}
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		t.Fatal(err)
	}
	return portfolio.Amount(v)
}

// checkWhatIfSums holds the table by status against the accounts listed and those
// that are kept.
func checkWhatIfSums(t *testing.T, r *Result, rows [][]string, at map[string]int, head int) {
	t.Helper()
	first := slices.IndexFunc(rows, func(row []string) bool { return len(row) > 6 && row[1] == "Status" && row[3] == "Accounts" })
	if first < 0 {
		t.Fatal("no table by status")
	}
	for i, b := range r.Portfolio.WhatIf.Now {
		accounts, arr := float64(b.RestHeld), b.RestARR
		for _, row := range rows[head+1:] {
			if row[at["Status"]] == b.Status {
				accounts++
				arr += number(t, row[3]).Value
			}
		}
		row := rows[first+1+i]
		if got := number(t, row[3]).Value; got != accounts {
			t.Errorf("%s: %v accounts, want %v", b.Status, got, accounts)
		}
		if got := number(t, row[6]).Value; got-arr > .005 || arr-got > .005 {
			t.Errorf("%s: ARR %v, want %v", b.Status, got, arr)
		}
	}
}

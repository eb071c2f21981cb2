package mapping

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTokens(t *testing.T) {
	for name, want := range map[string][]string{
		"AccountId":             {"account", "id"},
		"ACCOUNTID":             {"account", "id"},
		"SBQQ__StartDate__c":    {"start", "date"},
		"Customer_Since__c":     {"customer", "since"},
		"lifecyclestage":        {"lifecycle", "stage"},
		"properties.createdate": {"create", "date"},
		"LAST_LOGIN_AT":         {"last", "login", "at"},
		"HTTPStatus":            {"http", "status"},
		"gsid":                  {"gs", "id"},
		"licenses":              {"license"},
		"nps":                   {"nps"},
		"status":                {"status"},
		"ARR ($)":               {"arr"},
		"":                      nil,
	} {
		if got := tokens(name); !slices.Equal(got, want) {
			t.Errorf("tokens(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestTableWords(t *testing.T) {
	for path, want := range map[string][]string{
		"crm/dim_accounts/dt=2026-06-30/part-0001.snappy.parquet": {"account"},
		"public.support_tickets.parquet":                          {"support", "ticket"},
		"STG_SFDC_OPPORTUNITY":                                    {"opportunity"},
		"ACCOUNTS_*.parquet":                                      {"account"},
		"exports":                                                 nil,
		"":                                                        nil,
	} {
		if got := tableWords(path); !slices.Equal(got, want) {
			t.Errorf("tableWords(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestInfer(t *testing.T) {
	for _, tt := range []struct {
		physical string
		samples  []string
		want     Kind
	}{
		{"INT96", nil, Time},
		{"INT32 (DATE)", nil, Time},
		{"INT64 (TIMESTAMP(isAdjustedToUTC=true,unit=MICROS))", nil, Time},
		{"BYTE_ARRAY (STRING)", []string{"2026-01-05", "2025-12-31T10:00:00Z"}, Time},
		{"BYTE_ARRAY (STRING)", []string{"2026-13-05"}, IDLike},
		{"BYTE_ARRAY (STRING)", []string{"Y", "N"}, Flag},
		{"BYTE_ARRAY (STRING)", []string{"0015g001", "0015g002"}, IDLike},
		{"BYTE_ARRAY (STRING)", []string{"Acme Corp"}, Text},
		{"BYTE_ARRAY", nil, Text},
		{"FIXED_LEN_BYTE_ARRAY(16) (DECIMAL(38,0))", nil, Number},
		{"DOUBLE", nil, Number},
		{"BOOLEAN", nil, Flag},
	} {
		if got := infer(&Column{Physical: tt.physical, Samples: tt.samples}, 0); got != tt.want {
			t.Errorf("%s %q: %s, want %s", tt.physical, tt.samples, got, tt.want)
		}
	}
}

// With 1,024 hashes a share's standard error is at most 0.5/sqrt(hashes that are
// compared); four of them bound the miss. Small sets are exact.
func TestContained(t *testing.T) {
	sketch := func(from, to int) *column {
		v := made(to-from, func(i int) string { return fmt.Sprintf("id-%d", from+i) })
		return &column{Column: Column{Keys: v.keys, Distinct: int64(to - from)}}
	}
	for _, tt := range []struct {
		a, b  *column
		share float64
		n     float64 // hashes compared, at least; 0: exact
	}{
		{sketch(0, 500), sketch(0, 900), 1, 0},
		{sketch(0, 500), sketch(250, 900), 0.5, 0},
		{sketch(0, 500), sketch(600, 900), 0, 0},
		{sketch(0, 100_000), sketch(0, 50_000), 0.5, 700},
		{sketch(0, 20_000), sketch(0, 50_000), 1, 0},
		{sketch(0, 60_000), sketch(15_000, 80_000), 0.75, 700},
	} {
		got, ok := contained(tt.a, tt.b)
		slack := 0.0
		if tt.n > 0 {
			slack = 4 * 0.5 / math.Sqrt(tt.n)
		}
		if !ok || math.Abs(got-tt.share) > slack {
			t.Errorf("contained = %g, %v; want %g within %g", got, ok, tt.share, slack)
		}
	}
	if _, ok := contained(sketch(0, 10), &column{}); ok {
		t.Error("an unknown sketch tells something")
	}
}

func TestSketchForgetsOrder(t *testing.T) {
	var a, b Sketch
	for i := range 5000 {
		a.Add(fmt.Sprint(i))
		b.Add(fmt.Sprint(4999 - i))
		b.Add(fmt.Sprint(i))
	}
	if !slices.Equal(a.Keys(), b.Keys()) || len(a.Keys()) != SketchSize || !slices.IsSorted(a.Keys()) {
		t.Error("the sketch depends on the order, or is not sorted and full")
	}
}

// The assignment's sum equals the best over all pairings, found by trying each.
func TestAssignIsBest(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rows, cols := rapid.IntRange(0, 4).Draw(r, "rows"), rapid.IntRange(0, 5).Draw(r, "cols")
		gain := make([][]int64, rows)
		for i := range gain {
			gain[i] = rapid.SliceOfN(rapid.Int64Range(-3, 9), cols, cols).Draw(r, "row")
		}
		var best func(i int, used int) int64
		best = func(i, used int) int64 {
			if i == rows {
				return 0
			}
			top := best(i+1, used)
			for j := range cols {
				if used&(1<<j) == 0 && gain[i][j] > 0 {
					top = max(top, gain[i][j]+best(i+1, used|1<<j))
				}
			}
			return top
		}
		var sum int64
		used := 0
		for i, j := range assign(gain, cols) {
			if j < 0 {
				continue
			}
			if used&(1<<j) != 0 {
				r.Fatalf("column %d is used twice", j)
			}
			used |= 1 << j
			sum += gain[i][j]
		}
		if want := best(0, 0); sum != want {
			r.Fatalf("sum %d, best %d", sum, want)
		}
	})
}

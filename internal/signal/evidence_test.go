package signal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/intake/intaketest"
	"accounthealth/internal/plan"
	"accounthealth/internal/population"
)

// TestEvidenceTies holds the rows shown to the value they explain: as many as
// Compute counted, the newest as new, whatever the plan, layout and date.
func TestEvidenceTies(t *testing.T) {
	tied := map[string]int{}
	for seed := range uint64(cases) {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		r := random{rand.New(rand.NewPCG(seed, 7))}
		req := r.request(mem)
		snapshots := compute(t, req)
		k := r.IntN(len(req.Dates))
		account := r.IntN(req.Table.Len())
		basis := make([]uint8, len(req.Plan.Signals))
		for i := range basis {
			basis[i] = snapshots[k].Basis(i).Value(account)
		}
		parts, err := Evidence(context.Background(), req, int32(account), req.Dates[k], basis, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for i := range req.Plan.Signals {
			d := &req.Plan.Signals[i].Derive
			if len(d.FirstOf) > 0 {
				d = &d.FirstOf[basis[i]].Derive
			}
			x := answers(snapshots[k])[i][account]
			if x.State != Known || x.Rows == 0 {
				continue
			}
			rows, newest, kind := 0, int32(population.NoDay), ""
			for _, p := range parts[i] {
				n := p.Rows
				if p.Agg.Func == plan.Latest || p.Agg.Func == plan.MaxBy {
					n = min(n, 1)
				}
				for _, s := range p.Shown {
					if !s.Unusable {
						newest = max(newest, s.Day)
					}
				}
				switch {
				case d.Case != nil: // of the test that decides
					if kind = "case"; n == int(x.Rows) {
						rows = n
					}
				case p.Role == "denominator":
				case d.Ratio != nil:
					kind, rows = "ratio", n
				case d.Trend != nil:
					kind, rows = "trend", rows+n
				default:
					kind, rows = p.Agg.Func.String(), n
				}
			}
			if rows != int(x.Rows) {
				t.Fatalf("seed %d, signal %d (%s): %d rows are shown, %d are behind the value\n%s", seed, i, kind, rows, x.Rows, describe(req.Plan))
			}
			if kind != "case" && kind != "ratio" && x.Newest != none && newest != x.Newest {
				t.Fatalf("seed %d, signal %d (%s): the newest row shown is of %d, that behind the value of %d\n%s", seed, i, kind, newest, x.Newest, describe(req.Plan))
			}
			tied[kind]++
		}
		for _, s := range snapshots {
			s.Record.Retain() // released by compute's cleanup too
			s.Release()
		}
	}
	for _, kind := range []string{"latest", "count", "sum", "mean", "min", "max", "max_by", "periods", "ratio", "trend", "case"} {
		if tied[kind] < 3 {
			t.Errorf("only %d values of kind %s were held to their rows", tied[kind], kind)
		}
	}
}

// TestEvidenceOf shows which rows, in which order, with which cells.
func TestEvidenceOf(t *testing.T) {
	row := func(id, ticket string, opened int32, category any) intaketest.Row {
		return intaketest.Row{"account_id": id, "ticket_id": ticket, "opened_at": opened, "category": category}
	}
	p := &plan.Plan{Signals: []plan.Signal{
		{Name: "critical", Derive: plan.Derivation{Agg: &plan.Agg{
			Source: "tickets", Func: plan.Count, At: []string{"opened_at"}, Window: 30, Where: []plan.Cond{{Column: "category", In: []string{"critical"}}},
		}}},
		{Name: "nps", Derive: plan.Derivation{Agg: &plan.Agg{Source: "nps", Func: plan.Latest, Column: "score"}}},
	}}
	req := Request{
		Plan: p, Table: &population.Table{ID: []string{"a", "b"}}, Today: 100,
		Inputs: map[string]Input{"tickets": intaketest.Canonical(memory.DefaultAllocator, "tickets",
			row("a", "T1", 80, "critical"), row("a", "T2", 95, "Critical "), row("b", "T3", 95, "critical"), row("a", "T4", 99, "low"),
			row("a", "T5", 60, "critical"), row("a", "T6", 101, "critical"), row("a", "T2", 95, "critical"), row("a", "T7", 90, "critical"))},
	}
	parts, err := Evidence(context.Background(), req, 0, 100, make([]uint8, 2), 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts[1]) != 0 {
		t.Errorf("a signal without a source shows %v", parts[1])
	}
	if len(parts[0]) != 1 || parts[0][0].Rows != 3 || parts[0][0].Unusable != 0 {
		t.Fatalf("%+v", parts[0])
	}
	var got []string
	for _, s := range parts[0][0].Shown {
		got = append(got, s.Key[0].Value+" "+s.Read[0].Column+" "+s.Read[0].Value+" "+s.Read[1].Value)
	}
	if want := []string{"T2 opened_at 1970-04-06 Critical ", "T7 opened_at 1970-04-01 critical"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if s := parts[0][0].Shown[0]; s.Row != 1 {
		t.Errorf("row %d is shown, not 1", s.Row)
	}
}

// A value that cannot be used is shown as it is written.
func TestEvidenceOfUnusable(t *testing.T) {
	p := &plan.Plan{Signals: []plan.Signal{{Name: "nps", Derive: plan.Derivation{Agg: &plan.Agg{Source: "nps", Func: plan.Mean, Column: "score"}}}}}
	req := Request{Plan: p, Table: &population.Table{ID: []string{"a"}}, Today: 100, Inputs: map[string]Input{"nps": intaketest.Canonical(memory.DefaultAllocator, "nps",
		intaketest.Row{"account_id": "a", "responded_at": int32(90), "score": 14.0},
		intaketest.Row{"account_id": "a", "responded_at": int32(91), "score": intaketest.Bad},
		intaketest.Row{"account_id": "a", "responded_at": int32(92), "score": 9.0})}}
	parts, err := Evidence(context.Background(), req, 0, 100, make([]uint8, 1), 9)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range parts[0][0].Shown {
		got = append(got, fmt.Sprint(s.Row, " ", s.Read[1], " ", s.Unusable))
	}
	if want := []string{"2 {score 9 0} false", "1 {score said 2} true", "0 {score 14 2} true"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

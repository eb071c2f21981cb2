package advise

import (
	"cmp"
	"slices"
	"strings"

	"accounthealth/internal/plan"
)

// Risk is one thing that could lose the account: a signal on a row with a
// severity, or several such signals with the same factor.
type Risk struct {
	Factor   string
	Severity plan.Severity // the greatest of its signals'
	// Cost is what its costliest signal costs, in composite points; 0 where the
	// account is not scored.
	Cost     float64
	Text     string     // in words, its signals' joined, costliest first
	Evidence []Evidence // by signal, costliest first
}

// Evidence is the value that shows a risk.
type Evidence struct {
	Signal int
	Text   string // "8 days since last login", "NPS 5"
	Day    int32  // of the newest row behind the value; population.NoDay where none is
}

// factors groups the signals that are one risk.
type factors struct {
	names []string // in the order of their first signals
	of    []int    // by signal
	size  []int    // how many signals
}

func newFactors(p *plan.Plan) factors {
	f := factors{of: make([]int, len(p.Signals))}
	for sig := range p.Signals {
		name := cmp.Or(p.Signals[sig].Factor, p.Signals[sig].Name)
		i := slices.Index(f.names, name)
		if i < 0 {
			i, f.names, f.size = len(f.names), append(f.names, name), append(f.size, 0)
		}
		f.of[sig] = i
		f.size[i]++
	}
	return f
}

// tally is one factor's risk for one account.
type tally struct {
	severity plan.Severity
	cost     float64 // rounded, so that equal costs tie
	lead     int     // the costliest signal, the earlier on ties
}

// rung returns the rung that a signal is on, or nil.
func (a *Advice) rung(sig, row int) *plan.Rung {
	k := a.result.Rung[sig][row]
	if k < 0 {
		return nil
	}
	return &a.Plan.Rules[a.result.Rules[row]].Ladders[sig][k]
}

// tally fills one entry a factor; severity None means no risk.
func (a *Advice) tally(row int, out []tally) {
	clear(out)
	for sig, factor := range a.factors.of {
		r := a.rung(sig, row)
		if r == nil || r.Severity == plan.None {
			continue
		}
		t, cost := &out[factor], plan.Round9(a.result.Cost[sig][row])
		if t.severity == plan.None || cost > t.cost {
			t.cost, t.lead = cost, sig
		}
		t.severity = max(t.severity, r.Severity)
	}
}

// topOf returns the first factor by severity, then cost, then order; None where
// none is a risk.
func topOf(tallies []tally) int {
	top := None
	for i, t := range tallies {
		if t.severity == plan.None {
			continue
		}
		if top == None || t.severity > tallies[top].severity || t.severity == tallies[top].severity && t.cost > tallies[top].cost {
			top = i
		}
	}
	return top
}

// RisksOf returns an account's risks by severity, then cost, then the order of
// the framework. An account outside the scored population has none.
func (a *Advice) RisksOf(row int) []Risk {
	if !a.advised(row) {
		return nil
	}
	tallies := make([]tally, len(a.factors.names))
	a.tally(row, tallies)
	var out []Risk
	for i := topOf(tallies); i != None; i = topOf(tallies) {
		out = append(out, a.risk(row, i, tallies[i].severity))
		tallies[i].severity = plan.None
	}
	return out
}

// members returns the signals behind a factor's risk, costliest first.
func (a *Advice) members(row, factor int) []int {
	var out []int
	for sig, f := range a.factors.of {
		if r := a.rung(sig, row); f == factor && r != nil && r.Severity != plan.None {
			out = append(out, sig)
		}
	}
	slices.SortStableFunc(out, func(x, y int) int {
		return cmp.Compare(plan.Round9(a.result.Cost[y][row]), plan.Round9(a.result.Cost[x][row]))
	})
	return out
}

func (a *Advice) risk(row, factor int, severity plan.Severity) Risk {
	out := Risk{Factor: a.factors.names[factor], Severity: severity}
	var texts []string
	for i, sig := range a.members(row, factor) {
		if i == 0 {
			out.Cost = a.result.Cost[sig][row]
		}
		texts = append(texts, a.rung(sig, row).Risk)
		out.Evidence = append(out.Evidence, a.evidence(sig, row))
	}
	out.Text = strings.Join(texts, "; ")
	return out
}

// TopRisk returns the most severe risk in words, "" where there is none.
func (a *Advice) TopRisk(row int) string {
	if a.Lead[row] == None {
		return ""
	}
	return a.risk(row, a.factors.of[a.Lead[row]], a.Severity[row]).Text
}

// Risks returns every risk as one line with its evidence, most severe first.
func (a *Advice) Risks(row int) []string {
	var out []string
	for _, r := range a.RisksOf(row) {
		out = append(out, r.String())
	}
	return out
}

// String writes the risk with its evidence: "The last NPS answer is a
// detractor's (NPS 5, 12 Jun 2026)".
func (r Risk) String() string {
	var shown []string
	for _, e := range r.Evidence {
		shown = append(shown, e.String())
	}
	return r.Text + " (" + strings.Join(shown, "; ") + ")"
}

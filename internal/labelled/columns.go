package labelled

import (
	"fmt"
	"slices"
	"strings"

	"accounthealth/internal/diag"
	"accounthealth/internal/mapping"
	"accounthealth/internal/source"
)

// The columns of a labelled table beside its pillars. A table must have the
// first and the last one.
const (
	Account      = "account_id"
	SnapshotDate = "snapshot_date"
	Segment      = "segment"
	ARR          = "arr"
	ARRLost      = "arr_lost"
	Score        = "score"
	DecisionDate = "decision_date"
	Worked       = "worked"
	Churn        = "churn"
)

// part is one column of a labelled table.
type part struct {
	mapping.Wanted
	role     source.Role
	required bool
	pillar   bool
	help     string
}

var parts = []part{
	{Wanted: mapping.Wanted{Name: Account, Like: "accounts.account_id"}, role: source.ID, required: true, help: "the account"},
	{Wanted: mapping.Wanted{Name: SnapshotDate, Also: "as of|as of date|date|observation date|score date|scored at"}, role: source.Time, help: "the date of the scores"},
	{Wanted: mapping.Wanted{Name: Segment, Like: "accounts.segment"}, role: source.Text, help: "the segment"},
	{Wanted: mapping.Wanted{Name: ARR, Like: "accounts.arr"}, role: source.Money, help: "recurring revenue"},
	{Wanted: mapping.Wanted{Name: ARRLost, Like: "churn.arr_lost"}, role: source.Money, help: "recurring revenue lost in the outcome window"},
	{Wanted: mapping.Wanted{Name: Score, Also: "health score|composite|composite score|health|overall score|total score"}, role: source.Number, help: "the score that was in force"},
	{Wanted: mapping.Wanted{Name: DecisionDate, Like: "churn.decision_date"}, role: source.Time, help: "the day on which the loss was decided"},
	{Wanted: mapping.Wanted{Name: Worked, Also: "was worked|intervened|intervention|treated|contacted"}, role: source.Flag, help: "whether somebody acted on the account"},
	{Wanted: mapping.Wanted{Name: Churn, Also: "churned|is churned|did churn|churn flag|lost|is lost|left|outcome:.9|label:.9|target:.86"}, role: source.Flag, required: true, help: "1 if the account churned afterwards, else 0"},
}

// Spec says how a table's columns are found.
type Spec struct {
	// Pillars are the names of the pillars, each sought as a column.
	Pillars []string
	// Columns names columns instead of guessing them: the name above, or a
	// pillar's, to the table's. An empty name leaves an optional column, or a
	// pillar, out.
	Columns map[string]string
}

// Column is one column of the table and what it is read as.
type Column struct {
	As     string `json:"as"`     // account_id, snapshot_date, ..., churn, or a pillar's name
	Column string `json:"column"` // as the table calls it
}

// layout is the parts of a table in the order of parts, then the pillars, with
// the position of their columns, -1 for none.
type layout struct {
	parts   []part
	at      []int
	columns []Column // mapped ones
	unused  []string
}

// wanted lists the parts of a table with the spec's pillars.
func (s Spec) wanted() []part {
	out := slices.Clone(parts)
	for _, p := range s.Pillars {
		if name, ok := s.Columns[p]; ok && name == "" {
			continue
		}
		out = append(out, part{
			Wanted: mapping.Wanted{Name: p, Also: strings.ReplaceAll(p, "_", " ") + " score|" + strings.ReplaceAll(p, "_", " ") + " pillar"},
			role:   source.Number, required: true, pillar: true, help: "the pillar's score, 0 to 100",
		})
	}
	return out
}

// find maps the columns of a table; where names it in messages.
func (s Spec) find(where string, header []string) (*layout, error) {
	l := &layout{parts: s.wanted()}
	l.at = slices.Repeat([]int{-1}, len(l.parts))
	var errs []string
	given := map[string]bool{}
	free := slices.Clone(header)
	for _, as := range sortedKeys(s.Columns) {
		i := slices.IndexFunc(l.parts, func(p part) bool { return p.Name == as })
		if i < 0 && s.Columns[as] == "" && slices.Contains(s.Pillars, as) {
			continue // a pillar that is left out
		}
		if i < 0 {
			errs = append(errs, fmt.Sprintf("%q is no column of a labelled table", as))
			continue
		}
		given[as] = true
		name := s.Columns[as]
		if name == "" {
			continue
		}
		j := slices.Index(header, name)
		switch {
		case j < 0:
			errs = append(errs, fmt.Sprintf("there is no column %q for %s", name, as))
		case free[j] == "":
			errs = append(errs, fmt.Sprintf("column %q is named twice", name))
		default:
			l.at[i], free[j] = j, ""
		}
	}
	if len(errs) > 0 {
		return nil, diag.Errorf(diag.Config, where, "name them as "+l.names(), "%s", strings.Join(errs, "; "))
	}
	var ask []mapping.Wanted
	var of []int
	for i, p := range l.parts {
		if !given[p.Name] {
			ask, of = append(ask, p.Wanted), append(of, i)
		}
	}
	for k, j := range mapping.Named(free, ask) {
		l.at[of[k]] = j
	}
	taken := map[int]bool{}
	for i, p := range l.parts {
		if j := l.at[i]; j >= 0 {
			l.columns = append(l.columns, Column{p.Name, header[j]})
			taken[j] = true
		} else if p.required {
			errs = append(errs, fmt.Sprintf("no column for %s (%s)", p.Name, p.help))
		}
	}
	if len(errs) > 0 {
		return nil, diag.Errorf(diag.Config, where, "name it with --columns, such as --columns churn=left_us; the columns are "+quoted(header), "%s", strings.Join(errs, "; "))
	}
	for j, name := range header {
		if !taken[j] {
			l.unused = append(l.unused, name)
		}
	}
	if len(s.Pillars) > 0 && !slices.ContainsFunc(l.parts, func(p part) bool { return p.pillar }) {
		return nil, diag.Errorf(diag.Config, where, "name at least one", "every pillar is left out")
	}
	return l, nil
}

func (l *layout) names() string {
	var out []string
	for _, p := range l.parts {
		out = append(out, p.Name)
	}
	return strings.Join(out, ", ")
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(out, ", ")
}

func sortedKeys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

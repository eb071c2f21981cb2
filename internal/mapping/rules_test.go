package mapping

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"accounthealth/internal/settings"
	"accounthealth/internal/source"
)

// accountsWith is an accounts table with further columns.
func accountsWith(cols ...Column) (Table, values) {
	ids := made(900, func(i int) string { return fmt.Sprintf("ACC-%05d", i) })
	return Table{Path: "accounts", Files: 1, Rows: 900, Columns: append([]Column{
		keyed("account_id", "BYTE_ARRAY (STRING)", ids), words("account_name", "Acme", "Globex"),
		words("segment", "SMB"), days("renewal_date"), words("owner", "Ana Berg"),
	}, cols...)}, ids
}

// A column that would give a wrong number is refused, with what to do.
func TestRefusals(t *testing.T) {
	float := keyed("account_key", "DOUBLE", made(900, func(i int) string { return fmt.Sprintf("%d.0", i) }))
	tests := []struct {
		name   string
		column Column
		source string
		as     string
		why    string
	}{
		{"monthly revenue", numbers("mrr", "DOUBLE", 0, 9000), "accounts", "arr", "monthly"},
		{"the customer's own revenue", numbers("AnnualRevenue", "DOUBLE", 0, 9e9), "accounts", "arr", "own revenue"},
		{"cents", numbers("arr_cents", "INT64", 0, 9e9), "accounts", "arr", "cents"},
		{"the customer's address", words("email", "a@b.com"), "accounts", "owner_email", "not the owner's"},
		{"seconds since 1970", numbers("customer_since", "INT64", 1.5e9, 1.7e9), "accounts", "start_date", "seconds since 1970"},
		{"a date as a number", numbers("customer_since", "INT32", 20190101, 20260630), "accounts", "start_date", "numbers such as 20260630"},
		{"a rating of 1 to 100", numbers("csat_score", "DOUBLE", 20, 98), "tickets", "csat", "outside 1 to 5"},
		{"words for a rating", words("satisfaction_rating", "good", "bad"), "tickets", "csat", "not numbers"},
		{"a currency sign", words("currency_code", "€", "$"), "accounts", "currency", "no ISO currency"},
		{"a share above 1", numbers("adoption_rate", "DOUBLE", 3, 97), "signals", "feature_adoption", "percentage"},
		{"float ids", float, "churn", "account_id", "floating-point"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			si := slices.IndexFunc(source.All(), func(c source.Contract) bool { return c.Name == tt.source })
			con := source.All()[si]
			tgs := targetsOf(&con, shipped(t).Signals)
			tg := &tgs[slices.IndexFunc(tgs, func(x target) bool { return x.name == tt.as })]
			c := derive(tt.column, 900)
			r := rate(tg, &table{Table: Table{Path: "t"}}, &c, nil)
			if r.score != 0 || !strings.Contains(r.problem, tt.why) {
				t.Errorf("score %.2f, problem %q; want 0 and %q", r.score, r.problem, tt.why)
			}
		})
	}
}

func TestDoubts(t *testing.T) {
	acc, ids := accountsWith(numbers("acv", "DOUBLE", 0, 1e5))
	surveys := Table{Path: "nps", Rows: 500, Columns: []Column{
		keyed("account_id", "BYTE_ARRAY (STRING)", ids.part(2)), dates("responded_at"), numbers("rating", "INT32", 1, 5),
	}}
	m := Guess([]Table{acc, surveys}, shipped(t))
	if c := m.Source("accounts").column("arr"); c == nil || c.Column != "acv" || c.Check == "" {
		t.Errorf("acv for arr: %+v, want it with a check", c)
	}
	if c := m.Source("nps").column("score"); c == nil || !strings.Contains(c.Check, "no value is above 5") {
		t.Errorf("a rating for NPS: %+v, want a check", c)
	}
	if c := m.Source("nps").column("account_id"); c == nil || c.Check != "" || !slices.Contains(c.Reasons, "100% of values are in accounts.account_id") {
		t.Errorf("account_id: %+v", c)
	}
}

// Two columns are equally good: one is taken, the other named.
func TestRunnerUp(t *testing.T) {
	acc, _ := accountsWith(numbers("arr_amount", "DOUBLE", 0, 1e5), numbers("current_arr", "DOUBLE", 0, 1e5))
	c := Guess([]Table{acc}, shipped(t)).Source("accounts").column("arr")
	if c == nil || c.NextBest == "" || c.Check != "another column fits as well" || c.NextBest == c.Column {
		t.Errorf("arr: %+v, want a check and the runner-up", c)
	}
}

// Which of two keys is the account's is told by the other tables, not by names.
func TestOtherTablesChooseTheKey(t *testing.T) {
	crm := made(900, func(i int) string { return fmt.Sprintf("0015g%05d", i) })
	own := made(900, func(i int) string { return fmt.Sprintf("ORG%05d", i) })
	const s = "BYTE_ARRAY (STRING)"
	for name, used := range map[string]values{"account_id": own, "customer_id": crm} {
		m := Guess([]Table{
			{Path: "accounts", Rows: 900, Columns: []Column{keyed("account_id", s, own), keyed("customer_id", s, crm), words("name", "Acme"), numbers("arr", "DOUBLE", 0, 9)}},
			{Path: "tickets", Rows: 900, Columns: []Column{keyed("customer_id", s, used.part(2)), dates("opened_at"), dates("closed_at"), flags("escalated")}},
		}, shipped(t))
		if got := m.Source("accounts").Column("account_id"); got != name {
			t.Errorf("tickets hold %s, yet accounts.account_id is %q", name, got)
		}
	}
}

// Ids of something else under the account's name are not taken.
func TestOtherIDs(t *testing.T) {
	acc, _ := accountsWith()
	other := made(400, func(i int) string { return fmt.Sprintf("ZZZ-%05d", i) })
	m := Guess([]Table{acc, {Path: "tickets", Rows: 900, Columns: []Column{
		keyed("customer", "BYTE_ARRAY (STRING)", other), dates("opened_at"), dates("closed_at"), flags("escalated"),
	}}}, shipped(t))
	s := m.Source("tickets")
	if s == nil || s.Usable || len(s.Near) == 0 || !strings.Contains(s.Near[0].Why, "0% of its different values") {
		t.Fatalf("tickets with other ids: %+v", s)
	}
	if y := string(HealthYAML(m, shipped(t))); !strings.Contains(y, "  # tickets:") || !strings.Contains(y, "#     account_id: FILL IN") {
		t.Error(y)
	}
}

func TestLayouts(t *testing.T) {
	acc, ids := accountsWith()
	parted := acc
	parted.Rows, parted.Partitions = 9000, []string{"dt"}
	spells := acc
	spells.Columns = append(slices.Clone(acc.Columns), days("valid_from"), days("valid_to"))
	undated := Table{Path: "usage", Rows: 900, Columns: []Column{
		keyed("account_id", "BYTE_ARRAY (STRING)", ids), numbers("active_users", "INT32", 0, 9), numbers("licensed_seats", "INT32", 1, 20), numbers("features_used", "INT32", 0, 9),
	}}
	for _, tt := range []struct {
		name, source string
		tables       []Table
		want         source.Layout
	}{
		{"one overwritten table", "accounts", []Table{acc}, source.Current},
		{"a copy a day", "accounts", []Table{parted}, source.Snapshot},
		{"spells", "accounts", []Table{spells}, source.SCD},
		{"usage without a date", "usage", []Table{acc, undated}, source.Current},
	} {
		s := Guess(tt.tables, shipped(t)).Source(tt.source)
		if s == nil || s.Layout != tt.want || !s.Usable {
			t.Errorf("%s: %+v, want layout %s", tt.name, s, tt.want)
		}
	}
	if s := Guess([]Table{parted}, shipped(t)).Source("accounts"); s.Column("snapshot_date") != "dt" {
		t.Errorf("full copies are dated by %q, want dt", s.Column("snapshot_date"))
	}
	tickets := func(rows, distinct int64) Table {
		id := keyed("ticket_id", "BYTE_ARRAY (STRING)", made(int(distinct), func(i int) string { return fmt.Sprintf("T%d", i) }))
		return Table{Path: "tickets", Rows: rows, Partitions: []string{"dt"}, Columns: []Column{keyed("account_id", "BYTE_ARRAY (STRING)", ids), id, days("opened_at"), days("closed_at")}}
	}
	for _, tt := range []struct {
		rows int64
		want source.Layout
	}{{3000, source.Snapshot}, {1000, source.Events}, {1100, source.Events}} {
		s := Guess([]Table{acc, tickets(tt.rows, 1000)}, shipped(t)).Source("tickets")
		if s == nil || s.Layout != tt.want || (s.Column("snapshot_date") == "dt") != (tt.want == source.Snapshot) {
			t.Errorf("1000 tickets in %d rows: %+v, want layout %s", tt.rows, s, tt.want)
		}
	}
	doubled := acc
	doubled.Rows = 1000
	if c := Guess([]Table{doubled}, shipped(t)).Source("accounts").column("account_id"); !strings.Contains(c.Check, "900 different ids on 1,000 rows") {
		t.Errorf("duplicate ids: %+v", c)
	}
}

// A describer counts 10,000 values at most; 12,418 different ids are no duplicates
// for that, and three copies of them are.
func TestManyAccounts(t *testing.T) {
	ids := made(12_418, func(i int) string { return fmt.Sprintf("ACC-%06d", i) })
	for rows, want := range map[int64]bool{12_418: false, 37_254: true} {
		c := keyed("account_id", "STRING", ids)
		c.Distinct, c.Capped = 10_000, true
		for _, capped := range []bool{true, false} {
			c.Capped = capped
			d := derive(c, rows)
			if d.repeat != want || d.unique == want {
				t.Errorf("%d rows, capped %v: repeat %v, unique %v", rows, capped, d.repeat, d.unique)
			}
		}
	}
}

func TestChurnAdvice(t *testing.T) {
	acc, ids := accountsWith(words("status", "active", "churned"), dates("terminated_at"))
	m := Guess([]Table{acc}, shipped(t))
	if m.Churn.Found || len(m.Churn.Needs) != 3 || len(m.Churn.Hints) != 2 {
		t.Fatalf("churn: %+v", m.Churn)
	}
	if text := Report(m); !strings.Contains(text, "supply these three columns") || !strings.Contains(text, "accounts.terminated_at could date losses") {
		t.Error(text)
	}
	m = Guess([]Table{acc, {Path: "churn", Rows: 40, Columns: []Column{keyed("account_id", "BYTE_ARRAY (STRING)", ids.part(20)), days("end_date")}}}, shipped(t))
	if !m.Churn.Found || len(m.Churn.Needs) != 0 {
		t.Errorf("churn with an end date: %+v", m.Churn)
	}
}

// Tables that are no source are explained.
func TestUnused(t *testing.T) {
	s := saas()
	m := Guess(s.tables, shipped(t))
	why := map[string]string{}
	for _, u := range m.Unused {
		why[u.Path] = u.Why
	}
	if !strings.Contains(why["public.events"], "raw events") {
		t.Errorf("events: %q", why["public.events"])
	}
	if !strings.Contains(why["public.audit_log"], "holds account ids (org_id)") {
		t.Errorf("audit_log: %q", why["public.audit_log"])
	}

	acc, ids := accountsWith()
	people := made(300, func(i int) string { return fmt.Sprintf("P%05d", i) })
	m = Guess([]Table{
		acc,
		{Path: "contacts", Rows: 300, Columns: []Column{keyed("contact_id", "STRING", people), keyed("account_id", "STRING", ids.part(3)), words("role", "champion", "sponsor"), days("since")}},
		{Path: "badges", Rows: 300, Columns: []Column{keyed("holder", "STRING", people), words("badge", "gold")}},
	}, shipped(t))
	if len(m.Unused) != 1 || !strings.Contains(m.Unused[0].Why, "holder holds ids of contacts") {
		t.Errorf("badges: %+v", m.Unused)
	}
}

// What the wide file has in raw form is not taken a second time as a signal.
func TestWideFilePrefersRawColumns(t *testing.T) {
	acc, _ := accountsWith(numbers("active_users", "INT32", 0, 90), numbers("licensed_seats", "INT32", 1, 100), numbers("seat_utilization", "DOUBLE", 0, 1), numbers("nps", "INT32", 0, 10))
	m := Guess([]Table{acc}, shipped(t))
	s := m.Source("signals")
	if s == nil || s.Column("nps") != "nps" || s.Column("activity") != "" {
		t.Fatalf("signals: %+v", s)
	}
	if !slices.ContainsFunc(s.Near, func(n Near) bool {
		return n.Column == "seat_utilization" && strings.Contains(n.Why, "is left out")
	}) {
		t.Errorf("seat_utilization is not accounted for: %+v", s.Near)
	}
	if u := m.Source("usage"); u == nil || u.Path != acc.Path || u.Layout != source.Current {
		t.Errorf("usage: %+v", u)
	}
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// checkYAML reads a health.yaml back and compares it with the mapping.
func checkYAML(t fataler, m *Mapping, y []byte) {
	t.Helper()
	if m.usable("accounts") == nil {
		return
	}
	s, err := settings.Parse("health.yaml", y)
	if err != nil {
		t.Fatalf("settings refuses it: %v\n%s", err, y)
	}
	for _, src := range m.Sources {
		got := s.Source(src.Name)
		if !src.Usable {
			if got != nil {
				t.Fatalf("unusable source %s is declared\n%s", src.Name, y)
			}
			continue
		}
		if got == nil || got.Layout != src.Layout || got.Path != strings.ToValidUTF8(src.Path, "\uFFFD") {
			t.Fatalf("source %s: read back as %+v\n%s", src.Name, got, y)
		}
		for _, c := range src.Columns {
			file, listed := got.Columns[c.Canonical]
			if !listed {
				file = c.Canonical
			}
			if file != strings.ToValidUTF8(c.Column, "\uFFFD") {
				t.Fatalf("%s.%s: read back as %q, mapped to %q\n%s", src.Name, c.Canonical, file, c.Column, y)
			}
		}
	}
}

func TestHealthYAMLIsReadBack(t *testing.T) {
	opt := shipped(t)
	for _, s := range everySchema() {
		m := Guess(s.tables, opt)
		y := HealthYAML(m, opt)
		checkYAML(t, m, y)
		if string(y) != string(HealthYAML(Guess(s.tables, opt), opt)) {
			t.Errorf("%s: two texts for the same tables", s.name)
		}
	}
}

func TestHealthYAMLText(t *testing.T) {
	acc, _ := accountsWith(numbers("Total: \"ARR\" #1", "DOUBLE", 0, 1e5), numbers("MRR", "DOUBLE", 0, 1e4))
	m := Guess([]Table{acc}, Options{})
	want := `# Settings for accounthealth, guessed from 1 table in s3 exports.
# Every other setting has a default; see the manual.
version: 1
exports: "s3 exports"
framework: account-health

# canonical column: column of the file; columns with the canonical name already are left out.
sources:
  accounts:  # 900 rows; the table's name resembles "account"; 6 of 21 columns found
    path: accounts
    layout: current
    columns:
      arr: "Total: \"ARR\" #1"
    # not found: start_date (first day as a customer)

  # No table of lost accounts was found. Scores need none; calibration does:
  # churn:
  #   path: FILL IN
  #   columns:
  #     account_id: FILL IN  # required: the account that was lost, as accounts names it
  #     decision_date: FILL IN  # required: the day the customer decided; end_date (last day of service) where that is not recorded
  #     kind: FILL IN  # optional: logo or downsell, or a reason: losses that say nothing about health can then be left out
`
	if got := string(HealthYAML(m, Options{Exports: "s3 exports"})); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What a column holds, and what its name says, outweighs a likeness of names.
func TestGeneralRules(t *testing.T) {
	cities := made(900, func(i int) string { return fmt.Sprintf("street %d", i) })
	free := keyed("sector", "BYTE_ARRAY (STRING)", cities)
	acc, ids := accountsWith(free, days("service_start_end"), days("inactivated_date"), words("region", "EU"))
	parents := keyed("holding_parent", "BYTE_ARRAY (STRING)", ids.part(30))
	parents.Nulls = 600
	strangers := keyed("parent_group_id", "BYTE_ARRAY (STRING)", made(60, func(i int) string { return fmt.Sprintf("G-%04d", i) }))
	strangers.Nulls = 600
	acc.Columns = append(acc.Columns, parents, strangers)
	desk := Table{Path: "responses", Rows: 900, Columns: []Column{
		keyed("account_id", "BYTE_ARRAY (STRING)", ids.part(2)), dates("created_at"), dates("closed_at"), numbers("rating", "INT32", 1, 5),
	}}
	m := Guess([]Table{acc, desk}, shipped(t))
	accounts := m.Source("accounts")
	if c := accounts.column("industry"); c != nil {
		t.Errorf("industry is %s, which is different in every row", c.Column)
	}
	if c := accounts.column("start_date"); c != nil {
		t.Errorf("start_date is %s, which is an end", c.Column)
	}
	if c := accounts.column("parent_id"); c == nil || c.Column != "holding_parent" {
		t.Errorf("parent_id is %+v", c)
	}
	if s := m.Source("nps"); s != nil {
		t.Errorf("tickets with a rating up to 5 are read as NPS: %+v", s)
	}
	if s := m.Source("tickets"); s == nil || s.column("csat") == nil || s.column("csat").Column != "rating" {
		t.Errorf("tickets: %+v", s)
	}

	// The same tables with what the rules ask for.
	acc, ids = accountsWith(words("sector", "Retail", "Health"), days("service_start"))
	desk.Columns = []Column{keyed("account_id", "BYTE_ARRAY (STRING)", ids.part(2)), dates("created_at"), numbers("rating", "INT32", 0, 10)}
	m = Guess([]Table{acc, desk}, shipped(t))
	if c := m.Source("accounts").column("industry"); c == nil || c.Column != "sector" {
		t.Errorf("industry is %+v", c)
	}
	if s := m.Source("nps"); s == nil || s.column("score") == nil {
		t.Errorf("nps: %+v", s)
	}
}

package population

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/source"
)

// Settings are the population section of health.yaml and the run's date. Every
// zero value but AsOf and OnboardingDays reads as its documented default.
type Settings struct {
	AsOf           int32    // the run's as-of day
	OnboardingDays int32    // tenure below it is onboarding
	OutStages      []string // lifecycle stages that are no customers, compared case-insensitively
	NoticeDays     int32    // where no notice period is stated; 0 means 60
	SuccessorDays  int32    // a term that starts this soon after another's end continues it; 0 means 30

	// Currency is the reporting currency and Rates the reporting currency per
	// unit of every other; amounts without a rate are unknown. Where Currency is
	// "" amounts stay as they are, and an account whose live terms are in several
	// currencies has an unknown ARR.
	Currency string
	Rates    map[string]float64

	// RollUp makes children part of their topmost parent.
	RollUp bool
	// Merged says which account ids were merged into which; nil where the source is
	// not mapped. Rows of an old id count for the new one.
	Merged *intake.Input
}

func (s Settings) withDefaults() Settings {
	s.NoticeDays = cmp.Or(s.NoticeDays, 60)
	s.SuccessorDays = cmp.Or(s.SuccessorDays, 30)
	return s
}

// maxUnlisted is the share of churned ids missing from accounts beyond which
// accounts must be taken to list live customers only.
const maxUnlisted = 0.05

// Load reads accounts, and subscriptions and churn where they are mapped (nil
// where not), and counts what is wrong with their rows in findings, every
// mapped column of the three included, so that no later reader needs to.
//
// Of rows with the same key the first in file and row order is used: exact
// copies are counted as Duplicate, others as Conflict; rows of accounts that are
// not listed are counted as Orphan and no more is asked of them, so that memory
// is that of the table, whatever else the files hold. A row that became available
// after AsOf does not exist. Where no churn source is
// mapped, a loss is derived from every subscription that ended by AsOf without
// a successor. It refuses, with class Data, an accounts source without ids and
// one that lacks more than 5% of the churned ids.
func Load(ctx context.Context, accounts, subscriptions, churn *intake.Input, s Settings, findings *diag.Tally) (*Table, error) {
	s = s.withDefaults()
	if accounts == nil {
		return nil, diag.Errorf(diag.Config, "sources", "add an accounts source to health.yaml", "no accounts source is mapped")
	}
	t := &Table{settings: s}
	if err := t.readAccounts(ctx, accounts, findings); err != nil {
		return nil, err
	}
	if s.Merged != nil {
		final, err := t.readMerged(ctx, s.Merged, findings)
		if err != nil {
			return nil, err
		}
		t.applyMerged(final)
	}
	if s.RollUp {
		t.rollUp(findings)
	}
	if subscriptions != nil {
		if err := t.readTerms(ctx, subscriptions, findings); err != nil {
			return nil, err
		}
	}
	t.Arrange(s, subscriptions != nil)
	switch {
	case churn != nil:
		if err := t.readLosses(ctx, churn, findings); err != nil {
			return nil, err
		}
	case subscriptions != nil:
		t.deriveLosses()
	}
	t.arrangeLosses()
	return t, nil
}

// Arrange makes a table whose exported fields were filled by other means ready
// for At: it sorts terms and losses, and takes the first term's start where an
// account's own is unknown. The rows must be sorted by ID. hasTerms says whether
// Terms is all there is to know about contracts.
func (t *Table) Arrange(s Settings, hasTerms bool) {
	t.settings, t.hasTerms = s.withDefaults(), hasTerms
	t.Index()
	slices.SortStableFunc(t.Terms, func(a, b Term) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End),
			cmp.Compare(a.Product, b.Product), cmp.Compare(a.ARR, b.ARR), cmp.Compare(a.Renewal, b.Renewal))
	})
	t.termsOf = spans(len(t.ID), t.Terms, func(x Term) int32 { return x.Account })
	for i := range t.ID {
		if terms := t.terms(i); t.Start[i] == NoDay && len(terms) > 0 {
			t.Start[i] = terms[0].Start
		}
	}
	t.arrangeLosses()
}

func (t *Table) arrangeLosses() {
	slices.SortStableFunc(t.Losses, func(a, b Loss) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Event, b.Event), cmp.Compare(a.End, b.End),
			cmp.Compare(a.ARRLost, b.ARRLost), cmp.Compare(a.Reason, b.Reason))
	})
	t.lossesOf = spans(len(t.ID), t.Losses, func(l Loss) int32 { return l.Account })
	t.endsBind = t.statesEnds()
}

// spans returns, by account, where its run begins in a list sorted by account;
// one more entry closes the last.
func spans[T any](accounts int, list []T, account func(T) int32) []int32 {
	out := make([]int32, accounts+1)
	k := 0
	for a := range out {
		for k < len(list) && int(account(list[k])) < a {
			k++
		}
		out[a] = int32(k)
	}
	return out
}

func (t *Table) terms(i int) []Term  { return t.Terms[t.termsOf[i]:t.termsOf[i+1]] }
func (t *Table) losses(i int) []Loss { return t.Losses[t.lossesOf[i]:t.lossesOf[i+1]] }

// HasTerms reports whether a subscriptions source was mapped, so that ARR and
// contracts of past dates are known.
func (t *Table) HasTerms() bool { return t.hasTerms }

// ReportedIn is the reporting currency.
func (t *Table) ReportedIn() string { return t.settings.Currency }

// Rate is the reporting currency per unit of another; NaN where there is no rate.
func (t *Table) Rate(currency string) float64 { return t.settings.rate(currency) }

// rate converts an amount into the reporting currency; NaN where it cannot.
func (s *Settings) rate(currency string) float64 {
	currency = strings.TrimSpace(currency)
	if s.Currency == "" || currency == "" || strings.EqualFold(currency, s.Currency) {
		return 1
	}
	if r, ok := s.Rates[strings.ToUpper(currency)]; ok {
		return r
	}
	return math.NaN()
}

// table is one source being read: its columns by name, for rows of a batch.
type table struct {
	in    *intake.Input
	at    map[string]int
	key   []int       // positions of the key columns; nil where one is not mapped
	whole bool        // the key is all there is
	sums  *Reconciled // of arr; nil where nobody asks
	told  []int       // positions of the columns by which copies are told from conflicts
	batch *intake.Batch
	seen  map[[2]uint64][2]uint64 // key digest -> row digest
}

// columns lists every mapped column of a contract, so that all are checked.
func columns(in *intake.Input) (names []string) {
	for _, c := range in.Contract.Columns {
		if in.Has(c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// scan calls row for every row that is in force on asOf, of an account that is
// listed and not a copy of an earlier one. Rows are unkeyed where whole is set:
// only exact copies go. Where listed is nil every account is.
func scan(ctx context.Context, in *intake.Input, asOf int32, whole bool, findings *diag.Tally, listed func(id string) bool, sums *Reconciled, row func(*table, int) error) error {
	if !in.Has(intake.AccountID) {
		return in.Missing(intake.AccountID)
	}
	if err := in.CheckLayout(); err != nil {
		return err
	}
	latest, err := latestSnapshot(ctx, in, asOf)
	if err != nil {
		return err
	}
	t := &table{in: in, sums: sums, at: map[string]int{}, whole: whole, seen: map[[2]uint64][2]uint64{}}
	names := columns(in)
	for k, n := range names {
		t.at[n] = k
		if n != intake.AvailableAt { // a row delivered again is a copy
			t.told = append(t.told, k)
		}
	}
	if whole {
		t.key = t.told
	}
	for _, n := range in.Contract.Key {
		k, ok := t.at[n]
		if !ok {
			t.key, t.whole = t.told, true // without a key only whole copies can be told
			break
		}
		t.key = append(t.key, k)
	}
	return in.Read(ctx, names, asOf, findings, func(b *intake.Batch) error {
		t.batch = b
		for i := range b.Len {
			if !t.inForce(i, asOf, latest) {
				continue
			}
			arr, _ := t.stated("arr", i)
			if sums != nil {
				sums.Raw.add(arr)
			}
			id, ok := t.text(intake.AccountID, i)
			if !ok {
				b.Note(diag.MissingKey, intake.AccountID, i, "")
				if sums != nil {
					sums.NoID.add(arr)
				}
				continue
			}
			if listed != nil && !listed(id) {
				b.Note(diag.Orphan, intake.AccountID, i, strings.Clone(id))
				continue
			}
			if t.repeated(i) {
				if sums != nil {
					sums.Repeated.add(arr)
				}
				continue
			}
			if err := row(t, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// repeated counts a row whose key was seen before.
func (t *table) repeated(i int) bool {
	for _, k := range t.key {
		if t.batch.Columns[k].Status[i] != intake.Known && !t.whole {
			return false // no key to compare by
		}
	}
	if t.key == nil {
		return false
	}
	key, all := t.batch.DigestOf(t.key, i), t.batch.DigestOf(t.told, i)
	first, ok := t.seen[key]
	switch {
	case !ok:
		t.seen[key] = all
	case first == all:
		t.batch.Note(diag.Duplicate, "", i, "")
	default:
		t.batch.Note(diag.Conflict, "", i, "")
	}
	return ok
}

// inForce reports whether the row describes asOf under the source's layout.
func (t *table) inForce(i int, asOf, latest int32) bool {
	if !t.available(i, asOf) {
		return false
	}
	switch t.in.Layout {
	case source.Snapshot:
		return t.day(t.in.Stamp(), i) == latest
	case source.SCD:
		from, to := t.day(intake.ValidFrom, i), t.day(intake.ValidTo, i)
		return from <= asOf && (to == NoDay || to > asOf)
	}
	return true
}

// available reports whether the row was in the warehouse by asOf; where nothing is
// said about it, it was.
func (t *table) available(i int, asOf int32) bool {
	k, ok := t.at[intake.AvailableAt]
	if !ok {
		return true
	}
	c := &t.batch.Columns[k]
	return c.Status[i] == intake.Null || c.Status[i] == intake.Known && c.Days[i] <= asOf
}

// latestSnapshot returns the newest snapshot date not after asOf of which a row
// was available.
func latestSnapshot(ctx context.Context, in *intake.Input, asOf int32) (int32, error) {
	latest := NoDay
	if in.Layout != source.Snapshot {
		return latest, nil
	}
	t := &table{in: in, at: map[string]int{in.Stamp(): 0}}
	names := []string{in.Stamp()}
	if in.Has(intake.AvailableAt) {
		t.at[intake.AvailableAt] = 1
		names = append(names, intake.AvailableAt)
	}
	err := in.Read(ctx, names, asOf, nil, func(b *intake.Batch) error {
		t.batch = b
		for i := range b.Len {
			if d := t.day(in.Stamp(), i); d != NoDay && d <= asOf && t.available(i, asOf) {
				latest = max(latest, d)
			}
		}
		return nil
	})
	return latest, err
}

func (t *table) column(name string, i int) *intake.Column {
	if k, ok := t.at[name]; ok && t.batch.Columns[k].Status[i] == intake.Known {
		return &t.batch.Columns[k]
	}
	return nil
}

// text returns a cell as text of its own; false where it is null or empty.
func (t *table) text(name string, i int) (string, bool) {
	if c := t.column(name, i); c != nil && c.Text(i) != "" {
		return c.Text(i), true
	}
	return "", false
}

func (t *table) number(name string, i int) float64 {
	if c := t.column(name, i); c != nil {
		return c.Numbers[i]
	}
	return math.NaN()
}

func (t *table) day(name string, i int) int32 {
	if c := t.column(name, i); c != nil {
		return c.Days[i]
	}
	return NoDay
}

// placeholderDays is how long after the as-of date no contract runs: a later date,
// such as 9999-12-31 or 2099-12-31, is a system's way to write that there is none.
const placeholderDays = 50 * 366

// ahead is the day of a column whose dates may lie ahead; NoDay, which is counted,
// where it is a placeholder. A contract that renews on the last day of time would
// have a renewal date on record and be judged at no renewal. The end of a term is not
// counted: so are open ends written.
func (t *table) ahead(name string, i int, asOf int32) int32 {
	d := t.day(name, i)
	if d != NoDay && d-asOf > placeholderDays {
		if name != "end" {
			t.batch.Note(diag.Placeholder, name, i, day.Format(d))
		}
		return NoDay
	}
	return d
}

func (t *table) flag(name string, i int, otherwise bool) bool {
	if c := t.column(name, i); c != nil {
		return c.Flags[i]
	}
	return otherwise
}

func (t *table) days(name string, i int, otherwise int32) int32 {
	if x := t.number(name, i); !math.IsNaN(x) {
		return int32(math.Round(x))
	}
	return otherwise
}

// words interns what is kept of a batch's text, which the batch owns.
type words map[string]string

func (w words) keep(s string) string {
	if k, ok := w[s]; ok {
		return k
	}
	k := strings.Clone(s)
	w[k] = k
	return k
}

// money returns an amount in the reporting currency, NaN where it is unknown,
// and counts a currency without a rate.
func (t *table) money(name string, i int, s *Settings) float64 {
	x := t.number(name, i)
	if math.IsNaN(x) {
		return x
	}
	currency, _ := t.text("currency", i)
	r := s.rate(currency)
	if math.IsNaN(r) {
		t.batch.Note(diag.NoRate, "currency", i, strings.Clone(currency))
	}
	return x * r
}

func unlisted(churned, missing int) error {
	return diag.Errorf(diag.Data, "accounts", "export former customers too, with their ids",
		"accounts lists only live customers: %s of %d churned ids are not in it", fmt.Sprint(missing), churned)
}

package population

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
)

func (t *Table) readAccounts(ctx context.Context, in *intake.Input, findings *diag.Tally) error {
	w := words{}
	text, days, flags := t.texts(), t.days(), t.flags()
	err := scan(ctx, in, t.settings.AsOf, false, findings, nil, &t.Reconciled, func(r *table, i int) error {
		for _, c := range text {
			s, _ := r.text(c.column, i)
			*c.to = append(*c.to, w.keep(s))
		}
		for _, c := range days {
			d := r.day(c.column, i)
			if c.to == &t.Renewal {
				d = r.ahead(c.column, i, t.settings.AsOf)
			}
			*c.to = append(*c.to, d)
		}
		for _, c := range flags {
			*c.to = append(*c.to, r.flag(c.column, i, false))
		}
		arr := r.money("arr", i, &t.settings)
		t.ARRToday = append(t.ARRToday, arr)
		cents, status := r.stated("arr", i)
		t.Reconciled.used(cents, status, arr)
		t.Notice = append(t.Notice, r.days("notice_days", i, t.settings.NoticeDays))
		t.noticeStated = append(t.noticeStated, r.column("notice_days", i) != nil)
		t.Products = append(t.Products, r.days("products", i, 0))
		return nil
	})
	if err != nil {
		return err
	}
	order := make([]int32, len(t.ID))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(t.ID[a], t.ID[b]) })
	t.reorder(order)
	return nil
}

// named is one column of accounts and where it goes.
type named[T any] struct {
	column string
	to     *[]T
}

func (t *Table) texts() []named[string] {
	return []named[string]{
		{"account_id", &t.ID},
		{"account_name", &t.Name},
		{"parent_id", &t.Parent},
		{"crm_id", &t.CRMID},
		{"segment", &t.Segment},
		{"tier", &t.Tier},
		{"industry", &t.Industry},
		{"region", &t.Region},
		{"owner", &t.Owner},
		{"owner_email", &t.OwnerEmail},
		{"currency", &t.Currency},
		{"lifecycle_stage", &t.Stage},
	}
}

func (t *Table) days() []named[int32] {
	return []named[int32]{{"start_date", &t.Start}, {"renewal_date", &t.Renewal}}
}

func (t *Table) flags() []named[bool] {
	return []named[bool]{{"strategic", &t.Strategic}, {"legal_dispute", &t.Legal}, {"merger", &t.Merger}}
}

// reorder leaves the rows of order, in that order, and finds them by id.
func (t *Table) reorder(order []int32) {
	for _, c := range t.texts() {
		permute(c.to, order)
	}
	for _, c := range t.days() {
		permute(c.to, order)
	}
	for _, c := range t.flags() {
		permute(c.to, order)
	}
	permute(&t.ARRToday, order)
	permute(&t.Notice, order)
	permute(&t.noticeStated, order)
	permute(&t.Products, order)
	t.Index()
}

// Index finds every account by its id, and by the ids that count for it.
func (t *Table) Index() {
	t.index = make(map[string]int32, len(t.ID)+len(t.also))
	for i, id := range t.ID {
		t.index[id] = int32(i)
	}
	for id, row := range t.also {
		if _, own := t.index[id]; !own {
			t.index[id] = row
		}
	}
}

func permute[T any](s *[]T, order []int32) {
	out := make([]T, len(order))
	for i, k := range order {
		out[i] = (*s)[k]
	}
	*s = out
}

func (t *Table) readTerms(ctx context.Context, in *intake.Input, findings *diag.Tally) error {
	if !in.Has("start") {
		return in.Missing("start")
	}
	w := words{}
	listed := func(id string) bool { return t.Lookup(id) >= 0 }
	return scan(ctx, in, t.settings.AsOf, false, findings, listed, nil, func(r *table, i int) error {
		id, _ := r.text(intake.AccountID, i)
		x := Term{
			Account: t.Lookup(id), Start: r.day("start", i), End: r.ahead("end", i, t.settings.AsOf), Renewal: r.ahead("renewal_date", i, t.settings.AsOf),
			Notice: r.days("notice_days", i, -1), AutoRenew: r.flag("auto_renew", i, false),
			Months: r.number("term_months", i), ARR: r.money("arr", i, &t.settings),
		}
		if x.Start == NoDay {
			// An unreadable start was counted when it was read.
			if r.batch.Columns[r.at["start"]].Status[i] == intake.Null {
				r.batch.Note(diag.Undated, "start", i, "")
			}
			return nil
		}
		if k, ok := r.at["end"]; ok && r.batch.Columns[k].Status[i] == intake.Bad {
			return nil // an unreadable end is not an open one
		}
		if x.End != NoDay && x.End < x.Start {
			r.batch.Note(diag.Reversed, "end", i, r.column("end", i).Value(i))
			return nil
		}
		t.pays(id, x.ARR)
		currency, _ := r.text("currency", i)
		product, _ := r.text("product", i)
		x.Currency, x.Product = w.keep(currency), w.keep(product)
		t.Terms = append(t.Terms, x)
		return nil
	})
}

func (t *Table) readLosses(ctx context.Context, in *intake.Input, findings *diag.Tally) error {
	w := words{}
	churned := map[string]bool{} // id -> is in accounts
	listed := func(id string) bool {
		found := t.Lookup(id) >= 0
		churned[w.keep(id)] = found
		return found
	}
	err := scan(ctx, in, t.settings.AsOf, len(in.Contract.Key) == 0, findings, listed, nil, func(r *table, i int) error {
		id, _ := r.text(intake.AccountID, i)
		account := t.Lookup(id)
		l := Loss{
			Account: account, End: r.ahead("end_date", i, t.settings.AsOf),
			ARRBefore: r.number("arr_before", i), ARRLost: r.number("arr_lost", i), Counts: r.flag("counts", i, true),
		}
		rate := t.settings.rate(t.Currency[account]) // losses are in the account's currency
		l.ARRBefore, l.ARRLost = l.ARRBefore*rate, l.ARRLost*rate
		l.Event = t.decided(r, i, &l)
		if l.Event == NoDay {
			r.batch.Note(diag.Undated, "decision_date", i, "")
			return nil
		}
		if l.Event > t.settings.AsOf {
			if l.Imputed { // a stated date after as-of was counted when it was read
				r.batch.Note(diag.FutureDate, "end_date", i, r.column("end_date", i).Value(i))
			}
			return nil
		}
		reason, _ := r.text("reason", i)
		l.Reason = w.keep(reason)
		l.Logo = logo(r, i, &l)
		if t.Pools() {
			t.pays(id, 1)
			t.members = append(t.members, w.keep(id))
		}
		t.Losses = append(t.Losses, l)
		return nil
	})
	if err != nil {
		return err
	}
	missing := 0
	for _, listed := range churned {
		if !listed {
			missing++
		}
	}
	if float64(missing) > maxUnlisted*float64(len(churned)) {
		if t.Len() == 0 {
			return diag.Errorf(diag.Data, "accounts", "export it again and check its path", "accounts has no rows")
		}
		return unlisted(len(churned), missing)
	}
	t.settleLosses()
	return nil
}

// decided returns the day on which the account's future behaviour stopped being
// open: the earlier of the notice and the decision, because what is measured
// after either knows the outcome. A day after the end of service is counted as
// reversed and moved to the end.
func (t *Table) decided(r *table, i int, l *Loss) int32 {
	event := NoDay
	for _, name := range []string{"notice_date", "decision_date"} {
		d := r.day(name, i)
		if d == NoDay {
			continue
		}
		if l.End != NoDay && d > l.End {
			r.batch.Note(diag.Reversed, name, i, r.column(name, i).Value(i))
			d = l.End
		}
		if event == NoDay || d < event {
			event = d
		}
	}
	if event != NoDay || l.End == NoDay {
		return event
	}
	l.Imputed = true
	return l.End - t.Notice[l.Account]
}

// logo tells losing the account from losing a part of it. Without a stated kind
// the amounts decide, and without them the account is taken as lost.
func logo(r *table, i int, l *Loss) bool {
	kind, stated := r.text("kind", i)
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "logo":
		return true
	case "downsell":
		return false
	}
	if stated {
		r.batch.Note(diag.UnknownWord, "kind", i, strings.Clone(kind))
	}
	return !(l.ARRLost < l.ARRBefore)
}

// deriveLosses finds, for every account, the days on which its last live term
// ended by AsOf and no other began within SuccessorDays.
func (t *Table) deriveLosses() {
	for i := range t.ID {
		terms := t.terms(i)
		covered := NoDay // first day after everything so far
		for k, x := range terms {
			if x.End == NoDay {
				covered = math.MaxInt32
				break
			}
			covered = max(covered, x.End)
			last := k == len(terms)-1
			if (last || terms[k+1].Start > covered+t.settings.SuccessorDays) && covered+t.settings.SuccessorDays <= t.settings.AsOf {
				arr := arrOf(terms, covered-1, t.settings.Currency != "")
				if arr == 0 {
					continue // a trial that ended
				}
				t.Losses = append(t.Losses, Loss{
					Account: int32(i), Event: covered - t.Notice[i], Imputed: true, End: covered - 1, Logo: true,
					Reason: "subscription ended without a successor", ARRBefore: arr, ARRLost: arr, Counts: true,
				})
			}
		}
	}
}

package population

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
)

// Folded says what became of accounts that count for another account.
type Folded struct {
	Merged   int64 // rows of accounts under an id that was merged into another
	RolledUp int64 // children whose rows count for their parent
	Pending  int64 // merges dated after the as-of date, which are not yet in force
}

// merger is one row of merged_ids.
type merger struct {
	to  string
	at  int32
	row string // where it stands, for messages
}

// readMerged reads which account ids were merged into which, as of the as-of date,
// and returns for each the id that it ends up as. Chains are followed. It refuses
// an id that was merged into two others on one day, and ids that lead in a circle;
// of several days the newest counts.
func (t *Table) readMerged(ctx context.Context, in *intake.Input, findings *diag.Tally) (map[string]string, error) {
	for _, name := range []string{"old_id", "new_id"} {
		if !in.Has(name) {
			return nil, in.Missing(name)
		}
	}
	names := []string{"old_id", "new_id"}
	if in.Has("merged_at") {
		names = append(names, "merged_at")
	}
	into := map[string]merger{}
	err := in.Read(ctx, names, t.settings.AsOf, findings, func(b *intake.Batch) error {
		from, to := &b.Columns[0], &b.Columns[1]
		for i := range b.Len {
			if from.Status[i] != intake.Known || to.Status[i] != intake.Known || from.Text(i) == "" || to.Text(i) == "" {
				b.Note(diag.MissingKey, "old_id", i, "")
				continue
			}
			at := NoDay
			if len(names) > 2 {
				switch c := &b.Columns[2]; c.Status[i] {
				case intake.Bad:
					continue // counted as it was read
				case intake.Known:
					at = c.Days[i]
				}
			}
			if at > t.settings.AsOf {
				t.Folded.Pending++
				continue
			}
			old, m := strings.Clone(from.Text(i)), merger{strings.Clone(to.Text(i)), at, fmt.Sprintf("%s row %d", b.File, b.First+int64(i)+1)}
			was, known := into[old]
			switch {
			case old == m.to:
				b.Note(diag.Reversed, "new_id", i, old)
			case !known || m.at > was.at:
				into[old] = m
			case m.at == was.at && m.to != was.to:
				return diag.Errorf(diag.Data, m.row, "keep one of the two rows, or date them with merged_at",
					"account %s was merged into %s, and by %s into %s", old, m.to, was.row, was.to)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(into))
	for _, old := range sorted(into) {
		path, seen := []string{old}, map[string]bool{old: true}
		last := into[old].to
		for next, ok := into[last]; ok; next, ok = into[last] {
			path = append(path, last)
			if seen[last] {
				return nil, diag.Errorf(diag.Data, into[last].row, "remove the row that leads back", "merged account ids lead in a circle: %s", strings.Join(path, " → "))
			}
			seen[last] = true
			last = next.to
		}
		out[old] = last
	}
	return out, nil
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// applyMerged makes one account of those that were merged: their ARR adds up, the
// earliest start counts, and of everything else what the remaining id states, else
// the first of the others that states it. Where the remaining id is not in the
// export, the first of the merged rows takes its name.
func (t *Table) applyMerged(final map[string]string) {
	if len(final) == 0 {
		return
	}
	into := make([]int32, t.Len())
	named := map[string]int32{} // id that remains -> row
	for i, id := range t.ID {
		into[i] = int32(i)
		if _, merged := final[id]; !merged {
			named[id] = int32(i)
		}
	}
	for i, id := range t.ID {
		to, merged := final[id]
		if !merged {
			continue
		}
		if row, ok := named[to]; ok {
			into[i] = row
			t.Folded.Merged++
			continue
		}
		named[to] = int32(i)
		t.ID[i] = to
	}
	t.fold(into)
	for _, old := range sorted(final) {
		if row, ok := t.index[final[old]]; ok {
			t.also[old] = row
		}
	}
	t.Index()
}

// rollUp makes the children of every account part of it, whatever the number of
// levels, except those that are no customers by their stage. A parent that is not
// in the export and a circle of parents are counted; both leave their accounts
// alone.
func (t *Table) rollUp(findings *diag.Tally) {
	parent := make([]int32, t.Len())
	for i := range parent {
		parent[i] = -1
		p := t.Parent[i]
		if p == "" || p == t.ID[i] || t.outByStage(i) {
			continue
		}
		row := t.Lookup(p)
		if row < 0 {
			findings.Add(diag.Finding{Code: diag.NoParent, Source: "accounts", Column: "parent_id", Row: -1, Key: t.ID[i], Value: p})
			continue
		}
		if row != int32(i) && !t.outByStage(int(row)) {
			parent[i] = row
		}
	}
	const unseen = -1
	into := slices.Repeat([]int32{unseen}, t.Len())
	onPath := make([]bool, t.Len())
	var path []int32
	for i := range into {
		x := int32(i)
		for path = path[:0]; into[x] == unseen && !onPath[x] && parent[x] >= 0; x = parent[x] {
			onPath[x] = true
			path = append(path, x)
		}
		switch {
		case onPath[x]: // a circle, whose accounts stand alone; what lies below counts for the first it meets
			for k := slices.Index(path, x); k < len(path); k++ {
				c := path[k]
				into[c] = c
				findings.Add(diag.Finding{Code: diag.ParentCircle, Source: "accounts", Column: "parent_id", Row: -1, Key: t.ID[c], Value: t.Parent[c]})
			}
		case into[x] == unseen:
			into[x] = x // the top
		}
		for _, c := range path {
			onPath[c] = false
			if into[c] == unseen {
				into[c] = into[x]
			}
		}
	}
	for i, top := range into {
		if top != int32(i) {
			t.Folded.RolledUp++
		}
	}
	if t.Folded.RolledUp > 0 {
		t.fold(into)
	}
}

// fold adds every row to the row that it counts for, which is one that counts for
// itself, and leaves only those. Their ids are found as that row's.
func (t *Table) fold(into []int32) {
	if t.also == nil {
		t.also, t.paid = map[string]int32{}, map[string]bool{}
	}
	for i, id := range t.ID {
		t.pays(id, t.ARRToday[i])
	}
	members := make([][]int32, t.Len())
	for i, to := range into {
		if to != int32(i) {
			members[to] = append(members[to], int32(i))
		}
	}
	var keep []int32
	moved := map[int32]int32{} // old row -> row kept
	for i := range t.ID {
		if into[i] != int32(i) {
			continue
		}
		keep = append(keep, int32(i))
		moved[int32(i)] = int32(i)
		arr, known, mixed := int64(0), false, false
		add := func(x float64) {
			if !math.IsNaN(x) {
				arr, known = arr+toCents(x), true
			}
		}
		if len(members[i]) > 0 {
			add(t.ARRToday[i])
		}
		for _, m := range members[i] {
			moved[m] = int32(i)
			add(t.ARRToday[m])
			t.Start[i] = earlier(t.Start[i], t.Start[m])
			t.Renewal[i] = t.nextRenewal(t.Renewal[i], t.Renewal[m])
			t.Strategic[i], t.Legal[i], t.Merger[i] = t.Strategic[i] || t.Strategic[m], t.Legal[i] || t.Legal[m], t.Merger[i] || t.Merger[m]
			t.Products[i] = max(t.Products[i], t.Products[m])
			mixed = mixed || t.Currency[m] != "" && t.Currency[i] != "" && !strings.EqualFold(t.Currency[m], t.Currency[i])
			for _, c := range t.texts() {
				(*c.to)[i] = cmp.Or((*c.to)[i], (*c.to)[m])
			}
		}
		if known {
			t.ARRToday[i] = float64(arr) / 100
		}
		if mixed && t.settings.Currency == "" {
			t.ARRToday[i] = math.NaN() // amounts of two currencies are not added up
		}
		if t.Parent[i] == t.ID[i] {
			t.Parent[i] = ""
		}
	}
	order := slices.Clone(keep)
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(t.ID[a], t.ID[b]) })
	at := make(map[int32]int32, len(order))
	for k, i := range order {
		at[i] = int32(k)
	}
	for id, row := range t.also {
		t.also[id] = at[moved[row]]
	}
	for i, to := range into {
		if to != int32(i) {
			t.also[t.ID[i]] = at[moved[to]]
		}
	}
	t.reorder(order)
}

// earlier is the earlier of two days of which either may be unknown.
func earlier(a, b int32) int32 {
	if a == NoDay || b != NoDay && b < a {
		return b
	}
	return a
}

// nextRenewal is the first of two renewals that does not lie before the as-of date.
func (t *Table) nextRenewal(a, b int32) int32 {
	ahead := func(d int32) bool { return d >= t.settings.AsOf }
	switch {
	case !ahead(a) && !ahead(b):
		return max(a, b)
	case !ahead(b) || ahead(a) && a <= b:
		return a
	}
	return b
}

// pays notes that an account paid under one of its ids.
func (t *Table) pays(id string, arr float64) {
	if t.paid != nil && arr > 0 && !t.paid[id] {
		t.paid[strings.Clone(id)] = true
	}
}

// Pools reports whether some account's rows come under several ids.
func (t *Table) Pools() bool { return len(t.also) > 0 }

// settleLosses makes losses of the members of an account partial ones, unless every
// member that ever paid is lost: then the last of them ends the account. A member's
// loss without an amount is what the member paid.
func (t *Table) settleLosses() {
	if !t.Pools() {
		return
	}
	members := make(map[int32]map[string]bool)
	for id, row := range t.also {
		if members[row] == nil {
			members[row] = map[string]bool{t.ID[row]: true}
		}
		members[row][id] = true
	}
	paid := func(row int32) int {
		n := 0
		for id := range members[row] {
			if t.paid[id] {
				n++
			}
		}
		return n
	}
	lost := map[int32]map[string]int{} // row -> member -> its last loss
	for k, l := range t.Losses {
		if _, ok := members[l.Account]; !ok || !l.Logo {
			continue
		}
		if lost[l.Account] == nil {
			lost[l.Account] = map[string]int{}
		}
		if was, ok := lost[l.Account][t.members[k]]; !ok || t.Losses[was].Event < l.Event {
			lost[l.Account][t.members[k]] = k
		}
	}
	ending := map[int]bool{}
	for row, by := range lost {
		if len(by) < paid(row) {
			continue
		}
		last := -1
		for _, k := range by {
			if last < 0 || t.Losses[k].Event > t.Losses[last].Event || t.Losses[k].Event == t.Losses[last].Event && k < last {
				last = k
			}
		}
		ending[last] = true
	}
	for k := range t.Losses {
		l := &t.Losses[k]
		if members[l.Account] == nil {
			continue
		}
		l.Member = true
		if l.Logo && !ending[k] {
			l.ARRLost, l.Logo = l.Amount(), false
		}
	}
}

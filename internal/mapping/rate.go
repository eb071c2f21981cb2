package mapping

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"accounthealth/internal/source"
)

const (
	accept  = 0.45 // a column is mapped from this score
	certain = 0.75 // and needs no check from this one
	nearby  = 0.08 // a runner-up this near makes a guess doubtful
)

// target is what a column is sought for: a canonical column, or a signal.
type target struct {
	source, name string
	role         source.Role
	required     bool
	bounded      bool
	lo, hi       float64
	words        []string // a signal's words; nil otherwise
	isSignal     bool
	ratio        bool // a signal that is a share
	weight       float64
	names        []alias
	traps        []trapAlias
	vocab        map[string]bool
	must         map[string]bool // one of these words must be in the name; nil: none
}

// targetsOf lists what a source's contract asks for; for signals, the framework's
// signals come after the contract's own columns.
func targetsOf(c *source.Contract, signals []Signal) []target {
	b := vocabulary()
	var out []target
	for _, col := range c.Columns {
		key := c.Name + "." + col.Name
		names := b.columns[key]
		if names == nil {
			names = parseAliases(strings.ReplaceAll(col.Name, "_", " "))
		}
		out = append(out, target{
			source: c.Name, name: col.Name, role: col.Role, required: col.Required,
			bounded: col.Bounded, lo: col.Min, hi: col.Max,
			weight: b.weights[key], names: names, traps: b.traps[key], vocab: vocabularies[key], must: mustSay[key],
		})
	}
	if c.Name == "signals" {
		for i := range signals {
			out = append(out, signals[i].target())
		}
	}
	return out
}

// rating is how well a file column fits a target.
type rating struct {
	score   float64
	name    float64 // the part of it that the name alone gives
	reasons []string
	doubt   string // why it needs a check although it fits
	problem string // why it does not fit although its name does
	flawed  bool   // it does not fit, but bears the very name, so it is read anyway
}

// rate judges one column. home is the key of the accounts table, nil where it is
// unknown or the table is the accounts table itself.
func rate(tg *target, t *table, c *column, home *column) rating {
	var r rating
	same := strings.EqualFold(c.Name, tg.name)
	for _, tr := range tg.traps {
		if !same && similarity(without(c.words, t.words), tr.words) > 0.97 {
			return rating{name: 1, problem: tr.advice}
		}
	}
	if tg.must != nil && !slices.ContainsFunc(c.words, func(w word) bool { return tg.must[w.text] }) && !same {
		return r
	}
	n, text := nameScore(tg, t, c)
	if same {
		n, text = 1, tg.name
	}
	if !same && begins[tg.source+"."+tg.name] && slices.ContainsFunc(c.words, func(w word) bool { return ending[w.text] && !strings.Contains(text, w.text) }) {
		return r
	}
	r.name = n
	isKey := tg.name == "account_id" && tg.source != "accounts"
	if n < 0.3 && !isKey {
		return r
	}
	switch {
	case same:
		r.say("same name")
	case n >= 0.95:
		r.say("name matches %q", text)
	case n >= 0.3:
		r.say("name resembles %q", text)
	}
	fit := r.kindFit(tg, c)
	if r.problem == "" && !c.empty && c.Roles != nil && !slices.Contains(c.Roles, tg.role) {
		fit, r.problem = 0, "holds values that cannot be read as a "+tg.role.String()
	}
	if c.Problem != "" {
		fit, r.problem = 0, c.Problem
	}
	var evidence float64
	if isKey {
		evidence = r.overlap(c, home, &n, fit)
	} else {
		evidence = r.values(tg, c, fit)
	}
	r.score = n * fit
	if evidence >= 0 {
		r.score += (1 - r.score) * 0.5 * evidence * n
	} else {
		r.score *= 1 + 0.7*evidence
	}
	if tg.name == "active_users" && r.doubt == "" && strings.ContainsAny(c.Name, "0123456789") {
		r.doubt = "its name speaks of several days, and active_users is a day's"
	}
	if c.empty {
		r.score *= 0.8
		r.doubt = "it holds no values"
	}
	if tg.role == source.Money && slices.ContainsFunc(c.words, func(w word) bool { return w.text == "cent" || w.text == "minor" }) {
		r.problem = "is in cents; export it divided by 100"
	}
	if tg.role == source.Money && c.kind == Number && c.whole && t.stripe && r.doubt == "" {
		r.doubt = "Stripe writes cents; export it divided by 100"
	}
	switch {
	case r.problem != "" || c.empty:
	case categories[tg.source+"."+tg.name] && (c.kind == Text || c.kind == IDLike) && c.Distinct >= 20 && c.Distinct*2 > t.Rows-c.Nulls:
		r.problem = "holds another text in most rows, so it is no category"
	case tg.source == "accounts" && tg.name == "parent_id":
		if share, known := t.ownIDs(c); known && share < 0.5 {
			r.problem = fmt.Sprintf("holds other ids: %s of its different values are ids of this table", percent(share))
		} else if known {
			r.say("%s of values are ids of this table", percent(share))
		}
	}
	if r.problem != "" {
		r.score = 0
		if same { // it would be read under its name whatever is written here
			r.score, r.doubt, r.problem, r.flawed = accept, "it "+r.problem, "", true
		}
	}
	return r
}

// begins are the columns that say when something began; a name with a word of
// ending says the opposite, however else it fits.
var begins = map[string]bool{
	"accounts.start_date": true, "subscriptions.start": true, "tickets.opened_at": true, "opportunities.opened_at": true,
	"contacts.since": true, "interventions.started_at": true,
}

var ending = set("inactivated deactivated inactive inactivation deactivation closed close cancelled canceled cancellation churned churn end ended terminated termination expired expires expiry left lost deleted archived resolved solved completed")

// categories are the columns that sort rows into few groups.
var categories = map[string]bool{
	"accounts.segment": true, "accounts.tier": true, "accounts.industry": true, "accounts.region": true, "accounts.lifecycle_stage": true,
	"subscriptions.product": true, "tickets.category": true, "tickets.sentiment": true, "opportunities.kind": true, "opportunities.stage": true,
	"contacts.role": true, "contacts.status": true, "meetings.kind": true, "pulse.sentiment": true, "churn.kind": true, "interventions.outcome": true,
}

// ownIDs tells which share of a column's different values is among those of
// another column of its table, the best of those that tell rows apart.
func (t *table) ownIDs(c *column) (share float64, known bool) {
	for j := range t.cols {
		k := &t.cols[j]
		if strings.EqualFold(k.Name, c.Name) || k.repeat || k.kind == Time || k.kind == Flag {
			continue
		}
		if s, ok := contained(c, k); ok {
			share, known = max(share, s), true
		}
	}
	return share, known
}

func (r *rating) say(format string, args ...any) {
	r.reasons = append(r.reasons, fmt.Sprintf(format, args...))
}

// nameScore is the best alias's similarity times its strength.
func nameScore(tg *target, t *table, c *column) (score float64, text string) {
	short := without(c.words, t.words)
	if len(short) == len(c.words) {
		short = without(c.words, entityWords()[tg.source])
	}
	for i := range tg.names {
		a := &tg.names[i]
		s := similarity(c.words, a.words)
		if len(short) < len(c.words) {
			s = max(s, 0.97*similarity(short, a.words))
		}
		if s *= a.strength; s > score {
			score, text = s, a.text
		}
	}
	return score, text
}

// entityWords are what each source's rows are called, dropped from the front of
// a column's name.
var entityWords = sync.OnceValue(func() map[string][]word {
	m := map[string][]word{}
	for _, c := range source.All() {
		m[c.Name] = lookUp([]string{singular(c.Name)})
	}
	m["nps"] = lookUp([]string{"nps", "survey"})
	m["opportunities"] = lookUp([]string{"opportunity"})
	m["fx_rates"] = lookUp([]string{"fx"})
	return m
})

// kindFit is 1 where the column's values are of the target's role, less where
// they may be made so, 0 with a problem where they cannot.
func (r *rating) kindFit(tg *target, c *column) float64 {
	if c.empty {
		return 1
	}
	switch tg.role {
	case source.ID:
		switch {
		case c.kind == Number && isFloat(c.Physical):
			r.problem = "holds ids as floating-point numbers, which are not exact; export it as text"
		case c.kind == Time || c.kind == Flag:
			r.problem = "holds " + c.kind.String() + ", not ids"
		case c.kind == Text && slices.ContainsFunc(c.Samples, func(s string) bool { return strings.Contains(s, " ") }):
			r.doubt = "its values read like names, not like ids"
			return 0.6
		case c.kind == Text && c.Distinct > 0 && c.Distinct <= 20 && len(known(c.Samples)) > 0 && !slices.ContainsFunc(c.Samples, hasDigit):
			r.problem = fmt.Sprintf("holds words such as %q, not ids", first(c.Samples))
		default:
			return 1
		}
		return 0
	case source.Time:
		switch c.kind {
		case Time:
			return 1
		case Number:
			r.problem = "holds " + numbersForDates(c) + "; export it as a DATE or TIMESTAMP"
			return 0
		case Flag:
			r.problem = "holds flags, not dates"
			return 0
		}
		if len(known(c.Samples)) > 0 {
			r.problem = fmt.Sprintf("holds text such as %q, no ISO 8601 date", first(c.Samples))
			return 0
		}
		return 0.7
	case source.Number, source.Money:
		switch {
		case c.kind == Number:
			return 1
		case c.kind == Flag || c.kind == Time:
			r.problem = "holds " + c.kind.String() + ", not numbers"
			return 0
		case len(known(c.Samples)) == 0:
			return 0.7
		case all(known(c.Samples), isNumeric):
			return 0.9
		}
		r.problem = fmt.Sprintf("holds text such as %q, not numbers", first(c.Samples))
		return 0
	case source.Flag:
		switch {
		case c.kind == Flag, c.kind == Number && c.ranged && c.whole && c.lo >= 0 && c.hi <= 1:
			return 1
		case c.kind == Text && len(known(c.Samples)) == 0:
			return 0.7
		}
		r.problem = "holds " + c.kind.String() + ", not yes or no"
		return 0
	}
	if tg.isSignal && slices.Contains(tg.words, "true") && c.kind == Flag {
		return 1
	}
	// Text takes anything, but text is likelier.
	switch c.kind {
	case Text, Unknown:
		return 1
	case IDLike:
		if personal[tg.name] {
			r.doubt = "it holds ids, not names"
		}
		return 0.85
	case Flag:
		return 0.5
	case Number:
		if tg.isSignal {
			r.problem = "holds numbers; export the words " + strings.Join(tg.words, ", ")
			return 0
		}
		return 0.6
	}
	r.problem = "holds dates, not text"
	return 0
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

func numbersForDates(c *column) string {
	switch hi := c.hi; {
	case !c.ranged:
	case hi > 19_000_101 && hi < 21_001_231:
		return "numbers such as 20260630"
	case hi > 5e8 && hi < 5e9:
		return "seconds since 1970"
	case hi > 5e11 && hi < 5e12:
		return "milliseconds since 1970"
	}
	return "numbers, not dates"
}

// values weighs the column's range, vocabulary and shape, -1 against to 1 for.
func (r *rating) values(tg *target, c *column, fit float64) float64 {
	if fit == 0 || c.empty {
		return 0
	}
	samples := known(c.Samples)
	switch key := tg.source + "." + tg.name; {
	case tg.isSignal:
		return r.signalValues(tg, c, samples)
	case tg.name == "owner_email" && len(samples) > 0:
		if all(samples, isEmail) {
			r.say("values are e-mail addresses")
			return 0.5
		}
		r.problem = fmt.Sprintf("holds %q, no e-mail address", first(samples))
	case tg.name == "currency" && len(samples) > 0:
		if all(samples, isCurrency) {
			r.say("values are three-letter codes")
			return 0.8
		}
		r.problem = fmt.Sprintf("holds %q, no ISO currency", first(samples))
	case key == "accounts.owner" && len(samples) > 0 && all(samples, isEmail):
		r.doubt = "it holds e-mail addresses; owner_email may be meant"
		return -0.5
	case key == "accounts.account_id" || tg.name == tg.ownKey():
		return r.ownID(c)
	case tg.bounded && c.ranged:
		return r.rangeFit(tg, c, samples)
	case tg.vocab != nil && len(samples) > 0:
		e := r.vocabularyFit(samples, func(s string) bool { return inVocabulary(s, tg.vocab) })
		if e < 0 && key == "contacts.role" { // signals read nothing but these roles
			r.problem = fmt.Sprintf("holds %q; export sponsor, champion or user", first(samples))
		}
		return e
	case r.doubt == "" && personal[tg.name] && len(samples) > 0 && all(samples, looksLikeID):
		r.doubt = "it holds ids, not names"
	}
	return 0
}

// personal columns are shown to people.
var personal = map[string]bool{"owner": true, "account_name": true, "name": true, "author": true}

// ownKey is the column that names the source's own rows, "" for none.
func (tg *target) ownKey() string {
	if c := source.Find(tg.source); c != nil && len(c.Key) > 0 {
		return c.Key[0]
	}
	return ""
}

func (r *rating) ownID(c *column) float64 {
	switch {
	case c.unique:
		r.say("every row has its own value")
		return 0.6
	case c.Distinct == 1:
		return -0.6
	case c.repeat:
		return -0.2
	}
	return 0
}

func (r *rating) rangeFit(tg *target, c *column, samples []string) float64 {
	if c.lo >= tg.lo && c.hi <= tg.hi {
		switch {
		case tg.source == "nps" && c.hi <= 5:
			r.doubt = fmt.Sprintf("no value is above %s, so it may be a rating of 1 to 5", short(c.hi))
			return -0.2
		case tg.hi <= 1000:
			r.say("values lie between %s and %s", short(c.lo), short(c.hi))
			return 0.6
		}
		return 0
	}
	outside := 0
	for _, s := range samples {
		if _, x, ok := sampleRange([]string{s}); ok && (x < tg.lo || x > tg.hi) {
			outside++
		}
	}
	what := fmt.Sprintf("values from %s to %s, outside %s to %s", short(c.lo), short(c.hi), short(tg.lo), short(tg.hi))
	if tg.hi > 1e6 {
		what = fmt.Sprintf("values down to %s, below %s", short(c.lo), short(tg.lo))
		if c.lo >= tg.lo {
			what = fmt.Sprintf("values up to %s, which is beyond belief", short(c.hi))
		}
	}
	if outside*2 > len(samples) {
		r.problem = "holds " + what
		return -1
	}
	r.doubt = "it holds " + what
	if outside == 0 && len(samples) > 0 {
		return 0.3 // a few impossible values, none of them among the samples
	}
	return -0.2
}

func (r *rating) vocabularyFit(samples []string, in func(string) bool) float64 {
	hits := 0
	for _, s := range samples {
		if in(s) {
			hits++
		}
	}
	switch share := float64(hits) / float64(len(samples)); {
	case share == 1:
		r.say("values are words such as %q", first(samples))
		return 0.8
	case hits == 0:
		r.doubt = fmt.Sprintf("its values, such as %q, are unfamiliar", first(samples))
		return -0.5
	default:
		return 0.4 * share
	}
}

// inVocabulary reports whether any word of s is in the vocabulary.
func inVocabulary(s string, vocab map[string]bool) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	if vocab[strings.ReplaceAll(s, " ", "_")] {
		return true
	}
	return slices.ContainsFunc(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '/' || r == ',' }),
		func(w string) bool { return vocab[w] })
}

// overlap weighs how many of the column's values are account ids, and may raise
// the name's part: a key whose name says nothing is known by its values, but not
// where they are small whole numbers, which lie in one another by accident.
func (r *rating) overlap(c, home *column, name *float64, fit float64) float64 {
	if fit == 0 || c.empty || home == nil {
		return 0
	}
	share, ok := contained(c, home)
	if !ok {
		return r.reach(c, home, *name)
	}
	telling := c.kind != Number
	switch pct := percent(share); {
	case share >= 0.95:
		r.say("%s of values are in accounts.account_id", pct)
		if !telling {
			return 0.5
		}
		if *name < 0.6 && c.Distinct != 1 {
			*name = 0.6
			if r.name < 0.5 {
				r.doubt = "only its values say so"
			}
		}
		return 0.9
	case share >= 0.5:
		r.doubt = fmt.Sprintf("only %s of its different values are in accounts.account_id", pct)
		return 0.2
	default:
		if *name >= 0.3 {
			r.problem = fmt.Sprintf("holds other ids: %s of its different values are in accounts.account_id", pct)
		}
		return -1
	}
}

// reach weighs what the ranges tell where the values themselves were not kept.
func (r *rating) reach(c, home *column, name float64) float64 {
	switch reach(c, home) {
	case 1:
		r.say("values lie within the range of accounts.account_id")
		return 0.3
	case -1:
		if name >= 0.3 {
			r.problem = fmt.Sprintf("holds other ids: none from %q to %q is among the accounts'", c.Min, c.Max)
		}
		return -1
	}
	return 0
}

// percent is rounded down, so that only all is 100%.
func percent(share float64) string { return fmt.Sprintf("%d%%", int(math.Floor(share*100+1e-9))) }

func short(x float64) string { return strings.TrimSuffix(fmt.Sprintf("%.6g", x), ".0") }

func first(samples []string) string {
	for _, s := range samples {
		if s = strings.TrimSpace(s); s != "" {
			if r := []rune(s); len(r) > 40 {
				s = string(r[:40]) + "…"
			}
			return s
		}
	}
	return ""
}

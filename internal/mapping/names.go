package mapping

import (
	"path"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// tokens splits a column's name into lower-case words: snake_case, camelCase,
// dots and spaces; a Salesforce suffix (__c) and the package prefix before it
// are dropped; words run together (RENEWALDATE, lifecyclestage) are split where
// the vocabulary covers them completely.
func tokens(name string) []string {
	if base, ok := strings.CutSuffix(name, "__c"); ok {
		if i := strings.Index(base, "__"); i > 0 {
			base = base[i+2:]
		}
		name = base
	}
	var out []string
	for _, w := range splitCase(name) {
		if isDigits(w) || storage[w] {
			continue
		}
		if parts := breakWord(w); parts != nil {
			out = append(out, parts...)
			continue
		}
		if stem, ok := strings.CutSuffix(w, "id"); ok && len(stem) >= 2 && !lexicon()[w] { // gsid, acctid
			out = append(out, stem, "id")
			continue
		}
		out = append(out, singular(w))
	}
	return out
}

// tableWords are the tokens of a table's name: the last element of its path that
// is not a part file or a partition, without words that only say how or where it
// is stored.
func tableWords(p string) []string {
	elems := strings.Split(strings.Trim(strings.ReplaceAll(p, `\`, "/"), "/"), "/")
	for _, e := range slices.Backward(elems) {
		for range 3 { // name.snappy.parquet
			switch strings.ToLower(path.Ext(e)) {
			case ".parquet", ".snappy", ".zstd", ".gz", ".gzip", ".csv", ".pq":
				e = strings.TrimSuffix(e, path.Ext(e))
			}
		}
		if strings.Contains(e, "=") || strings.HasPrefix(e, "part-") {
			continue
		}
		w := slices.DeleteFunc(tokens(e), func(s string) bool { return housing[s] })
		if len(w) > 0 {
			return w
		}
	}
	return nil
}

func splitCase(s string) []string {
	var out []string
	var cur []rune
	flush := func() {
		if len(cur) > 0 {
			out = append(out, strings.ToLower(string(cur)))
			cur = cur[:0]
		}
	}
	rs := []rune(s)
	for i, r := range rs {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(rs[i-1]) ||
			i+1 < len(rs) && unicode.IsLower(rs[i+1]) && unicode.IsUpper(rs[i-1])):
			flush()
		case len(cur) > 0 && unicode.IsDigit(r) != unicode.IsDigit(rs[i-1]):
			flush()
		}
		cur = append(cur, r)
	}
	flush()
	return out
}

func isDigits(w string) bool {
	return strings.IndexFunc(w, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
}

func singular(w string) string {
	switch {
	case len(w) < 4 || strings.HasSuffix(w, "ss") || strings.HasSuffix(w, "us") || strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return w[:len(w)-3] + "y"
	}
	return strings.TrimSuffix(w, "s")
}

// breakWord splits a run-together word into at least two vocabulary words that
// cover it completely, fewest first; nil where that is impossible or the word
// is a vocabulary word itself.
func breakWord(w string) []string {
	words := lexicon()
	if len(w) < 6 || len(w) > 60 || words[w] || words[singular(w)] || ending[w] {
		return nil
	}
	best := make([][]string, len(w)+1)
	best[0] = []string{}
	for i := 1; i <= len(w); i++ {
		for j := 0; j < i; j++ {
			part := singular(w[j:i])
			if i-j < 2 || best[j] == nil || !words[part] {
				continue
			}
			if best[i] == nil || len(best[j])+1 < len(best[i]) {
				best[i] = append(slices.Clone(best[j]), part)
			}
		}
	}
	if len(best[len(w)]) < 2 {
		return nil
	}
	return best[len(w)]
}

// lexicon is every word of the vocabulary, for breakWord.
var lexicon = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	add := func(phrase string) {
		for w := range strings.FieldsSeq(phrase) {
			m[singular(w)] = true
		}
	}
	for _, e := range entries {
		for _, a := range strings.Split(e.names, "|") {
			add(strings.TrimRight(a, ":.0123456789"))
		}
	}
	for _, group := range concepts {
		add(group)
	}
	add("revenue annual owner manager hubspot salesforce customer success stage type status")
	for w := range m {
		if len(w) < 2 {
			delete(m, w)
		}
	}
	return m
})

// conceptOf maps a word to the first word of its group of synonyms.
var conceptOf = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, group := range concepts {
		words := strings.Fields(group)
		for _, w := range words {
			m[singular(w)] = singular(words[0])
		}
	}
	return m
})

func concept(w string) string {
	if c, ok := conceptOf()[w]; ok {
		return c
	}
	return w
}

// word is a token with what is looked up about it once.
type word struct {
	text, concept string
	weight        float64 // how much it says about a column
	qualifies     bool    // it changes what a column is about
}

func lookUp(tokens []string) []word {
	out := make([]word, len(tokens))
	for i, w := range tokens {
		out[i] = word{text: w, concept: concept(w), weight: 1, qualifies: qualifier[w]}
		switch c := out[i].concept; {
		case c == "id" || c == "date":
			out[i].weight = 0.35
		case c == "account" || vague[w]: // half of all names hold it
			out[i].weight = 0.5
		case c == "count" || filler[w]:
			out[i].weight = 0.2
		}
	}
	return out
}

// alike is how far two words mean the same: 1 equal, 0.95 synonyms, less for a
// misspelling or an abbreviation.
func alike(a, b *word) float64 {
	switch {
	case a.text == b.text:
		return 1
	case a.concept == b.concept:
		return 0.95
	case a.text[0] != b.text[0]:
		return 0
	case len(a.text) >= 5 && len(b.text) >= 5 && oneEdit(a.text, b.text):
		return 0.85
	case abbreviates(a.text, b.text) || abbreviates(b.text, a.text):
		return 0.75
	}
	return 0
}

func abbreviates(short, long string) bool {
	return len(short) >= 3 && len(long) >= len(short)+2 && strings.HasPrefix(long, short)
}

// oneEdit reports whether one insertion, deletion or replacement makes a into b.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return a[i:] == b[i:] || a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

// similarity of a name's words a to an alias's words b, in [0, 1]: the weighted
// Dice coefficient of best pairs, lowered where a carries a word that changes the
// meaning (parent, previous, modified) and b does not.
func similarity(a, b []word) float64 {
	if len(a) == 0 || len(b) == 0 || len(a) > 64 {
		return 0
	}
	var sum, match float64
	for i := range a {
		sum += a[i].weight
	}
	var used uint64 // words of a that are paired
	inOrder, last := true, -1
	for j := range b {
		sum += b[j].weight
		at, best := -1, 0.0
		for i := range a {
			if used&(1<<i) != 0 {
				continue
			}
			if s := alike(&a[i], &b[j]); s > best {
				at, best = i, s
			}
		}
		if at < 0 {
			continue
		}
		used |= 1 << at
		match += best * (b[j].weight + a[at].weight)
		inOrder = inOrder && at > last
		last = at
	}
	if match == 0 {
		return 0
	}
	s := match / sum
	heavy, foreign := false, false // a word that says something matched, or is left over
	for i := range a {
		paired := used&(1<<i) != 0
		heavy = heavy || paired && a[i].weight == 1
		foreign = foreign || !paired && a[i].weight == 1
		if !paired && a[i].qualifies {
			s *= 0.6
		}
	}
	if foreign && !heavy { // sponsor_status is not status
		s *= 0.8
	}
	if !inOrder {
		s *= 0.98
	}
	return s
}

// without drops leading words that only repeat what the table is about:
// ticket_status in tickets. It never drops everything.
func without(words, entity []word) []word {
	for len(words) > 1 && slices.ContainsFunc(entity, func(e word) bool { return e.concept == words[0].concept }) {
		words = words[1:]
	}
	return words
}

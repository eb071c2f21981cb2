package mapping

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"accounthealth/internal/source"
)

// Table describes one table of the exports: a file, or a folder of part files.
type Table struct {
	Path       string // as health.yaml would name it, relative to the exports folder
	Files      int
	Rows       int64
	Partitions []string // keys of a Hive tree ("dt"), outermost first; nil for none
	Columns    []Column
}

// Column describes one column of a table. Whatever is unknown is left zero and
// then counts neither for nor against a guess.
type Column struct {
	Name     string
	Physical string // types as the files state them: "INT64", "BYTE_ARRAY (STRING)", "INT32 (DATE)"
	Kind     Kind   // Unknown: inferred from Physical, Roles and Samples
	// Roles are those that every value can serve; nil where that is unknown.
	Roles    []source.Role
	Problem  string // why the column can serve none; "" where it can
	Nulls    int64  // rows of the table without a value
	Distinct int64  // distinct known values; 0 unknown
	Capped   bool   // Distinct is a lower bound
	Min, Max string // least and greatest known value, numbers compared as numbers
	Samples  []string
	// Keys is a sketch of the column's distinct values: the smallest of their
	// hashes, ascending, as Sketch makes it; all of them where there are few. Two
	// sketches of one hash tell how much of a column lies in another however large
	// both are. nil: unknown.
	Keys []uint64
}

// Kind is what a column's values look like.
type Kind uint8

const (
	Unknown Kind = iota
	Text
	Number
	Time
	Flag
	IDLike // text without spaces, nearly always different, with digits
)

func (k Kind) String() string {
	return [...]string{"unknown", "text", "numbers", "dates", "flags", "ids"}[k]
}

// SketchSize is how many hashes a Sketch keeps.
const SketchSize = 1024

// Sketch collects the SketchSize smallest distinct hashes of a column's values
// ("bottom-k", Cohen & Kaplan 2007). The zero value is ready; the result does
// not depend on the order of Add.
type Sketch struct{ keys []uint64 }

// Add counts one value, written as text exactly as an id would be.
func (s *Sketch) Add(value string) {
	h := HashKey(value)
	i, found := slices.BinarySearch(s.keys, h)
	if found || i == SketchSize {
		return
	}
	if len(s.keys) == SketchSize {
		s.keys = s.keys[:SketchSize-1]
	}
	s.keys = slices.Insert(s.keys, i, h)
}

// Keys returns the hashes kept so far, ascending.
func (s *Sketch) Keys() []uint64 { return slices.Clone(s.keys) }

// HashKey is the hash behind Column.Keys: FNV-1a, finished with a mixer so that
// its smallest values are an even sample even of consecutive numbers.
func HashKey(value string) uint64 {
	f := fnv.New64a()
	f.Write([]byte(value))
	h := f.Sum64()
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// contained estimates which share of a's distinct values is among b's, and
// reports whether their sketches can tell. A sketch that leaves values out knows
// only hashes up to its greatest; a's hashes beyond that are not counted.
func contained(a, b *column) (share float64, known bool) {
	if len(a.Keys) == 0 || len(b.Keys) == 0 {
		return 0, false
	}
	partial := b.Capped || b.Distinct > int64(len(b.Keys)) || len(b.Keys) >= SketchSize
	in, all := 0, 0
	for _, h := range a.Keys {
		if partial && h > b.Keys[len(b.Keys)-1] {
			break
		}
		all++
		if _, ok := slices.BinarySearch(b.Keys, h); ok {
			in++
		}
	}
	if all == 0 {
		return 0, false
	}
	return float64(in) / float64(all), true
}

// reach compares the ranges of two columns where there are no sketches: 1 where
// a's lies within b's, -1 where they do not touch, else 0.
func reach(a, b *column) int {
	if a.Min == "" || b.Min == "" || a.ranged != b.ranged {
		return 0
	}
	below := func(x, y *column, hiX, loY string) bool { // the top of x is below the foot of y
		if a.ranged {
			return x.hi < y.lo
		}
		return hiX < loY
	}
	switch {
	case below(a, b, a.Max, b.Min) || below(b, a, b.Max, a.Min):
		return -1
	case a.ranged && a.lo >= b.lo && a.hi <= b.hi, !a.ranged && a.Min >= b.Min && a.Max <= b.Max:
		return 1
	}
	return 0
}

// column is a Column with what is derived from it once.
type column struct {
	Column
	kind   Kind
	words  []word
	lo, hi float64 // numeric range, valid if ranged
	ranged bool
	whole  bool    // numbers without a fraction, as far as is known
	unique bool    // no two rows share a value and none is null, as far as is counted
	repeat bool    // some rows share a value
	empty  bool    // only nulls
	keyed  float64 // how far the name is an account key's
}

// table is a Table in the package's own order, with what is derived from it.
type table struct {
	Table
	words  []word
	cols   []column
	stripe bool // its ids are Stripe's
}

// prepare sorts tables by path and columns by name, so that no later step can
// see the caller's order. Of columns whose names differ only in case the first
// is kept, since health.yaml could not tell them apart.
func prepare(in []Table) []table {
	out := make([]table, 0, len(in))
	for _, t := range in {
		if t.Path == "" {
			continue // nothing could name it
		}
		p := table{Table: t, words: lookUp(tableWords(t.Path))}
		for _, c := range t.Columns {
			p.cols = append(p.cols, derive(c, t.Rows))
			p.stripe = p.stripe || strings.HasPrefix(first(c.Samples), "cus_")
		}
		slices.SortFunc(p.cols, func(a, b column) int {
			return cmp.Or(
				cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Name, b.Name),
				cmp.Compare(a.Physical, b.Physical), slices.Compare(a.Samples, b.Samples))
		})
		p.cols = slices.CompactFunc(p.cols, func(a, b column) bool { return strings.EqualFold(a.Name, b.Name) })
		p.cols = slices.DeleteFunc(p.cols, func(c column) bool { return strings.TrimSpace(c.Name) == "" })
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b table) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rows, b.Rows), cmp.Compare(len(a.cols), len(b.cols)))
	})
	return slices.CompactFunc(out, func(a, b table) bool { return a.Path == b.Path })
}

func derive(c Column, rows int64) column {
	d := column{Column: c, kind: c.Kind, words: lookUp(tokens(c.Name))}
	d.empty = rows > 0 && c.Nulls >= rows
	// Where not all values were counted, the sketch tells how many there are about:
	// of n even hashes the k-th smallest is near k/n (Bar-Yossef et al. 2002). At
	// 1,024 that is right within a tenth, three standard errors.
	about := float64(c.Distinct)
	if n := len(c.Keys); n >= SketchSize {
		if est := float64(n-1) / (float64(c.Keys[n-1]) / (1 << 64)); c.Capped || est > 1.2*about {
			d.Capped, about = true, est
		}
	} else if c.Capped {
		about = float64(rows)
	}
	with := rows - c.Nulls
	slack := 0.0
	if d.Capped {
		slack = 0.1
	}
	d.unique = rows > 0 && c.Nulls == 0 && about >= (1-slack)*float64(rows)
	d.repeat = about > 0 && about < (1-slack)*float64(with)
	d.Distinct = max(c.Distinct, min(int64(about), with))
	if d.kind == Unknown {
		d.kind = infer(&c, rows)
	}
	lo, errLo := strconv.ParseFloat(c.Min, 64)
	hi, errHi := strconv.ParseFloat(c.Max, 64)
	d.ranged = errLo == nil && errHi == nil
	d.lo, d.hi = lo, hi
	if !d.ranged && d.kind == Number {
		d.lo, d.hi, d.ranged = sampleRange(c.Samples)
	}
	d.whole = !isFloat(c.Physical) && !slices.ContainsFunc(c.Samples, func(s string) bool {
		return strings.Contains(strings.TrimRight(strings.TrimRight(s, "0"), "."), ".")
	})
	return d
}

func sampleRange(samples []string) (lo, hi float64, ok bool) {
	for _, s := range samples {
		x, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil {
			return 0, 0, false
		}
		if !ok || x < lo {
			lo = x
		}
		if !ok || x > hi {
			hi = x
		}
		ok = true
	}
	return lo, hi, ok
}

func isFloat(physical string) bool {
	p := strings.ToLower(physical)
	return strings.Contains(p, "float") || strings.Contains(p, "double") || strings.Contains(p, "real")
}

// infer reads a kind out of the type's name and, for text, out of the samples.
func infer(c *Column, rows int64) Kind {
	p := strings.ToLower(c.Physical)
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(s string) bool { return strings.Contains(p, s) })
	}
	switch {
	case has("timestamp", "datetime", "int96") || strings.HasPrefix(p, "date") || strings.Contains(p, "(date"):
		return Time
	case has("bool"):
		return Flag
	case has("string", "utf8", "char", "text", "enum", "uuid", "json"):
		// text; decided by the samples below
	case has("decimal", "numeric", "number", "float", "double", "real", "int"):
		return Number
	}
	samples := known(c.Samples)
	can := func(r source.Role, sample func(string) bool) bool {
		if c.Roles != nil {
			return slices.Contains(c.Roles, r)
		}
		return all(samples, sample)
	}
	switch {
	case len(samples) == 0:
		return Text
	case can(source.Time, isISODate):
		return Time
	case can(source.Flag, isFlagWord) && (c.Distinct == 0 || c.Distinct <= 2):
		return Flag
	case all(samples, looksLikeID) && (c.Distinct == 0 || rows == 0 || c.Distinct > 20 || c.Distinct*2 > rows-c.Nulls):
		return IDLike
	}
	return Text
}

func known(samples []string) []string {
	return slices.DeleteFunc(slices.Clone(samples), func(s string) bool { return strings.TrimSpace(s) == "" })
}

func all(samples []string, f func(string) bool) bool {
	return !slices.ContainsFunc(samples, func(s string) bool { return !f(s) })
}

func isISODate(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) < 10 || len(s) > 40 {
		return false
	}
	if _, err := time.Parse(time.DateOnly, s[:10]); err != nil {
		return false
	}
	return len(s) == 10 || s[10] == 'T' || s[10] == ' '
}

func isFlagWord(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "false", "t", "f", "y", "n", "yes", "no":
		return true
	}
	return false
}

// looksLikeID: at least four characters, a digit, and nothing but letters,
// digits and the joints that ids have; no decimal point.
func looksLikeID(s string) bool {
	digit := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digit = true
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '-', r == '_', r == ':':
		default:
			return false
		}
	}
	return digit && len(s) >= 4
}

func isNumeric(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return err == nil
}

func isEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && strings.Contains(s[at:], ".") && !strings.ContainsAny(s, " ,")
}

func isCurrency(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) == 3 && all(strings.Split(s, ""), func(c string) bool {
		return c >= "A" && c <= "Z" || c >= "a" && c <= "z"
	})
}

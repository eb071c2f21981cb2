package signal

import (
	"math"
	"strings"

	"accounthealth/internal/intake"
	"accounthealth/internal/source"
)

// projection is a column as numbers: words as indexes into a vocabulary, flags
// as 0 and 1, times as microseconds.
type projection struct {
	values
	column int
	words  []string

	own   []intake.Status // statuses where words turn some of the column's
	dict  *intake.Dict
	index []int32 // by code: the word's index, or one of the two below

	unknown bool // the dictionary holds an unknown word
}

const (
	unknownWord = -1
	blankWord   = -2
)

// WordOf returns the index of the word that a text stands for, compared without
// case and surrounding space. blank says that there is no text, and the index is
// negative for every text that is no word.
func WordOf(words []string, s string) (index int, blank bool) {
	i := wordIndex(words, s)
	return int(i), i == blankWord
}

func wordIndex(words []string, s string) int32 {
	s = strings.TrimSpace(s)
	if s == "" {
		return blankWord
	}
	for i, w := range words {
		if strings.EqualFold(strings.TrimSpace(w), s) {
			return int32(i)
		}
	}
	return unknownWord
}

func (p *projection) load(b *intake.Batch, cal *calendar) {
	c := &b.Columns[p.column]
	p.status = c.Status
	switch c.Role {
	case source.Number, source.Money:
		p.x = c.Numbers
	case source.Time:
		p.x, p.from = grow(p.x, b.Len), grow(p.from, b.Len)
		for i := range b.Len {
			p.x[i], p.from[i] = float64(c.Micros[i]), cal.from(int64(c.Days[i]))
		}
	case source.Flag:
		p.x = grow(p.x, b.Len)
		as := [2]float64{0, 1}
		if p.words != nil {
			as = [2]float64{float64(wordIndex(p.words, "false")), float64(wordIndex(p.words, "true"))}
		}
		for i := range b.Len {
			if p.x[i] = as[0]; c.Flags[i] {
				p.x[i] = as[1]
			}
		}
	default:
		p.text(b, c)
	}
}

func (p *projection) text(b *intake.Batch, c *intake.Column) {
	if p.dict != c.Dict {
		p.dict, p.index = c.Dict, make([]int32, len(c.Dict.Words))
		p.unknown = false
		for i, w := range c.Dict.Words {
			p.index[i] = wordIndex(p.words, w)
			p.unknown = p.unknown || p.index[i] == unknownWord
		}
	}
	p.x = grow(p.x, b.Len)
	p.own = append(p.own[:0], c.Status...)
	p.status = p.own
	for i := range b.Len {
		if c.Status[i] != intake.Known {
			continue
		}
		switch w := p.index[c.Codes[i]]; w {
		case unknownWord:
			p.status[i] = intake.Bad
		case blankWord:
			p.status[i] = intake.Null
		default:
			p.x[i] = float64(w)
		}
	}
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// dateOf is the inverse of a projected time.
func dateOf(x float64) int32 { return intake.DayOf(int64(math.Round(x))) }

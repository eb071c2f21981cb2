package signal

// daySet is what is known of one account's keys where a key is an account and a
// day: which days came, which came again and, where rows become known later than
// their day, how much later the earliest known row of a day did. Days are kept
// in words of 64, from word first on.
type daySet struct {
	first int32
	seen  []uint64
	twice []uint64 // nil until a day comes again
	lags  []uint8  // days, by day; nil where rows are known on their day
}

// farLag marks a day that is kept elsewhere, because a row of it became known
// too late for a byte.
const farLag = 255

// growth is how many words more the set needs to hold a day.
func (s *daySet) growth(day int32) int32 {
	word := day >> 6
	switch n := int32(len(s.seen)); {
	case n == 0:
		return 1
	case word < s.first:
		return s.first - word
	default:
		return max(word-s.first-n+1, 0)
	}
}

// grow makes room for a day.
func (s *daySet) grow(day int32, lags bool) {
	word, n := day>>6, int(s.growth(day))
	switch {
	case n == 0:
		return
	case len(s.seen) == 0:
		s.first = word
	}
	front := 0
	if word < s.first {
		s.first, front = word, n
	}
	s.seen = widen(s.seen, n, front)
	if s.twice != nil {
		s.twice = widen(s.twice, n, front)
	}
	if lags {
		s.lags = widen(s.lags, 64*n, 64*front)
	}
}

// widen adds n zeros to a slice, front of them before it.
func widen[T any](s []T, n, front int) []T {
	if front > 0 {
		return append(make([]T, front, front+len(s)), s...)
	}
	var zero T
	for range n {
		s = append(s, zero)
	}
	return s
}

// at returns the place of a day that growth needs no words for.
func (s *daySet) at(day int32) (word int, mask uint64) {
	return int(day>>6 - s.first), 1 << (day & 63)
}

// again marks a day as having come again.
func (s *daySet) again(day int32) {
	if s.twice == nil {
		s.twice = make([]uint64, len(s.seen))
	}
	word, mask := s.at(day)
	s.twice[word] |= mask
}

// lag is where the lag of a day is kept.
func (s *daySet) lag(day int32) *uint8 { return &s.lags[day-s.first*64] }

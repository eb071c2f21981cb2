package score

import "accounthealth/internal/plan"

// caps returns the best band that the rules' caps leave a row and the cap that
// says so, 0 and -1 where none holds. lurking is the best band left if every cap
// whose signal is missing held as well: statuses only get worse by a cap, so the
// worst status over all missing values is that of the lowest composite under the
// strictest of these. i is the row within the chunk.
func (k *kernel) caps(rb *rulebook, row, i int) (best, by, lurking int8) {
	by = -1
	for j := range rb.caps {
		c := &rb.caps[j]
		code := k.codes[c.Signal*chunk+i]
		if code == closed {
			continue
		}
		band := int8(c.Band)
		if code == missing {
			lurking = max(lurking, band)
			continue
		}
		if col := &k.cols[c.Signal]; band > best && c.Holds(&k.s.plan.Signals[c.Signal], col.value(row)) {
			best, by = band, int8(j)
		}
	}
	return best, by, lurking
}

// value returns the known value of a row: a number rounded as ladders compare it,
// or a word's index.
func (c *column) value(row int) float64 {
	switch {
	case c.stored != nil:
		return c.stored.value(row)
	case c.words != nil:
		return float64(c.words[row])
	}
	return plan.Round9(c.numbers[row])
}

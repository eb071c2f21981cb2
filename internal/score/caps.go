package score

import "accounthealth/internal/plan"

// caps returns the best band that the rules' caps leave a row and the cap that
// says so, 0 and -1 where none holds. lurking is the best band left if every cap
// whose signal is missing held as well: statuses only get worse by a cap, so the
// worst status over all missing values is that of the lowest composite under the
// strictest of these. i is the row within the chunk.
func (w *worker) caps(rb *rulebook, row, i int) (best, by, lurking int8) {
	by = -1
	for k := range rb.caps {
		c := &rb.caps[k]
		code := w.codes[c.Signal*chunk+i]
		if code == closed {
			continue
		}
		band := int8(c.Band)
		if code == missing {
			lurking = max(lurking, band)
			continue
		}
		if col := &w.cols[c.Signal]; band > best && c.Holds(&w.s.plan.Signals[c.Signal], col.value(row)) {
			best, by = band, int8(k)
		}
	}
	return best, by, lurking
}

// value returns the known value of a row: a number rounded as ladders compare it,
// or a word's index.
func (c *column) value(row int) float64 {
	if c.words != nil {
		return float64(c.words[row])
	}
	return plan.Round9(c.numbers[row])
}

package kernel

// Finite copies numbers as far as they are finite, a negative zero as zero, and
// returns how many there were.
func Finite(out, in []float64) (n int) {
	out = out[:len(in)]
	n = wideFinite(out, in)
	for n < len(in) {
		x := in[n]
		if x-x != 0 { // not a number, or infinite
			break
		}
		out[n] = x + 0
		n++
	}
	return n
}

// Scale divides integers by a power of ten of which unit is the exact value, as far as
// they are below 2^53, where the quotient is the double nearest to the decimal. It
// returns how many there were.
func Scale(out []float64, in []int64, unit float64) (n int) {
	out = out[:len(in)]
	for n < len(in) {
		n += wideScale(out[n:], in[n:], unit)
		end := min(n+8, len(in)) // the wide loop has a limit of its own
		for ; n < end; n++ {
			x := in[n]
			if x <= -1<<53 || x >= 1<<53 {
				return n
			}
			out[n] = float64(x) / unit
		}
	}
	return n
}

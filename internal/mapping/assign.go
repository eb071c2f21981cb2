package mapping

import "math"

// assign pairs rows with columns one to one so that the sum of gains is
// greatest, and returns each row's column, -1 for none. Gains of 0 or less are
// never paired. gain is a rectangular matrix, len(gain) x cols; among equally
// good pairings the choice depends only on the order of rows and columns.
//
// Kuhn's Hungarian method with potentials, O(rows^2 * (rows + cols)); integers,
// so that equal sums are exactly equal.
func assign(gain [][]int64, cols int) []int {
	n := len(gain)
	m := cols + n // one column a row beyond the real ones: unpaired
	cost := func(i, j int) int64 {
		if j >= cols {
			return 0
		}
		return -max(gain[i][j], 0)
	}
	u, v := make([]int64, n+1), make([]int64, m+1)
	rowOf, way := make([]int, m+1), make([]int, m+1) // 1-based, 0 free
	for i := 1; i <= n; i++ {
		rowOf[0] = i
		j0 := 0
		least := make([]int64, m+1)
		for j := range least {
			least[j] = math.MaxInt64
		}
		done := make([]bool, m+1)
		for rowOf[j0] != 0 {
			done[j0] = true
			i0, delta, j1 := rowOf[j0], int64(math.MaxInt64), 0
			for j := 1; j <= m; j++ {
				if done[j] {
					continue
				}
				if c := cost(i0-1, j-1) - u[i0] - v[j]; c < least[j] {
					least[j], way[j] = c, j0
				}
				if least[j] < delta {
					delta, j1 = least[j], j
				}
			}
			for j := 0; j <= m; j++ {
				if done[j] {
					u[rowOf[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			j0 = j1
		}
		for j0 != 0 {
			rowOf[j0] = rowOf[way[j0]]
			j0 = way[j0]
		}
	}
	out := make([]int, n)
	for i := range out {
		out[i] = -1
	}
	for j := 1; j <= cols; j++ {
		if i := rowOf[j]; i > 0 && gain[i-1][j-1] > 0 {
			out[i-1] = j - 1
		}
	}
	return out
}

// points turns a score in [0, 1] into an exact gain.
func points(score float64) int64 { return int64(math.Round(score * 1e6)) }

package yamlfile

import (
	"fmt"
	"strings"
)

// Near returns the fix for a word that is not among the allowed ones: the
// nearest of them if one is near, else the list. Ties go to the earlier one.
func Near(word string, allowed []string) string {
	if best := Nearest(word, allowed); best != "" {
		return fmt.Sprintf("did you mean %q", best)
	}
	if len(allowed) == 0 {
		return "remove it"
	}
	return "use one of " + strings.Join(allowed, ", ")
}

// Nearest returns the allowed word with the smallest edit distance, if that is
// at most a third of the word's length and at least 1 edit is granted; else "".
func Nearest(word string, allowed []string) string {
	w := []rune(strings.ToLower(word))
	if len(w) > 64 {
		return ""
	}
	best, limit := "", max(1, len(w)/3)
	for _, a := range allowed {
		if d := distance(w, []rune(strings.ToLower(a))); d <= limit && a != word {
			best, limit = a, d-1
		}
	}
	return best
}

// distance is the optimal string alignment distance: insert, delete, replace,
// and swap of neighbours cost 1 each.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}

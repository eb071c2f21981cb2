package mapping

import "strings"

// Wanted is a column that a table is searched for by its name alone.
type Wanted struct {
	Name string
	// Like names a column of the contract ("accounts.arr") whose names count too;
	// "" for none.
	Like string
	// Also lists further names, "name:strength|name", 1 by default.
	Also string
}

// sure is the likeness from which a name alone decides. It is higher than what
// Guess asks for, because no values speak beside it.
const sure = 0.85

// Named matches the columns of a table to what is wanted by their names alone,
// one to one, with the vocabulary and the measure of likeness that Guess uses. It
// returns, for each wanted column, the index of its column, -1 where no name is
// alike enough. A column that bears the very name is always taken.
func Named(columns []string, wanted []Wanted) []int {
	book := vocabulary()
	words := make([][]word, len(columns))
	for j, name := range columns {
		words[j] = lookUp(tokens(name))
	}
	gain := make([][]int64, len(wanted))
	for i, w := range wanted {
		names := append(parseAliases(strings.ReplaceAll(w.Name, "_", " ")), book.columns[w.Like]...)
		if w.Also != "" {
			names = append(names, parseAliases(w.Also)...)
		}
		gain[i] = make([]int64, len(columns))
		for j := range columns {
			if strings.EqualFold(columns[j], w.Name) {
				gain[i][j] = points(float64(len(wanted) + 1)) // beats every other pairing
				continue
			}
			best := 0.0
			for k := range names {
				best = max(best, names[k].strength*similarity(words[j], names[k].words))
			}
			if best >= sure {
				gain[i][j] = points(best)
			}
		}
	}
	return assign(gain, len(columns))
}

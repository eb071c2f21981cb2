package publish

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxName is how many bytes of a label a file name keeps.
	maxName = 100
	unnamed = "unnamed"
)

// reserved are names that Windows keeps for devices.
var reserved = []string{"con", "prn", "aux", "nul", "com", "lpt"}

// FileNames returns a legal file name without an extension for every label, in
// their order, all different even where case does not matter. The names depend on
// the labels only: of labels that collide the first keeps the name and the others
// are numbered.
func FileNames(labels []string) []string {
	out := make([]string, len(labels))
	taken := map[string]bool{}
	for i, label := range labels {
		name := fileName(label)
		unique := name
		for n := 2; taken[fold(unique)]; n++ {
			unique = name + fmt.Sprintf(" (%d)", n)
		}
		taken[fold(unique)] = true
		out[i] = unique
	}
	return out
}

// fold maps names that a file system may take for the same one to one text.
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

func fileName(label string) string {
	var b strings.Builder
	gap := false
	for _, r := range label {
		if r == utf8.RuneError || unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ' || strings.ContainsRune(`<>:"/\|?*%#`, r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		if b.Len()+utf8.RuneLen(r) > maxName {
			break
		}
		b.WriteRune(r)
	}
	name := strings.Trim(strings.Join(strings.Fields(b.String()), " "), ". ")
	if strings.HasPrefix(name, "~$") || strings.HasPrefix(name, "_") { // read as a lock, or passed over
		name = strings.TrimLeft(name, "~$_ .")
	}
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	if slices.Contains(reserved, strings.TrimRight(stem, "0123456789")) {
		name += " book"
	}
	if name == "" {
		return unnamed
	}
	return name
}

package reports

import (
	"strings"
	"unicode/utf8"
)

// maxCell is how many UTF-16 units one cell can hold.
const maxCell = 32767

// cutMark ends a text that was longer than a cell.
const cutMark = " [cut]"

// census counts what could not be stored as it came; see page.storage.
type census struct {
	controls int64 // characters dropped because a worksheet cannot hold them
	cut      int64 // cells cut at maxCell
	blank    int64 // numbers left blank because they are not finite
}

// clean returns s as a cell can hold it: invalid UTF-8, control characters and
// non-characters are dropped (line feeds and tabs inside a text stay), and what
// exceeds a cell is cut and marked. A leading =, +, - or @ stays: cells are
// written as typed text, which Excel never evaluates.
func (c *census) clean(s string) string {
	if len(s) <= maxCell && plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(min(len(s), maxCell))
	units, keep := 0, 0 // keep: length of b that leaves room for the mark
	over := false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if !storable(r, n) {
			c.controls++
			continue
		}
		width := 1
		if r > 0xFFFF {
			width = 2
		}
		if over = units+width > maxCell; over {
			break
		}
		b.WriteRune(r)
		if units += width; units <= maxCell-len(cutMark) {
			keep = b.Len()
		}
	}
	if !over {
		return b.String()
	}
	c.cut++
	return b.String()[:keep] + cutMark
}

// plain says that every byte is printable ASCII, by far the most common case.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// storable says whether XML 1.0 can carry the rune, which was n bytes long.
func storable(r rune, n int) bool {
	switch {
	case r == '\t' || r == '\n':
		return true
	case r < ' ', r >= 0x7F && r < 0xA0, r == 0xFFFE, r == 0xFFFF:
		return false
	case r == utf8.RuneError && n == 1:
		return false
	}
	return true
}

// appendEscaped appends s as XML character data.
func appendEscaped(b []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		var esc string
		switch s[i] {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '\n':
			esc = "&#10;"
		case '\t':
			esc = "&#9;"
		case '_':
			if !looksEscaped(s[i:]) {
				continue
			}
			esc = "_x005F_"
		default:
			continue
		}
		b = append(b, s[from:i]...)
		b = append(b, esc...)
		from = i + 1
	}
	return append(b, s[from:]...)
}

// looksEscaped says that s begins with _xHHHH_, which a reader of the file would
// turn into one character.
func looksEscaped(s string) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	for _, c := range []byte(s[2:6]) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// sheetName makes a legal sheet name that no earlier sheet has, ignoring case.
func sheetName(want string, taken func(string) bool) string {
	var c census
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) || r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, c.clean(want))
	name = strings.Trim(strings.TrimSpace(name), "'")
	if name == "" || strings.EqualFold(name, "History") { // Excel keeps History for itself
		name = strings.TrimSpace(name + " sheet")
	}
	unique := cutUnits(name, 31)
	for n := 2; taken(unique); n++ {
		suffix := " (" + itoa(n) + ")"
		unique = cutUnits(name, 31-len(suffix)) + suffix
	}
	return unique
}

// cutUnits keeps at most n UTF-16 units of s.
func cutUnits(s string, n int) string {
	for i, r := range s {
		if n--; r > 0xFFFF {
			n--
		}
		if n < 0 {
			return s[:i]
		}
	}
	return s
}

// definedName makes a legal name for a cell: letters, digits and underscores,
// not beginning with a digit and not readable as a cell reference.
func definedName(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := strings.TrimRight(cutUnits(b.String(), 200), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' || readsAsReference(name) {
		return "_" + name
	}
	return name
}

// readsAsReference says that a spreadsheet would take the name for a cell: up to
// three letters and digits (ARR90 is a cell), or the R1C1 forms.
func readsAsReference(name string) bool {
	letters := strings.TrimRight(name, "0123456789")
	up := strings.ToUpper(name)
	if up == "R" || up == "C" || up == "RC" || strings.EqualFold(name, "true") || strings.EqualFold(name, "false") {
		return true
	}
	if len(letters) < len(name) && len(letters) <= 3 && !strings.ContainsAny(letters, "_0123456789") {
		return true
	}
	return strings.Trim(up, "RC0123456789") == ""
}

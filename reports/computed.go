package reports

import (
	"bytes"
	"strings"
)

// giveResults puts what formulas gave into a worksheet part, so that a reader who
// does not recalculate sees the same numbers as one who does.
func giveResults(part []byte, computed map[string]value) []byte {
	var out bytes.Buffer
	out.Grow(len(part) + 32*len(computed))
	rest := string(part)
	for {
		head, tail, ok := strings.Cut(rest, "<f>")
		if !ok {
			out.WriteString(rest)
			return out.Bytes()
		}
		open := strings.LastIndex(head, "<c ")
		_, after, _ := strings.Cut(tail, "</c>")
		ref, style := attribute(head[open:], "r"), attribute(head[open:], "s")
		out.WriteString(head[:open])
		out.WriteString(`<c r="` + ref + `" s="` + style)
		out.Write(appendComputed(nil, computed[ref]))
		out.WriteString("</c>")
		rest = after
	}
}

// attribute returns the value of an attribute of a start tag, "" without it.
func attribute(tag, name string) string {
	_, v, _ := strings.Cut(tag, " "+name+`="`)
	v, _, _ = strings.Cut(v, `"`)
	return v
}

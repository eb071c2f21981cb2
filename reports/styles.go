package reports

import (
	"bytes"
	"strings"

	"github.com/xuri/excelize/v2"
)

// typeface exists on Windows and macOS, and has a metric twin elsewhere, so
// widths that fit here fit everywhere.
const (
	typeface = "Arial"
	textSize = 10
)

// look is everything that makes one cell style; equal looks share one style.
type look struct {
	size           float64 // 0 = textSize
	bold, italic   bool
	underline      bool
	colour         string // "" = ink
	fill           string // "" = none
	number         string // number format, "" = General
	align          string // left, right, center; "" = by type
	valign         string // "" = center
	wrap           bool
	indent         int
	top, bottom    string // border colours, "" = none
	left           string
	thickBottom    bool
	shrink, asText bool
	open           bool // can be edited on a protected sheet
}

// style returns the style id of l.
func (b *book) style(l look) int {
	if id, ok := b.styles[l]; ok {
		return id
	}
	font := &excelize.Font{Family: typeface, Size: l.size, Bold: l.bold, Italic: l.italic, Color: l.colour}
	if l.size == 0 {
		font.Size = textSize
	}
	if l.colour == "" {
		font.Color = ink
	}
	if l.underline {
		font.Underline = "single"
	}
	s := &excelize.Style{
		Font: font,
		Alignment: &excelize.Alignment{
			Horizontal: l.align, Vertical: l.valign, WrapText: l.wrap, Indent: l.indent, ShrinkToFit: l.shrink,
		},
	}
	if l.valign == "" {
		s.Alignment.Vertical = "center"
	}
	if l.fill != "" {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{l.fill}}
	}
	if l.number != "" {
		s.CustomNumFmt = &l.number
	}
	if l.asText {
		s.NumFmt = 49
	}
	if l.open {
		s.Protection = &excelize.Protection{Locked: false}
	}
	weight := 1
	if l.thickBottom {
		weight = 2
	}
	for _, e := range []struct {
		side, colour string
		weight       int
	}{{"left", l.left, 1}, {"top", l.top, 1}, {"bottom", l.bottom, weight}} {
		if e.colour != "" {
			s.Border = append(s.Border, excelize.Border{Type: e.side, Color: e.colour, Style: e.weight})
		}
	}
	id, err := b.file.NewStyle(s)
	b.fail(err)
	b.styles[l] = id
	return id
}

// dxf returns the id of a conditional style with a fill and a text colour.
func (b *book) dxf(fill, colour string, bold bool) *int {
	k := fill + colour
	if bold {
		k += "b"
	}
	if id, ok := b.dxfs[k]; ok {
		return id
	}
	s := &excelize.Style{}
	if colour != "" || bold {
		s.Font = &excelize.Font{Color: colour, Bold: bold}
	}
	if fill != "" {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}}
	}
	id, err := b.file.NewConditionalStyle(s)
	b.fail(err)
	b.dxfs[k] = &id
	return &id
}

// fontOrder is the order the schema prescribes for the children of a font;
// excelize writes them in another one, which strict readers refuse.
var fontOrder = []string{
	"b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign",
	"sz", "color", "name", "family", "charset", "scheme",
}

// orderFonts puts the children of every font element of a styles part in the
// order of the schema.
func orderFonts(part []byte) []byte {
	var out bytes.Buffer
	rest := string(part)
	for {
		head, tail, ok := strings.Cut(rest, "<font>")
		out.WriteString(head)
		if !ok {
			return out.Bytes()
		}
		body, after, _ := strings.Cut(tail, "</font>")
		children := map[string]string{}
		for body != "" {
			child := body
			if i := strings.Index(body[1:], "<"); i >= 0 {
				child = body[:i+1]
			}
			name := strings.FieldsFunc(child, func(r rune) bool { return strings.ContainsRune("</> ", r) })[0]
			children[name] += child // an end tag follows its start tag
			body = body[len(child):]
		}
		out.WriteString("<font>")
		for _, name := range fontOrder {
			out.WriteString(children[name])
		}
		out.WriteString("</font>")
		rest = after
	}
}

package reports

import "strings"

// The palette. Ink and rules are blue-greys; the only saturated colours are the
// four band colours and one accent. The band tones differ in lightness as much
// as in hue (green dark, yellow very light, orange middle, red darkest), so they
// stay apart for colour-blind readers and on a grey print; the band's name always
// stands beside its colour.
const (
	ink      = "1F2933" // text
	inkSoft  = "5B6B7B" // captions, notes
	rule     = "D5DCE3" // hairlines between rows
	ruleDark = "1F3A4D" // under headings
	headFill = "1F3A4D" // table headings
	headInk  = "FFFFFF"
	tileFill = "F3F6F9" // tiles and callouts
	accent   = "2F6F9F" // links, data bars, single-series charts
	accentLo = "A9C4D8" // the quieter of two series
	warnFill = "FFF4D6" // warnings
	warnInk  = "6B4E00"
	openFill = "FFFBE8" // cells to write into
	goodInk  = "1B6E4F"
	badInk   = "9B1C31"
	rising   = "5FA98C" // amounts that add, in charts; lighter than those that take
	falling  = "9B1C31"
)

// bandTone is how one status colour is shown.
type bandTone struct{ fill, ink string }

var bandTones = map[string]bandTone{
	"green":  {"2A7F62", "FFFFFF"},
	"yellow": {"F4D35E", "3D3200"},
	"orange": {"E8833A", "2B1500"},
	"red":    {"8E1B2E", "FFFFFF"},
}

// toneOf returns the tone of a status colour, a neutral one for a colour that is
// not of the palette.
func toneOf(colour string) bandTone {
	if t, ok := bandTones[strings.ToLower(colour)]; ok {
		return t
	}
	return bandTone{"C3CDD6", ink}
}

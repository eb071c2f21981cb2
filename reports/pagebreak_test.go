package reports

import "testing"

// Pages end before a chart or a table that would be cut, never inside one that fits
// on a page, and not where everything fits.
func TestPageBreaks(t *testing.T) {
	layout := func(blocks ...int) []int {
		b := newBook(Options{}, about{}, nil)
		p := b.page("Sheet", presentation, 100) // 102 digits: a page holds some 34 rows
		var starts []int
		for _, rows := range blocks {
			p.begin()
			starts = append(starts, p.row)
			p.gap(rows)
		}
		p.seal()
		if b.err != nil {
			t.Fatal(b.err)
		}
		var out []int
		for _, r := range p.broken {
			for k, s := range starts {
				if s == r {
					out = append(out, k)
				}
			}
		}
		return out
	}
	for _, c := range []struct {
		name         string
		blocks, want []int
	}{
		{"all on one page", []int{10, 10, 10}, nil},
		{"the second does not fit", []int{20, 20}, []int{1}},
		{"a long one begins where half a page is free", []int{15, 60, 5}, nil},
		{"a long one does not begin at the foot", []int{30, 60}, []int{1}},
		{"pages are counted through a long one", []int{60, 20}, []int{1}},
		{"half a page is not left empty", []int{5, 33}, nil},
	} {
		if got := layout(c.blocks...); len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
			t.Errorf("%s: pages end before blocks %v, want %v", c.name, got, c.want)
		}
	}
}

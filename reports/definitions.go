package reports

import (
	"strings"

	"accounthealth/internal/portfolio"
)

// definitions says what every word means, and what is not here and why.
func (p *portfolioBook) definitions(sections []section) {
	r := p.r
	g := p.page(sheetDefinitions, presentation, 34, 112, 12)
	g.title("Definitions", "How to read this workbook")
	g.section("About this workbook", "")
	g.facts([]fact{
		{"As of", day(r.AsOf).in(asDay), "As_of"},
		{"Compared with", day(r.Prior).in(asDay), "Prior_as_of"},
		{"Currency", str(r.Currency), "Reporting_currency"},
		{"Direction", str("0 to 100, high = healthy"), ""},
		{"Framework", str(r.Framework.Name + ", version " + itoa(r.Framework.Version)), ""},
		{"Framework digest (sha256)", str(r.Framework.Digest), ""},
	})
	if len(r.PillarDefs) > 0 {
		type def = portfolio.PillarDef
		g.section("Pillars and weights", "")
		put(g, table[def]{name: "Weights", bare: true, rows: r.PillarDefs, cols: []col[def]{
			{head: "Pillar", as: asText, get: func(d def) value { return str(nameOr(d.Label, d.Name)) }},
			{head: "Question", as: asWrap, get: func(d def) value { return str(d.Question) }},
			{head: "Weight", as: asPercent, get: func(d def) value { return num(d.Weight) }},
		}})
		g.gap(1)
	}
	g.terms("Words and figures", "Glossary", "Word", "Meaning", r.Glossary)
	g.terms("Left out, and why", "Left_out", "What", "Why", leftOut(sections, r.LeftOut))
	g.terms("Changes of the framework", "Framework_changes", "Change", "What changed", r.Changes)
	g.seal()
}

// leftOut joins the reasons of the caller with those of sheets without data.
func leftOut(sections []section, given []portfolio.Term) []portfolio.Term {
	out := append([]portfolio.Term(nil), given...)
	named := func(sheet string) bool {
		for _, t := range given {
			if strings.EqualFold(t.Name, sheet) {
				return true
			}
		}
		return false
	}
	for _, s := range sections {
		if !s.present && !named(s.name) {
			out = append(out, portfolio.Term{Name: s.name, Text: "Not in this workbook: " + s.absent + "."})
		}
	}
	return out
}

// fact is one line about the workbook; its cell has a name where others refer to it.
type fact struct {
	label string
	value value
	name  string
}

func (g *page) facts(fs []fact) {
	label := g.b.style(look{colour: inkSoft, bottom: rule})
	for _, f := range fs {
		if f.value.kind == blank {
			continue
		}
		l := bodyLook(asText, true, look{bottom: rule})
		if f.value.as != inherit {
			l = bodyLook(f.value.as, true, l)
		}
		g.set(g.left, g.row, str(f.label), label)
		g.set(g.left+1, g.row, f.value, g.b.style(l))
		g.height(g.row, rowHeight(1))
		if f.name != "" {
			g.b.define(f.name, absRef(g.name, g.left+1, g.row))
		}
		g.row++
	}
	g.gap(1)
}

// terms lists words and their meaning; nothing where there are none.
func (g *page) terms(heading, name, left, right string, ts []portfolio.Term) {
	if len(ts) == 0 {
		return
	}
	g.section(heading, "")
	put(g, table[portfolio.Term]{name: name, bare: true, rows: ts, cols: []col[portfolio.Term]{
		{head: left, as: asWrap, get: func(t portfolio.Term) value { return str(t.Name) }},
		{head: right, as: asWrap, get: func(t portfolio.Term) value { return str(t.Text) }},
	}})
	g.gap(1)
}

// storage says what happened to content that a worksheet cannot hold. It is the last
// table of its sheet, and of all those whose rows are written when the workbook is: by
// then all text has been seen.
func (g *page) storage() {
	c := &g.b.census
	g.section("How text and numbers are stored", "Ids are text. A text that begins with =, +, - or @ is text, not a formula.")
	lines := []struct {
		what string
		n    *int64
	}{
		{"Control characters removed from texts", &c.controls},
		{"Texts cut at 32,767 characters", &c.cut},
		{"Numbers left blank because they are not finite", &c.blank},
	}
	stream(g, table[int]{name: "Storage", bare: true, cols: []col[int]{
		{head: "Count", as: asCount, get: func(i int) value { return count(*lines[i].n) }},
		{head: "What", as: asText, get: func(i int) value { return str(lines[i].what) }},
	}}, len(lines), func(i int) int { return i })
}

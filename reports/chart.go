package reports

import (
	"strings"

	"github.com/xuri/excelize/v2"
)

// series is one series of a chart: references, and the tone it is drawn in.
type series struct {
	name, categories, values string
	tone                     string
}

// chart declares a native chart with titled axes.
type chart struct {
	kind           excelize.ChartType
	title          string
	x, y           string // axis titles
	series         []series
	number         string // number format of the value axis
	width, height  uint   // pixels
	gap            uint   // space between groups, per cent of a bar
	min, max       *float64
	legend, labels bool
	low            bool // category labels below the chart, where values may be negative
	alt            string
}

// thousands shows large amounts shortened on an axis.
const thousands = `[>=1000000]#,##0.0,,"m";[>=1000]#,##0,"k";0`

// signedThousands is the same for amounts that may be negative.
const signedThousands = `[>=1000000]#,##0.0,,"m";[<=-1000000]-#,##0.0,,"m";#,##0`

// draw anchors a chart at a cell.
func (p *page) draw(c, r int, ch chart) {
	text := func(size float64, bold bool, colour string) *excelize.Font {
		return &excelize.Font{Family: typeface, Size: size, Bold: bold, Color: colour}
	}
	title := func(s string, size float64, bold bool, colour string) excelize.ChartTitle {
		return excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: p.b.census.clean(s), Font: text(size, bold, colour)}}}
	}
	out := &excelize.Chart{
		Type:      ch.kind,
		Title:     title(ch.title, 11, true, ruleDark),
		Dimension: excelize.ChartDimension{Width: ch.width, Height: ch.height},
		Legend:    excelize.ChartLegend{Position: "none"},
		XAxis: excelize.ChartAxis{
			Title: title(ch.x, 9, false, inkSoft), Font: *text(9, false, inkSoft),
		},
		YAxis: excelize.ChartAxis{
			Title: title(ch.y, 9, false, inkSoft), Font: *text(9, false, inkSoft), MajorGridLines: true,
			NumFmt: excelize.ChartNumFmt{CustomNumFmt: ch.number}, Minimum: ch.min, Maximum: ch.max,
		},
		PlotArea: excelize.ChartPlotArea{ShowVal: ch.labels, NumFmt: excelize.ChartNumFmt{CustomNumFmt: ch.number}},
		Format:   excelize.GraphicOptions{AltText: ch.alt, Positioning: "oneCell"},
		Border:   excelize.LineOptions{Type: excelize.LineNone},
		GapWidth: &ch.gap, VaryColors: ptr(false),
	}
	if ch.low {
		out.XAxis.TickLabelPosition = excelize.ChartTickLabelLow
	}
	if ch.legend {
		out.Legend = excelize.ChartLegend{Position: "bottom", Font: text(9, false, inkSoft)}
	}
	for _, s := range ch.series {
		out.Series = append(out.Series, excelize.ChartSeries{
			Name: s.name, Categories: s.categories, Values: s.values,
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{s.tone}},
			DataLabel: excelize.ChartDataLabel{Font: *text(9, false, inkSoft)},
		})
	}
	p.b.fail(p.b.file.AddChart(p.name, cellRef(c, r), out))
}

// chartRows is how many standard rows a chart of this height covers.
func chartRows(height uint) int { return int(height)/20 + 2 }

// orderBars puts the elements of bar series in the order of the schema and drops
// the one that belongs to line series only. It also drops the empty text
// properties of titles, which would turn vertical titles back.
func orderBars(part []byte) []byte {
	const turned = `<txPr><a:bodyPr anchorCtr="false" rot="0" spcFirstLastPara="false"></a:bodyPr><a:p></a:p></txPr></title>`
	const invert, labels, smooth = `<invertIfNegative val="0"></invertIfNegative>`, "<dLbls>", `<smooth val="0"></smooth>`
	s := strings.NewReplacer(invert, "", smooth, "", turned, "</title>").Replace(string(part))
	return []byte(strings.ReplaceAll(s, "</spPr>"+labels+"<numFmt", "</spPr>"+invert+labels+"<numFmt"))
}

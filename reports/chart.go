package reports

import (
	"strings"

	"github.com/xuri/excelize/v2"
)

// series is one series of a chart: references, and the tone it is drawn in.
type series struct {
	name, categories, values string
	tone                     string
	dashed                   bool // of lines: a reference
	points                   bool // marked, of a scatter chart
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
	xnumber        string // the same of the horizontal axis, where it is one of values
	min, max       *float64
	xmax           *float64
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
	if r == p.row {
		p.begin()
	}
	p.across = max(p.across, p.points(c-1)+0.75*float64(ch.width))
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
	if ch.kind == excelize.Scatter {
		out.XAxis.NumFmt, out.XAxis.Maximum = excelize.ChartNumFmt{CustomNumFmt: ch.xnumber}, ch.xmax
		out.XAxis.Minimum = ptr(0.0)
	}
	lines := ch.kind == excelize.Scatter || ch.kind == excelize.Line
	for _, s := range ch.series {
		if lines {
			out.Series = append(out.Series, s.line())
			continue
		}
		out.Series = append(out.Series, excelize.ChartSeries{
			Name: s.name, Categories: s.categories, Values: s.values,
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{s.tone}},
			DataLabel: excelize.ChartDataLabel{Font: *text(9, false, inkSoft)},
		})
	}
	p.b.fail(p.b.file.AddChart(p.name, cellRef(c, r), out))
}

// line is a series drawn as a line.
func (s series) line() excelize.ChartSeries {
	fill := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{s.tone}}
	line := excelize.LineOptions{Type: excelize.LineSolid, Fill: fill, Width: 2}
	if s.dashed {
		line.Dash, line.Width = excelize.LineDashDash, 1
	}
	marker := excelize.ChartMarker{Symbol: "none"}
	if s.points {
		marker = excelize.ChartMarker{Symbol: "circle", Size: 7, Fill: fill}
	}
	return excelize.ChartSeries{Name: s.name, Categories: s.categories, Values: s.values, Fill: fill, Line: line, Marker: marker}
}

// chartRows is how many standard rows a chart of this height covers.
func chartRows(height uint) int { return int(height)/20 + 2 }

// orderSeries puts the elements of series in the order of the schema and drops
// those that belong to other kinds of charts. It also drops the empty text
// properties of titles, which would turn vertical titles back.
func orderSeries(part []byte) []byte {
	const turned = `<txPr><a:bodyPr anchorCtr="false" rot="0" spcFirstLastPara="false"></a:bodyPr><a:p></a:p></txPr></title>`
	const invert, labels, smooth = `<invertIfNegative val="0"></invertIfNegative>`, "<dLbls>", `<smooth val="0"></smooth>`
	// An axis of values has no categories to lay out.
	const layout = `<auto val="1"></auto><lblAlgn val="ctr"></lblAlgn><lblOffset val="100"></lblOffset><noMultiLvlLbl val="0"></noMultiLvlLbl></valAx>`
	s := strings.NewReplacer(invert, "", turned, "</title>", layout, "</valAx>").Replace(string(part))
	if strings.Contains(s, "<barChart>") {
		s = strings.ReplaceAll(s, smooth, "")
		return []byte(strings.ReplaceAll(s, "</spPr>"+labels+"<numFmt", "</spPr>"+invert+labels+"<numFmt"))
	}
	const ser = "<ser>"
	series := strings.Split(s, ser)
	for i := 1; i < len(series); i++ { // the marker stands before the labels
		before, rest, ok := strings.Cut(series[i], labels)
		body, after, marked := strings.Cut(rest, "<marker>")
		if !ok || !marked {
			continue
		}
		marker, tail, _ := strings.Cut(after, "</marker>")
		series[i] = before + "<marker>" + marker + "</marker>" + labels + body + tail
	}
	return []byte(strings.Join(series, ser))
}

package form

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// Case is a form with the result that its author expects.
type Case struct {
	Name string
	Form *Form
	want []expectation
}

// expectation is one stated result. A number holds when it is right to as many
// decimals as were written.
type expectation struct {
	what   string
	pillar int    // index of the pillar, -1 where it is another result
	text   string // as written
	number float64
	within float64
}

// The results that a case may state, besides pillars.
const (
	composite = "composite"
	scoreIs   = "score"
	headline  = "headline"
	status    = "status"
	coverage  = "coverage"
	cappedBy  = "capped_by"
)

// ReadCases reads a file of cases, in file order. The error joins every problem
// as a diag.Error of class Config.
func ReadCases(name string, src []byte, p *plan.Plan) ([]Case, error) {
	root, err := yamlfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	var cases []Case
	list := root.Need("cases")
	for name, n := range list.Pairs() {
		c := Case{Name: name, Form: read(n, p, 0)}
		c.Form.Account = name
		c.expect(n.Need("expect"), p)
		n.Done()
		cases = append(cases, c)
	}
	if list.Kind() == yamlfile.Map && len(cases) == 0 {
		list.Problem("write at least one case", "the file has no case")
	}
	root.Done()
	if err := root.Err(); err != nil {
		return nil, err
	}
	return cases, nil
}

func (c *Case) expect(n *yamlfile.Node, p *plan.Plan) {
	number := func(v *yamlfile.Node, what string, pillar int) {
		if v.Present() {
			c.want = append(c.want, expectation{what, pillar, v.Word(), v.Float(0, 100), slack(v.Word())})
		}
	}
	pillars := n.Field("pillars")
	for i := range p.Pillars {
		number(pillars.Field(p.Pillars[i].Name), p.Pillars[i].Label, i)
	}
	if pillars.Kind() == yamlfile.Map {
		pillars.Done()
	}
	for _, what := range []string{composite, scoreIs, headline} {
		number(n.Field(what), what, -1)
	}
	if v := n.Field(coverage); v.Present() {
		c.want = append(c.want, expectation{coverage, -1, v.Word(), v.Share(0, 1), slack(v.Word())})
	}
	if v := n.Field(status); v.Present() {
		words := []string{notScored}
		for _, b := range p.Rules[0].Bands {
			words = append(words, b.Name)
		}
		c.want = append(c.want, expectation{what: status, pillar: -1, text: v.Enum(words...)})
	}
	if v := n.Field(cappedBy); v.Present() {
		c.want = append(c.want, expectation{what: cappedBy, pillar: -1, text: v.Text()})
	}
	if n.Kind() == yamlfile.Map {
		if n.Done() && len(c.want) == 0 && !pillars.Present() {
			n.Problem("state a score or a status", "the case expects nothing")
		}
	}
}

// slack is half a unit of the last decimal written: 0.005 for 87.50, 0.0005 for
// 89.2%.
func slack(text string) float64 {
	digits, percent := strings.CutSuffix(text, "%")
	_, decimals, _ := strings.Cut(digits, ".")
	unit := math.Pow10(-len(decimals))
	if percent {
		unit /= 100
	}
	return unit/2 + 1e-9
}

const notScored = "Not scored"

// Outcome says whether a case holds.
type Outcome struct {
	Case   string   `json:"case"`
	Holds  bool     `json:"holds"`
	Score  *float64 `json:"score"` // null where it has none
	Status string   `json:"status"`
	Wrong  []string `json:"wrong,omitempty"` // "Product is 87.50, expected 85.00"
}

// Run assesses cases and compares, in their order.
func Run(p *plan.Plan, cases []Case) ([]Outcome, error) {
	var forms []*Form
	for i := range cases {
		forms = append(forms, cases[i].Form)
	}
	a, err := Assess(p, forms)
	if err != nil {
		return nil, err
	}
	defer a.Release()
	var out []Outcome
	for i := range cases {
		o := Outcome{Case: cases[i].Name, Status: a.status(i)}
		if v, ok := a.Now.Result.Score(i); ok {
			o.Score = &v
		}
		for _, e := range cases[i].want {
			if got, ok := a.meets(i, e); !ok {
				o.Wrong = append(o.Wrong, fmt.Sprintf("%s is %s, expected %s", e.what, got, e.text))
			}
		}
		o.Holds = len(o.Wrong) == 0
		out = append(out, o)
	}
	return out, nil
}

func (a *Assessed) status(i int) string {
	if b := a.Now.Result.Band(i); b != nil {
		return b.Name
	}
	return notScored
}

// meets compares one expectation and returns what there is instead.
func (a *Assessed) meets(i int, e expectation) (got string, ok bool) {
	r := a.Now.Result
	x, known := r.Coverage[i], true
	switch {
	case e.pillar >= 0:
		x = r.Pillars[e.pillar][i]
	case e.what == status:
		got = a.status(i)
		return got, got == e.text
	case e.what == cappedBy:
		got = "nothing"
		if c := r.Cap(i); c != nil {
			got = c.Name
		}
		return got, got == e.text
	case e.what == composite:
		x = r.Composite[i]
	case e.what == scoreIs:
		x, known = r.Score(i)
	case e.what == headline:
		x, known = float64(r.Headline[i]), r.Headline[i] >= 0
	}
	if !known || math.IsNaN(x) {
		return "not known", false
	}
	return format(x, e.text), math.Abs(x-e.number) <= e.within
}

// format writes a number with one decimal more than the text it is compared with.
func format(x float64, like string) string {
	digits, percent := strings.CutSuffix(like, "%")
	_, decimals, _ := strings.Cut(digits, ".")
	if percent {
		return strconv.FormatFloat(x*100, 'f', len(decimals)+1, 64) + "%"
	}
	return strconv.FormatFloat(x, 'f', len(decimals)+1, 64)
}

// Failed counts the outcomes that do not hold.
func Failed(outcomes []Outcome) int {
	n := 0
	for _, o := range outcomes {
		if !o.Holds {
			n++
		}
	}
	return n
}

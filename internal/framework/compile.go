package framework

import (
	"regexp"
	"slices"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/source"
	"accounthealth/internal/yamlfile"
)

// compiler reads one file into one framework. It goes on after a problem, so
// that a reader sees all of them; the framework counts only without any.
type compiler struct {
	fw      *Framework
	signals []*yamlfile.Node // by signal
	columns []source.Column  // of the signals source, named by derivations

	// bandsSound and weightsSound say that the base's are: overrides inherit
	// them, and one mistake shall not be reported twice.
	bandsSound, weightsSound bool

	bandNames, pillarNames, signalNames, playNames names
	words                                          map[string]*names // by signal
}

// identifier is what pillars, signals, plays, sources and columns are called:
// it must do as a column name in SQL and in a sheet.
var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// frameworkName may also hold dashes.
var frameworkName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// The closed vocabularies, which the schema repeats.
const (
	direction     = "high is healthy"
	absentMissing = "missing"
)

var scales = []string{plan.MinMax.String(), plan.Clamp.String()}

var absentOnce = []string{"source", "account"}

var kinds = []string{plan.Level.String(), plan.Modifier.String(), plan.Flag.String()}

var colours = []string{"green", "yellow", "orange", "red"}

var categories = []string{"product usage", "support", "sentiment", "executive alignment", "commercial"}

func (c *compiler) compile(root *yamlfile.Node) {
	p := c.fw.Plan
	name := root.Need("framework")
	p.Name = name.Text()
	if p.Name != "" && !frameworkName.MatchString(p.Name) {
		name.Problem("use lower-case letters, digits, - and _, at most 40", "%q is not a name", p.Name)
	}
	c.fw.Name = p.Name
	p.Version = root.Need("version").Int(1, 1_000_000)
	c.fw.Description = root.Need("description").Text()
	root.Need("direction").Enum(direction)
	if root.Field("scale").Enum(scales...) == plan.Clamp.String() {
		p.Scale = plan.Clamp
	}
	c.missing(root.Field("missing"))
	base := plan.Rules{
		Trend: readTrend(root.Field("trend"), plan.Trend{Improving: 10, Stable: 5}),
		Bands: c.readBands(root.Need("bands")),
	}
	c.sources(root.Field("sources"))
	for name, n := range root.Need("signals").Pairs() {
		c.name(n, "signal")
		c.signalNames.defineKey(n)
		s, rungs := c.signal(name, n)
		p.Signals = append(p.Signals, s)
		base.Ladders = append(base.Ladders, rungs)
		c.signals = append(c.signals, n)
	}
	base.NotApplicable = make([]bool, len(p.Signals))
	base.Weights = c.pillars(root.Need("pillars"))
	p.Rules = []plan.Rules{base}
	c.caps(root.Field("caps"), &p.Rules[0], nil)
	c.fw.Own = []Own{{}}
	c.segments(root.Field("segments"))
	c.actions(root)
	c.fw.Audit = readAudit(root.Field("audit"))
	c.fw.Accuracy = readAccuracy(root.Field("accuracy"))
	c.declareSignalColumns()
	for _, v := range []*names{&c.bandNames, &c.pillarNames, &c.signalNames, &c.playNames} {
		v.settle()
	}
	for _, s := range p.Signals {
		if s.IsWord() {
			c.words[s.Name].settle()
		}
	}
	root.Done()
}

// name checks the key of n.
func (c *compiler) name(n *yamlfile.Node, what string) {
	if !identifier.MatchString(n.Name()) {
		n.ProblemAtKey("use lower-case letters, digits and _, at most 40, a letter first", "%q is not a name for a %s", n.Name(), what)
	}
}

func (c *compiler) missing(n *yamlfile.Node) {
	m := plan.Missing{ScoredFrom: 0.60, HealthyFrom: 0.75}
	if n.Present() {
		m = plan.Missing{ScoredFrom: n.Need("scored_from").Share(0, 1), HealthyFrom: n.Need("healthy_from").Share(0, 1)}
		if m.HealthyFrom < m.ScoredFrom {
			n.Field("healthy_from").Problem("raise it to scored_from or more", "healthy_from is below scored_from")
		}
		n.Done()
	}
	c.fw.Plan.Missing = m
}

func readTrend(n *yamlfile.Node, inherited plan.Trend) plan.Trend {
	t := inherited
	if f := n.Field("improving"); f.Present() {
		t.Improving = f.Float(0, 100)
	}
	if f := n.Field("stable"); f.Present() {
		t.Stable = f.Float(0, 100)
	}
	if n.Present() {
		if t.Stable > t.Improving {
			n.Problem("lower stable or raise improving", "stable, %v, is above improving, %v", t.Stable, t.Improving)
		}
		n.Done()
	}
	return t
}

// readBands reads the statuses, best first.
func (c *compiler) readBands(n *yamlfile.Node) []plan.Band {
	var bands []plan.Band
	for name, b := range n.Pairs() {
		c.bandNames.defineKey(b)
		band := plan.Band{
			Name:   name,
			Min:    b.Need("from").Int(0, 100),
			Colour: b.Need("colour").Enum(colours...),
			Action: b.Need("action").Text(),
			AtRisk: b.Field("at_risk").Bool(),
			Expand: b.Field("expand").Bool(),
		}
		if k := len(bands); k > 0 {
			if band.AtRisk && band.Expand || band.Expand && !bands[k-1].Expand {
				b.Field("expand").Problem("mark the best bands only", "%s expands, but %s above it does not", name, bands[k-1].Name)
			}
			if !band.AtRisk && bands[k-1].AtRisk {
				b.ProblemAtKey("mark the worst bands only", "%s above %s is at risk, it is not", bands[k-1].Name, name)
			}
		}
		b.Done()
		bands = append(bands, band)
	}
	if n.Kind() == yamlfile.Map {
		c.bandsSound = checkBands(n, bands, func(i int) *yamlfile.Node { return n.Field(bands[i].Name).Field("from") })
	}
	return bands
}

// checkBands checks that there are two bands or more and that they descend to 0;
// from gives where a band's limit stands.
func checkBands(n *yamlfile.Node, bands []plan.Band, from func(int) *yamlfile.Node) (ok bool) {
	if len(bands) < 2 {
		n.Problem("write at least two bands", "one status cannot tell accounts apart")
		return false
	}
	ok = true
	for i := 1; i < len(bands); i++ {
		if at := from(i); bands[i].Min >= bands[i-1].Min && at.Kind() == yamlfile.Scalar {
			ok = false
			at.Problem("order the bands from best to worst", "%s starts at %d, not below %s at %d", bands[i].Name, bands[i].Min, bands[i-1].Name, bands[i-1].Min)
		}
	}
	if last := len(bands) - 1; bands[last].Min != 0 {
		at := from(last)
		if !at.Present() {
			at = n
		}
		at.Problem("start it at 0", "the last band, %s, starts at %d, so lower scores have no status", bands[last].Name, bands[last].Min)
		ok = false
	}
	return ok
}

// pillars reads the pillars and returns their normalised weights.
func (c *compiler) pillars(n *yamlfile.Node) []float64 {
	p := c.fw.Plan
	owner := make([]string, len(p.Signals)) // the pillar that holds a signal
	var weights []float64
	for name, v := range n.Pairs() {
		c.name(v, "pillar")
		c.pillarNames.defineKey(v)
		pl := plan.Pillar{Name: name, Label: v.Need("label").Text(), Question: v.Need("question").Text()}
		weights = append(weights, v.Need("weight").Share(0, 1))
		list := v.Need("signals")
		for _, e := range list.Items() {
			i := c.signalIndex(e)
			switch {
			case i < 0:
			case owner[i] != "":
				e.Problem("keep it in one pillar", "signal %s is in pillar %s already", p.Signals[i].Name, owner[i])
			default:
				owner[i] = name
				p.Signals[i].Pillar = len(p.Pillars)
				pl.Signals = append(pl.Signals, i)
			}
		}
		if list.Kind() == yamlfile.List && list.Len() == 0 {
			list.Problem("name at least one signal", "pillar %s has no signals", name)
		}
		v.Done()
		p.Pillars = append(p.Pillars, pl)
	}
	if n.Kind() != yamlfile.Map {
		return nil
	}
	if len(p.Pillars) < 2 {
		n.Problem("write at least two pillars", "the framework has %d pillar", len(p.Pillars))
	}
	for i, o := range owner {
		if o == "" {
			c.signalNames.unused(p.Signals[i].Name, func() {
				c.signals[i].ProblemAtKey("list it in a pillar or remove it", "signal %s is in no pillar", p.Signals[i].Name)
			})
		}
	}
	normal, sound := readWeights(n, weights)
	c.weightsSound = sound
	return normal
}

// readWeights normalises weights that n lists.
func readWeights(n *yamlfile.Node, weights []float64) (normal []float64, ok bool) {
	normal, sum, ok := normalise(weights)
	if !ok {
		n.Problem("make them sum to 100%", "the weights sum to %s", yamlfile.FormatPercent(plan.Round9(sum)))
	}
	return normal, ok
}

// signalIndex reads the name of a signal, -1 for an unknown one.
func (c *compiler) signalIndex(n *yamlfile.Node) int {
	return c.signalNames.refer(n, n.Text(), "no signal is called %q")
}

// status reads the name of one of the bands, which Plan.Rules list in the same order.
func (c *compiler) status(n *yamlfile.Node) int {
	name := ""
	if n.Is(yamlfile.Scalar) {
		name = n.Text()
	}
	return c.bandNames.refer(n, name, n.Name()+" is %q")
}

func (c *compiler) signal(name string, n *yamlfile.Node) (plan.Signal, []plan.Rung) {
	s := plan.Signal{
		Name:     name,
		Label:    n.Need("label").Text(),
		Category: n.Need("category").Enum(categories...),
		Unit:     n.Field("unit").Text(),
		Causable: n.Field("causable").Bool(),
		Expands:  n.Field("expands").Bool(),
		Factor:   name,
		Action:   n.Need("action").Text(),
		MaxAge:   int32(n.Field("max_age").Int(1, maxDays)),
	}
	s.Kind = plan.Kind(max(0, slices.Index(kinds, n.Need("kind").Enum(kinds...))))
	if s.Kind == plan.Flag && (s.Causable || s.Expands) {
		n.ProblemAtKey("remove causable and expands", "%s is a flag: no change of it gains points", name)
	}
	if f := n.Field("factor"); f.Present() {
		s.Factor = f.Text()
	}
	rows := n.Need("ladder")
	if domain := n.Field("domain"); domain.Present() {
		iv, _, why := parseInterval(domain.Word())
		if why != "" && domain.Kind() == yamlfile.Scalar {
			domain.Problem(intervalFix, "%s", why)
			iv = everything
		}
		s.Domain = iv
	} else if s.Words = ladderWords(rows); s.Words == nil {
		s.Words = []string{}
	}
	if s.IsWord() && len(s.Words) > 0 && allNumberRows(s.Words) {
		n.ProblemAtKey(`add domain: ">= 0", for example`, "the ladder of %s has number rows, but the signal has no domain", name)
		s.Words, s.Domain = nil, everything
	}
	if na := n.Field("not_applicable"); na.Present() {
		s.MinTenureMonths = int32(na.Need("tenure_under_months").Int(1, 600))
		na.Done()
	}
	rungs := c.ladder(rows, &s)
	if s.IsWord() {
		c.defineWords(rows, &s)
	}
	s.Absent = c.readAbsent(n.Field("absent"), &s)
	s.Derive = c.derivation(n.Need("derive"), &s, false)
	n.Done()
	return s, rungs
}

// allNumberRows reports whether every word reads as a comparison: then the
// domain was forgotten.
func allNumberRows(words []string) bool {
	for _, w := range words {
		if _, _, why := parseInterval(w); why != "" {
			return false
		}
	}
	return true
}

// readAbsent reads what it means that no row is there.
func (c *compiler) readAbsent(n *yamlfile.Node, s *plan.Signal) plan.Absent {
	if n.Kind() == yamlfile.Scalar {
		n.Enum(absentMissing)
		return plan.Absent{}
	}
	if !n.Is(yamlfile.Map) {
		return plan.Absent{}
	}
	a := plan.Absent{Once: plan.SourceExists}
	if n.Need("once").Enum(absentOnce...) == absentOnce[1] {
		a.Once = plan.AccountInRows
	}
	if v := n.Need("value"); s.IsWord() {
		a.Value = float64(c.wordIndex(v, s))
	} else {
		a.Value = v.Float(-1e12, 1e12)
		if !s.Domain.Contains(a.Value) && v.Present() {
			v.Problem("give a value inside the domain", "%v is outside the domain of %s", a.Value, s.Name)
		}
	}
	n.Done()
	return a
}

func bandNames(bands []plan.Band) []string {
	var out []string
	for _, b := range bands {
		out = append(out, b.Name)
	}
	return out
}

// declareSignalColumns adds the columns that derivations take from the signals
// source to its contract.
func (c *compiler) declareSignalColumns() {
	if len(c.columns) == 0 {
		return
	}
	contract := c.own("signals")
	for _, col := range c.columns {
		if _, ok := contract.Column(col.Name); !ok {
			contract.Columns = append(contract.Columns, col)
		}
	}
}

// signalColumn reads the name of a column of the signals source.
func (c *compiler) signalColumn(n *yamlfile.Node, s *plan.Signal) string {
	name := n.Text()
	if name == "" {
		return ""
	}
	if !identifier.MatchString(name) {
		n.Problem("write the column's name alone, in lower case", "%q is not a column of the signals source", name)
		return name
	}
	col := source.Column{Name: name, Role: source.Text, Help: strings.ToLower(s.Label)}
	if !s.IsWord() {
		col.Role = source.Number
	}
	for _, seen := range c.columns {
		if seen.Name == name && seen.Role != col.Role {
			n.Problem("use two columns", "column %s is a %s for one signal and a %s for another", name, seen.Role, col.Role)
		}
	}
	c.columns = append(c.columns, col)
	return name
}

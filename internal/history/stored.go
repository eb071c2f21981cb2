package history

import (
	"context"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/population"
	"accounthealth/internal/signal"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// Stored is a snapshot read back: the accounts that were customers on the day,
// what was known of them, and what was published. Slices are by its own rows.
type Stored struct {
	Run  Run
	AsOf int32

	ID                []string
	Class             []population.Class
	Segment, Tier     []string // "" where unknown
	ARR               []float64
	TenureMonths      []int32 // -1 where unknown
	Renewal, Deadline []int32
	Flawed            []bool
	Overrides         []string // values set by hand, as overrides.Parse reads them; joined by "; "

	Signals []StoredSignal
	Pillars []StoredPillar

	Composite   []float64 // NaN where not scored
	Tenths      []int32   // score.NotScored where not scored
	Status      []string  // by name, "" where not scored
	Coverage    []float64
	Low, High   []float64
	Provisional []bool

	// Dated is false for a snapshot of schema 1, which has no tenure, renewals,
	// weights and values set by hand.
	Dated bool
}

// StoredSignal is one signal's values; Words is nil for a signal of numbers.
type StoredSignal struct {
	Name    string
	Numbers []float64 // NaN without a value
	Words   []string  // "" without a value
	States  []signal.State
}

// StoredPillar is one pillar's score and effective weight, NaN where it has none.
type StoredPillar struct {
	Name          string
	Score, Weight []float64
}

// Load reads the run in force on a date, or nil where none was published.
func Load(ctx context.Context, files Files, root string, asOf int32) (*Stored, error) {
	runs, err := Read(ctx, files, root, asOf)
	if err != nil {
		return nil, err
	}
	run := runs.Reported()
	if run == nil {
		return nil, nil
	}
	return load(ctx, files, root, asOf, *run)
}

// FrameworkOf returns the framework file of a kept run, as it was.
func FrameworkOf(ctx context.Context, files Files, root string, asOf int32, run *Run) ([]byte, error) {
	path := store.Join(runFolder(root, asOf, run.Digest), frameworkFile)
	src, found, err := files.ReadSmall(ctx, path)
	if err == nil && !found {
		src, found, err = files.ReadSmall(ctx, store.Join(runFolder(root, asOf, run.Digest), frameworkOld))
	}
	if err == nil && !found {
		err = diag.Errorf(diag.Data, path, "restore it from a backup, or remove the run's folder", "the kept run has lost its framework")
	}
	return src, err
}

// load reads one run's snapshot. Its columns are found by their names, so that a
// file of any framework can be read without it.
func load(ctx context.Context, files Files, root string, asOf int32, run Run) (*Stored, error) {
	path := store.Join(runFolder(root, asOf, run.Digest), snapshotFile)
	contract := source.Contract{Name: "history", Columns: []source.Column{{Name: "account_id", Role: source.ID}}}
	src, err := warehouse.Open(ctx, files, warehouse.Spec{Contract: &contract, Path: path, Layout: source.Current}, warehouse.Options{})
	if err != nil {
		return nil, err
	}
	s := &Stored{Run: run, AsOf: asOf}
	for _, c := range src.FileColumns() {
		if c.Name == "account_id" || c.Name == "as_of" || c.Name == "run" { // the last two are the folders'
			continue
		}
		contract.Columns = append(contract.Columns, source.Column{Name: c.Name, Role: roleOf(c)})
	}
	src, err = warehouse.Open(ctx, files, warehouse.Spec{Contract: &contract, Path: path, Layout: source.Current}, warehouse.Options{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range contract.Columns {
		names = append(names, c.Name)
	}
	in := intake.Input{Contract: &contract, Layout: source.Current, Rows: src}
	l := loader{Stored: s, path: path}
	if err := in.Read(ctx, names, asOf, nil, l.batch); err != nil {
		return nil, err
	}
	known := func(d int32) bool { return d >= 0 } // a month, or a day since 1970
	s.Dated = slices.ContainsFunc(s.TenureMonths, known) || slices.ContainsFunc(s.Renewal, known)
	return s, nil
}

func roleOf(c warehouse.FileColumn) source.Role {
	kind := strings.Join(c.Types, " ")
	switch {
	case c.Name == "renewal_date" || c.Name == "decision_deadline":
		return source.Time
	case strings.HasPrefix(c.Name, statePrefix):
		return source.Text
	case strings.Contains(kind, "BYTE_ARRAY") || strings.Contains(kind, "STRING"):
		return source.Text
	case strings.Contains(kind, "BOOLEAN"):
		return source.Flag
	}
	return source.Number
}

// loader appends batches to a Stored.
type loader struct {
	*Stored
	path string
}

func (l *loader) batch(b *intake.Batch) error {
	before := len(l.ID)
	for k := range b.Columns {
		if err := l.column(b, &b.Columns[k], before); err != nil {
			return err
		}
	}
	n := before + b.Len
	if len(l.Class) != n || len(l.Composite) != n || len(l.Status) != n {
		return diag.Errorf(diag.Data, l.path, "remove the run's folder, so that the date is rebuilt from the exports", "the snapshot lacks its class, composite or status column")
	}
	return nil
}

// column appends one column of a batch; before is how many rows were there.
func (l *loader) column(b *intake.Batch, c *intake.Column, before int) error {
	texts := func() []string {
		out := make([]string, b.Len)
		for i := range out {
			if c.Status[i] == intake.Known {
				out[i] = c.Text(i)
			}
		}
		return out
	}
	numbers := func() []float64 {
		out := slices.Repeat([]float64{math.NaN()}, b.Len)
		for i := range out {
			if c.Status[i] == intake.Known {
				out[i] = c.Numbers[i]
			}
		}
		return out
	}
	days := func() []int32 {
		out := slices.Repeat([]int32{day.None}, b.Len)
		for i := range out {
			if c.Status[i] == intake.Known {
				out[i] = c.Days[i]
			}
		}
		return out
	}
	flags := func() []bool {
		out := make([]bool, b.Len)
		for i := range out {
			out[i] = c.Status[i] == intake.Known && c.Flags[i]
		}
		return out
	}
	switch c.Name {
	case "account_id":
		for _, id := range texts() {
			l.ID = append(l.ID, strings.Clone(id))
		}
	case "class":
		for i, word := range texts() {
			class, ok := population.ParseClass(word)
			if !ok {
				return l.damaged(c.Name, before+i, word)
			}
			l.Class = append(l.Class, class)
		}
	case "segment":
		l.Segment = append(l.Segment, intern(texts())...)
	case "tier":
		l.Tier = append(l.Tier, intern(texts())...)
	case "status":
		l.Status = append(l.Status, intern(texts())...)
	case "overrides":
		l.Overrides = append(l.Overrides, intern(texts())...)
	case "arr":
		l.ARR = append(l.ARR, numbers()...)
	case "tenure_months":
		for _, x := range numbers() {
			months := int32(-1)
			if !math.IsNaN(x) {
				months = int32(x)
			}
			l.TenureMonths = append(l.TenureMonths, months)
		}
	case "renewal_date":
		l.Renewal = append(l.Renewal, days()...)
	case "decision_deadline":
		l.Deadline = append(l.Deadline, days()...)
	case "flawed":
		l.Flawed = append(l.Flawed, flags()...)
	case "provisional":
		l.Provisional = append(l.Provisional, flags()...)
	case "composite":
		l.Composite = append(l.Composite, numbers()...)
	case "score":
		for _, x := range numbers() {
			tenths := int32(-1)
			if !math.IsNaN(x) {
				tenths = int32(math.Round(x * 10))
			}
			l.Tenths = append(l.Tenths, tenths)
		}
	case "coverage":
		l.Coverage = append(l.Coverage, numbers()...)
	case "score_low":
		l.Low = append(l.Low, numbers()...)
	case "score_high":
		l.High = append(l.High, numbers()...)
	default:
		return l.named(c, before, texts, numbers)
	}
	return nil
}

// named appends a column of a signal or a pillar.
func (l *loader) named(c *intake.Column, before int, texts func() []string, numbers func() []float64) error {
	if name, ok := strings.CutPrefix(c.Name, signalPrefix); ok {
		s := l.signal(name)
		if c.Role == source.Text {
			s.Words = append(s.Words, intern(texts())...)
		} else {
			s.Numbers = append(s.Numbers, numbers()...)
		}
		return nil
	}
	if name, ok := strings.CutPrefix(c.Name, statePrefix); ok {
		s := l.signal(name)
		for i, word := range texts() {
			state, ok := signal.ParseState(word)
			if !ok {
				return l.damaged(c.Name, before+i, word)
			}
			s.States = append(s.States, state)
		}
		return nil
	}
	if name, ok := strings.CutPrefix(c.Name, pillarPrefix); ok {
		p := l.pillar(name)
		p.Score = append(p.Score, numbers()...)
		return nil
	}
	if name, ok := strings.CutPrefix(c.Name, weightPrefix); ok {
		p := l.pillar(name)
		p.Weight = append(p.Weight, numbers()...)
	}
	return nil // a column that somebody added
}

func (l *loader) signal(name string) *StoredSignal {
	i := slices.IndexFunc(l.Signals, func(s StoredSignal) bool { return s.Name == name })
	if i < 0 {
		i = len(l.Signals)
		l.Signals = append(l.Signals, StoredSignal{Name: name})
	}
	return &l.Signals[i]
}

func (l *loader) pillar(name string) *StoredPillar {
	i := slices.IndexFunc(l.Pillars, func(p StoredPillar) bool { return p.Name == name })
	if i < 0 {
		i = len(l.Pillars)
		l.Pillars = append(l.Pillars, StoredPillar{Name: name})
	}
	return &l.Pillars[i]
}

func (l *loader) damaged(column string, row int, word string) error {
	return diag.Errorf(diag.Data, l.path, "remove the run's folder, so that the date is rebuilt from the exports",
		"row %d: %s is %q, which no version writes", row, column, word)
}

// intern returns the texts as copies that outlive a batch, one for each different
// text.
func intern(texts []string) []string {
	seen := map[string]string{}
	for i, s := range texts {
		own, ok := seen[s]
		if !ok {
			own = strings.Clone(s)
			seen[own] = own
		}
		texts[i] = own
	}
	return texts
}

// content returns the stored accounts that are not erased, as they were.
func (s *Stored) content(erased *Erased) (c *content, left int) {
	var rows []int
	for i, id := range s.ID {
		if erased.Has(id) {
			left++
		} else {
			rows = append(rows, i)
		}
	}
	c = &content{rows: len(rows), framework: s.Run.Framework, frameworkName: s.Run.Name, frameworkVersion: s.Run.Version}
	number := func(of []float64) func(int) float64 {
		return func(i int) float64 {
			if len(of) == 0 {
				return math.NaN()
			}
			return of[rows[i]]
		}
	}
	text := func(of []string) func(int) string {
		return func(i int) string {
			if len(of) == 0 {
				return ""
			}
			return of[rows[i]]
		}
	}
	flag := func(of []bool) func(int) bool {
		return func(i int) bool { return len(of) > 0 && of[rows[i]] }
	}
	days := func(of []int32) func(int) int32 {
		return func(i int) int32 {
			if len(of) == 0 {
				return day.None
			}
			return of[rows[i]]
		}
	}
	c.id, c.segment, c.tier, c.status, c.overrides = text(s.ID), text(s.Segment), text(s.Tier), text(s.Status), text(s.Overrides)
	c.class = func(i int) string { return s.Class[rows[i]].String() }
	c.arr, c.composite, c.coverage, c.low, c.high = number(s.ARR), number(s.Composite), number(s.Coverage), number(s.Low), number(s.High)
	c.points = func(i int) float64 {
		if t := s.Tenths[rows[i]]; t >= 0 {
			return float64(t) / 10
		}
		return math.NaN()
	}
	c.tenure = func(i int) (int64, bool) {
		if len(s.TenureMonths) == 0 {
			return 0, false
		}
		m := s.TenureMonths[rows[i]]
		return int64(max(m, 0)), m >= 0
	}
	c.renewal, c.deadline = days(s.Renewal), days(s.Deadline)
	c.flawed, c.provisional = flag(s.Flawed), flag(s.Provisional)
	for k := range s.Signals {
		sig := &s.Signals[k]
		col := signalColumn{name: sig.Name, state: func(i int) string { return sig.States[rows[i]].String() }}
		if sig.Words != nil {
			col.word = text(sig.Words)
		} else {
			col.number = number(sig.Numbers)
		}
		c.signals = append(c.signals, col)
	}
	for k := range s.Pillars {
		c.pillars = append(c.pillars, pillarColumn{s.Pillars[k].Name, number(s.Pillars[k].Score), number(s.Pillars[k].Weight)})
	}
	return c, left
}

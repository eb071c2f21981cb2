// Package compare sets two scored snapshots of the same accounts side by side:
// which accounts moved, between which statuses, and how much of each change is
// behaviour, framework, data or a manual value. It compares the scores it is
// handed and decides nothing.
package compare

import (
	"cmp"
	"math"
	"slices"

	"accounthealth/internal/overrides"
	"accounthealth/internal/score"
	"accounthealth/internal/signal"
)

// Part is a cause of a change, in the order in which causes are taken.
type Part uint8

const (
	Framework Part = iota // the same values under the framework, or the segment's rules, in force now
	Data                  // signals that appeared, went missing or went stale
	Override              // values set by hand: set, changed, lifted or expired
	Behaviour             // everything else: what the account did
	Parts     = iota
)

func (p Part) String() string {
	return [...]string{"framework", "data", "override", "behaviour"}[p]
}

// Move is one account's change of score, in tenths of a point. The parts sum to
// To - From exactly.
type Move struct {
	Row              int32
	From, To         int32        // scores in tenths, as they were published
	FromBand, ToBand int8         // of the framework in force now; FromBand is the published status where that framework has it, else the restated one
	By               [Parts]int32 // by Part
}

// Delta is the whole change in tenths.
func (m Move) Delta() int32 { return m.To - m.From }

// Driver is a signal's, or a whole pillar's, share of one part of a change, in
// composite points. What changed the framework's rules is told by pillar.
type Driver struct {
	Part   Part
	Signal int // None for a pillar: of another framework, or set or lifted by hand
	Pillar int // of the signal, or the pillar itself
	Points float64
}

// None marks a Driver that is no signal.
const None = -1

// Reported is what was published on a day, under the framework of that day.
// Slices are by row; rows without a score have NotScored tenths.
type Reported struct {
	Composite []float64
	Tenths    []int32
	Status    []string // by name, "" without one
	// Pillars names that framework's pillars, and Weighted what each added to the
	// composite, by pillar and row; NaN where it had no score.
	Pillars  []string
	Weighted [][]float64
}

// Path holds the scores of the same accounts on the way from one day to another,
// each step changing one thing. Rows are the same accounts throughout.
type Path struct {
	// Reported is the earlier day as it was published; nil where it is From.
	Reported *Reported
	From     *score.Result // the earlier day's values under the framework in force now
	// Data is the earlier day's values where both days know a signal, and the later
	// day's otherwise (signal.Blend), with the earlier day's manual values; nil
	// where the days know the same.
	Data *score.Result
	// Override is Data with the later day's manual values; nil where they are the
	// same.
	Override *score.Result
	To       *score.Result // the later day
}

// Values are one day's signals from the exports alone, and the values set by hand
// that were in force on it.
type Values struct {
	Signals *signal.Snapshot
	Manual  []overrides.Value
}

// Between scores the steps between two days, from and to, whose values are old and
// now, under one framework. rows are those of the later day; their Manual is not
// read.
func Between(s *score.Scorer, rows score.Rows, from, to *score.Result, old, now Values) (*Path, error) {
	blend := signal.Blend(nil, old.Signals, now.Signals)
	defer blend.Release()
	with := func(manual []overrides.Value) (*score.Result, error) {
		rows.Manual = manual
		snap := signal.Override(nil, blend, manual)
		defer snap.Release()
		return s.Score(snap, rows)
	}
	path := &Path{From: from, To: to}
	var err error
	if path.Data, err = with(old.Manual); err != nil || len(old.Manual)+len(now.Manual) == 0 {
		return path, err
	}
	path.Override, err = with(now.Manual)
	return path, err
}

// steps returns the results that end each part; a nil one changes nothing.
func (p *Path) steps() [Parts]*score.Result {
	return [...]*score.Result{Framework: p.From, Data: p.Data, Override: p.Override, Behaviour: p.To}
}

// start returns row i's score at the earlier day as it was published.
func (p *Path) start(i int) (composite float64, tenths int32) {
	if p.Reported != nil {
		return p.Reported.Composite[i], p.Reported.Tenths[i]
	}
	return p.From.Composite[i], p.From.Tenths[i]
}

// Moves decomposes the change of every account that is scored on both days.
func (p *Path) Moves() []Move {
	var out []Move
	for i := range p.To.Tenths {
		if m, ok := p.Move(i); ok {
			out = append(out, m)
		}
	}
	return out
}

// Move decomposes one account's change; ok is false where it is not scored on
// both days.
//
// Each part is what its step changes in the unrounded composite; a step that
// leaves the account without a score, because what it knows is too little,
// changes nothing, and its share falls to the next one. The parts are rounded to
// tenths by largest remainder, ties to the later part, so that they sum to the
// change of the published scores.
func (p *Path) Move(i int) (m Move, ok bool) {
	at, from := p.start(i)
	m = Move{Row: int32(i), From: from, To: p.To.Tenths[i], FromBand: p.fromBand(i), ToBand: p.To.Status[i]}
	if m.From < 0 || m.To < 0 {
		return m, false
	}
	var exact [Parts]float64
	for part, r := range p.steps() {
		if r == nil || r.Tenths[i] < 0 {
			continue
		}
		exact[part], at = r.Composite[i]-at, r.Composite[i]
	}
	m.By = apportion(exact, m.Delta())
	return m, true
}

// negligible is a change of the composite that is only the noise of arithmetic.
const negligible = 1e-9

// apportion rounds parts, in points, to tenths that sum to delta, by largest
// remainder. A part that is nothing stays nothing, unless all are.
func apportion(exact [Parts]float64, delta int32) (out [Parts]int32) {
	var order []int
	rest := delta
	remainder := [Parts]float64{}
	for k, x := range exact {
		if math.Abs(x) < negligible {
			continue
		}
		floor := math.Floor(x*10 + negligible)
		out[k], remainder[k] = int32(floor), x*10-floor
		rest -= out[k]
		order = append(order, k)
	}
	if len(order) == 0 {
		out[Behaviour] = delta
		return out
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(remainder[b], remainder[a]), cmp.Compare(b, a))
	})
	for k := 0; rest > 0; k, rest = k+1, rest-1 {
		out[order[k%len(order)]]++
	}
	for k := 0; rest < 0; k, rest = k+1, rest+1 {
		out[order[len(order)-1-k%len(order)]]--
	}
	return out
}

// fromBand is the band that an account had, in the framework in force now.
func (p *Path) fromBand(i int) int8 {
	if p.Reported != nil {
		for b := range p.To.Plan.Rules[0].Bands {
			if p.To.Plan.Rules[0].Bands[b].Name == p.Reported.Status[i] {
				return int8(b)
			}
		}
	}
	return p.From.Status[i]
}

// StatusBefore returns the status that an account had at the earlier day, as it
// was published; "" without one.
func (p *Path) StatusBefore(i int) string {
	if p.Reported != nil {
		return p.Reported.Status[i]
	}
	if b := p.From.Band(i); b != nil {
		return b.Name
	}
	return ""
}

// driven is the least share of a change, in points, that names a driver.
const driven = 0.05

// Drivers returns what drove each part of an account's change, largest first,
// ties in the order of parts and then of the framework: signals by what they
// contribute, pillars as a whole where they were set by hand or where the
// framework changed. All drivers of a part sum to it, but for those under 0.05
// points. The results need their contributions.
func (p *Path) Drivers(i int) []Driver {
	var ds []Driver
	add := func(d Driver) {
		if math.Abs(d.Points) >= driven {
			ds = append(ds, d)
		}
	}
	at := p.From
	if p.Reported != nil {
		p.framework(i, add)
	}
	for part, now := range p.steps() {
		if part := Part(part); part != Framework && now != nil && now.Tenths[i] >= 0 {
			between(part, at, now, i, add)
			at = now
		}
	}
	slices.SortStableFunc(ds, func(a, b Driver) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Points), math.Abs(a.Points)), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Pillar, b.Pillar), cmp.Compare(a.Signal, b.Signal))
	})
	return ds
}

// framework adds what another framework makes of each pillar. Pillars that the
// framework in force now no longer has are not its to name.
func (p *Path) framework(i int, add func(Driver)) {
	if p.From.Tenths[i] < 0 {
		return
	}
	for k := range p.From.Plan.Pillars {
		before := 0.0
		if was := slices.Index(p.Reported.Pillars, p.From.Plan.Pillars[k].Name); was >= 0 && !math.IsNaN(p.Reported.Weighted[was][i]) {
			before = p.Reported.Weighted[was][i]
		}
		add(Driver{Framework, None, k, weighted(p.From, k, i) - before})
	}
}

// between adds what changed from one result to the next under one framework.
func between(part Part, old, now *score.Result, row int, add func(Driver)) {
	for k := range now.Plan.Pillars {
		if now.PillarByHand(k, row) || old.PillarByHand(k, row) {
			add(Driver{part, None, k, weighted(now, k, row) - weighted(old, k, row)})
			continue
		}
		for _, s := range now.Plan.Pillars[k].Signals {
			add(Driver{part, s, k, now.Contribution[s][row] - old.Contribution[s][row]})
		}
	}
}

// weighted is what a pillar adds to the composite; 0 where it has no score.
func weighted(r *score.Result, p, row int) float64 {
	if math.IsNaN(r.Pillars[p][row]) {
		return 0
	}
	return float64(r.Weights[p][row] * r.Pillars[p][row])
}

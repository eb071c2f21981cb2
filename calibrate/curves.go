package calibrate

import (
	"fmt"
	"math"

	"accounthealth/calibrate/assess"
)

// Curves are the figures behind the charts of the score in force, and what its
// cut-offs and a given capacity would have reached. "Flagged" is below a cut-off,
// or among the lowest scores of a date.
type Curves struct {
	OK       bool              `json:"ok"`
	Why      string            `json:"why,omitempty"`
	ROC      []assess.ROCPoint `json:"roc"`  // at most 200 points
	Lift     []assess.Decile   `json:"lift"` // deciles, riskiest first
	AtCuts   []CutReach        `json:"at_cuts"`
	Capacity []CapacityPoint   `json:"capacity"` // by share of each date's accounts
	// Asked is the capacity of Options.Capacity accounts a date; nil if 0.
	Asked *CapacityReach `json:"asked,omitempty"`
	// Search is the exhaustive search of as many whole-number cut-offs as there
	// are (method B), with at least 5% of rows and 5 churned rows a band (1 under
	// 40 churned rows).
	Search CutSearch `json:"search"`
}

// CutReach is what flagging below one cut-off would have found.
type CutReach struct {
	Label   string         `json:"label"` // the safest status that is flagged
	Flagged assess.Flagged `json:"flagged"`
}

// CapacityPoint is what working the lowest share of each date's accounts would
// have found.
type CapacityPoint struct {
	Share   float64        `json:"share"`
	Flagged assess.Flagged `json:"flagged"`
}

// CapacityReach is what working a number of accounts at each date would have
// found, in all and by segment.
type CapacityReach struct {
	Accounts int               `json:"accounts"`
	Flagged  assess.Flagged    `json:"flagged"`
	Segments []SegmentCapacity `json:"segments"`
}

// SegmentCapacity is one segment's part in a CapacityReach.
type SegmentCapacity struct {
	Name    string         `json:"name"`
	Flagged assess.Flagged `json:"flagged"`
}

// CutSearch compares the cut-offs found by search with the ones in force.
type CutSearch struct {
	Bands   assess.Bands  `json:"bands"`
	Current assess.Number `json:"current_log_lik"`
	Gain    assess.Number `json:"gain"` // in log-likelihood; in-sample, so it flatters the search
}

// capacityShares are the points of the capacity curve.
var capacityShares = []float64{.01, .02, .05, .10, .15, .20, .25, .30, .40, .50, .75, 1}

// scored is the rows of a frame that have a score, as columns.
type scored struct {
	rank    *assess.Ranking
	rows    []int32
	score   []float64
	churned []bool
	arr     []float64
	lost    []float64
	period  []int32
	segment []int32
	kind    []int32
	events  int
}

func newScored(f *frame) *scored {
	s := &scored{}
	for i, v := range f.score {
		if math.IsNaN(v) {
			continue
		}
		s.rows = append(s.rows, int32(i))
		s.score, s.churned, s.arr = append(s.score, v), append(s.churned, f.Y[i]), append(s.arr, f.arr[i])
		s.lost = append(s.lost, f.lost[i])
		s.period, s.segment = append(s.period, f.period[i]), append(s.segment, f.segment[i])
		s.kind = append(s.kind, f.kind[i])
		if f.Y[i] {
			s.events++
		}
	}
	s.rank = assess.Rank(s.score)
	return s
}

func curves(f *frame, o Options) Curves {
	s := newScored(f)
	c := Curves{OK: len(s.rows) > 0, ROC: []assess.ROCPoint{}, Lift: []assess.Decile{}, AtCuts: []CutReach{}, Capacity: []CapacityPoint{}}
	none := assess.Undefined("no cut-offs were given")
	c.Search = CutSearch{Bands: assess.Bands{Why: none.Why}, Current: none, Gain: none}
	if !c.OK {
		c.Why = "no row has a score"
		return c
	}
	if s.events == 0 {
		c.Why = "nobody churned"
	}
	c.ROC = append(c.ROC, s.rank.ROC(s.churned, 200)...)
	c.Lift = append(c.Lift, s.rank.Deciles(s.churned, s.lost)...)
	for j, cut := range o.Cuts {
		reach := assess.FlagBelow(s.score, s.churned, s.arr, s.lost, cut)
		if f.rowKinds > 1 && reach.Lift.OK {
			reach.Lift = liftOfKind(s.kind, s.churned, func(i int) bool { return s.score[i] < cut })
		}
		c.AtCuts = append(c.AtCuts, CutReach{o.Labels[j], reach})
	}
	for _, share := range capacityShares {
		c.Capacity = append(c.Capacity, CapacityPoint{share, s.capacity(func(n int) int { return int(math.Floor(share*float64(n) + 1e-9)) })})
	}
	if o.Capacity > 0 {
		names := f.Segments
		if len(names) == 0 {
			names = []string{f.segmentName(0)}
		}
		c.Asked = s.asked(names, o.Capacity)
	}
	if len(o.Cuts) > 0 {
		c.Search = s.search(o)
	}
	return c
}

func (s *scored) capacity(of func(size int) int) assess.Flagged {
	flag, cut := s.rank.Lowest(s.period, of)
	f := assess.FlagRows(flag, s.churned, s.arr, s.lost)
	f.Cut = cut
	return f
}

// asked splits the accounts that a capacity reaches by segment; they are chosen
// over all segments.
func (s *scored) asked(segments []string, n int) *CapacityReach {
	of := func(int) int { return n }
	out := &CapacityReach{Accounts: n, Flagged: s.capacity(of), Segments: []SegmentCapacity{}}
	flag, cut := s.rank.Lowest(s.period, of)
	for g, name := range segments {
		var part, churned []bool
		var arr, lost []float64
		for j, of := range s.segment {
			if of == int32(g) {
				part, churned, arr = append(part, flag[j]), append(churned, s.churned[j]), append(arr, s.arr[j])
				lost = append(lost, s.lost[j])
			}
		}
		if len(part) > 0 {
			r := assess.FlagRows(part, churned, arr, lost)
			r.Cut = cut
			out.Segments = append(out.Segments, SegmentCapacity{name, r})
		}
	}
	return out
}

func (s *scored) search(o Options) CutSearch {
	least := 5
	if s.events < 40 {
		least = 1
	}
	c := CutSearch{Bands: assess.ThresholdSearch(s.score, s.churned, len(o.Cuts), int(math.Ceil(.05*float64(len(s.score)))), least)}
	c.Current = assess.BandLogLik(s.score, s.churned, o.Cuts)
	c.Gain = assess.Undefined(c.Bands.Why)
	if c.Bands.OK && c.Current.OK {
		c.Gain = assess.Defined(c.Bands.LogLik - c.Current.Value)
	}
	return c
}

// inCounts is a flag in the words of a leadership page. Where windows overlap a
// loss is on several rows, which is said, and so are losses of a part.
func inCounts(f assess.Flagged, events eventKinds, when, ofAll string) string {
	if !f.OK || f.Recall.Of == 0 {
		return ""
	}
	lost := "lost accounts"
	switch {
	case events.parts > 0:
		lost = fmt.Sprintf("rows before a loss, of %s,", ByKind(events.accounts, events.partial, "accounts"))
	case f.Recall.Of > events.accounts:
		lost = fmt.Sprintf("rows before a loss (of %d lost accounts, on overlapping windows)", events.accounts)
	}
	return fmt.Sprintf("%d of %d %s were flagged%s; %s.", f.Recall.Count, f.Recall.Of, lost, when, ofAll)
}

package portfolio

// Scorecard is one account on one page: where it stands, why, and what is done.
type Scorecard struct {
	ID, Name, Owner, Segment string
	ARR                      Figure
	Score                    Figure
	Band, Trend, Since       string // Since dates the change by what began it
	Renewal, Deadline        int32
	Pillars                  []ScorecardPillar
	Risks                    []string // most severe first, with evidence
	Action                   string
	Gain                     Figure
	Bundle                   string // the smallest set of changes that gains enough; "" without one
	Play, PlayOwner          string
	PlayDeadline             int32
	Steps                    []string
	DoneWhen                 string
}

// ScorecardPillar is one pillar of a scorecard.
type ScorecardPillar struct {
	Label     string
	Score     Figure
	Weight    float64
	Weighted  Figure // what it adds to the score
	KeyFactor string
}

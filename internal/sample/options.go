package sample

import (
	"io"
	"math"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
)

// The pillars of the model, in the order of every array of four.
const (
	product = iota
	support
	financial
	relationship
	pillars
)

// Options say what to generate. The zero value of every field stands for the
// default named beside it.
type Options struct {
	Accounts int    // accounts that ever existed, former ones included; 2,000
	Months   int    // calendar months of usage, the one of End included; 30
	Seed     uint64 // 1
	End      int32  // as-of day, days since 1970-01-01; 2026-06-30
	Truth    Truth  // Shifted
	Dirty    Dirt   // share of dirty rows in event sources; 0.003
	Foreign  float64
	// Foreign is the share of accounts that are billed in EUR or GBP; the
	// default is 0: everything is in USD.
}

// Dirt is a share of rows in [0, 1). The zero value is the default share;
// Clean asks for none.
type Dirt float64

// Clean asks for exports without a planted dirty row.
const Clean Dirt = -1

// DefaultDirt is well below every default limit of the job.
const DefaultDirt Dirt = 0.003

// Truth holds the weights with which the latents decide churn, in the order
// product, support, financial, relationship; they sum to 1.
type Truth struct {
	Name    string
	Weights [pillars]float64
}

// Shifted is a truth that differs from the weights that a team starts with:
// relationships decide, and usage, tickets and invoices matter less.
func Shifted() Truth {
	return Truth{Name: "shifted", Weights: [pillars]float64{.15, .05, .15, .65}}
}

// Current is a truth that agrees with the default framework's weights: a refit
// should keep them.
func Current() Truth {
	return Truth{Name: "current", Weights: [pillars]float64{.30, .20, .25, .25}}
}

// Sink creates the files of the exports, by slash-separated relative path. A
// file is written and closed before the next one is created.
type Sink interface {
	Create(name string) (io.WriteCloser, error)
}

func (o Options) withDefaults() Options {
	if o.Accounts == 0 {
		o.Accounts = 2000
	}
	if o.Months == 0 {
		o.Months = 30
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.End == 0 {
		o.End = day.Of(2026, 6, 30)
	}
	if o.Truth.Weights == [pillars]float64{} {
		o.Truth = Shifted()
	}
	switch o.Dirty {
	case 0:
		o.Dirty = DefaultDirt
	case Clean:
		o.Dirty = 0
	}
	return o
}

func (o Options) validate() error {
	bad := func(where, fix, format string, args ...any) error {
		return diag.Errorf(diag.Config, "sample: "+where, fix, format, args...)
	}
	if o.Accounts < 1 || o.Accounts > 5_000_000 {
		return bad("accounts", "ask for 1 to 5,000,000", "cannot make %d accounts", o.Accounts)
	}
	if o.Months < 6 || o.Months > 120 {
		return bad("months", "ask for 6 to 120", "cannot make %d months", o.Months)
	}
	if o.End < day.Of(2005, 1, 1) || o.End > day.Of(2150, 1, 1) {
		return bad("end", "give a date from 2005 to 2149", "day %d is out of reach", o.End)
	}
	if !(o.Dirty >= 0 && o.Dirty <= .2) {
		return bad("dirty", "ask for at most 0.2, or Clean", "a share of %v dirty rows is no warehouse", float64(o.Dirty))
	}
	if !(o.Foreign >= 0 && o.Foreign <= 1) {
		return bad("foreign", "ask for a share from 0 to 1", "%v is no share", o.Foreign)
	}
	sum := 0.0
	for _, w := range o.Truth.Weights {
		if !(w >= 0) {
			return bad("truth", "give weights of at least 0", "%v is no weight", w)
		}
		sum += w
	}
	if math.Abs(sum-1) > 1e-9 {
		return bad("truth", "give weights that sum to 1", "the weights sum to %v", sum)
	}
	return nil
}

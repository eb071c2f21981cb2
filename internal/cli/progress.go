package cli

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/lmittmann/tint"
	"github.com/schollz/progressbar/v3"
)

// progress tells the steps of a job: a bar on a terminal, one line a step in a
// log. It also keeps how long each took, for run.json.
type progress struct {
	now     func() time.Time
	bar     *progressbar.ProgressBar
	log     *slog.Logger
	step    string
	begun   time.Time
	seconds map[string]float64
}

func newProgress(env *Env, format string, quiet bool, steps int) *progress {
	p := &progress{now: env.Now, seconds: map[string]float64{}}
	switch {
	case quiet:
		p.log = slog.New(slog.DiscardHandler)
	case format == "json":
		p.log = slog.New(slog.NewJSONHandler(env.Err, nil))
	case env.Terminal:
		p.log = slog.New(slog.DiscardHandler)
		p.bar = progressbar.NewOptions(steps,
			progressbar.OptionSetWriter(env.Err), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(24), progressbar.OptionSetPredictTime(false),
			progressbar.OptionThrottle(0), progressbar.OptionShowCount(),
		)
	default:
		p.log = slog.New(tint.NewTextHandler(env.Err, &tint.Options{NoColor: true, TimeFormat: time.TimeOnly}))
	}
	return p
}

// Step ends the step before and begins the next.
func (p *progress) Step(name string) {
	p.finish()
	p.step, p.begun = name, p.now()
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%-22s", name))
	}
}

func (p *progress) finish() {
	if p.step == "" {
		return
	}
	took := p.now().Sub(p.begun).Seconds()
	p.seconds[p.step] += took
	if p.bar != nil {
		p.bar.Add(1)
	} else {
		p.log.Info(p.step, "seconds", fmt.Sprintf("%.2f", took))
	}
	p.step = ""
}

// Close ends the last step and clears the bar.
func (p *progress) Close() {
	p.finish()
	if p.bar != nil {
		p.bar.Finish()
	}
}

// Timings returns the seconds of every step that has ended.
func (p *progress) Timings() map[string]float64 { return p.seconds }

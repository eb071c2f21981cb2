// Package job runs the quarterly job's steps in order: open the exports, build
// the population, compute signals for a list of dates, score them, label the
// past, calibrate, and put the figures of the reports together. It owns the
// order and the dates; each step belongs to the package below that does it.
// Nothing here knows a clock, an argument or a stream.
package job

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"accounthealth/internal/alert"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/intake"
	"accounthealth/internal/outcome"
	"accounthealth/internal/overrides"
	"accounthealth/internal/population"
	"accounthealth/internal/quality"
	"accounthealth/internal/settings"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// Files is the store that settings' paths are relative to. Any path may lie in a
// bucket, whatever the others do.
type Files interface {
	store.Source
	store.Sink
	// Configure tells how the buckets that the settings name are reached.
	Configure(services []store.Service)
	ReadSmall(ctx context.Context, path string) (content []byte, found bool, err error)
}

// Job is one configured job.
type Job struct {
	Settings  *settings.Settings
	Framework *framework.Framework // in force on the as-of date
	// Next is a version that comes into force later, nil for none; Changes are the
	// accepted versions, newest first. See Settle.
	Next    *Next
	Changes []framework.Accepted
	Files   Files
	AsOf    int32
	Allow   []string // gates that may fail
	Version string   // of the program, for the manifest
	// ScoreOnly leaves the calibration out.
	ScoreOnly bool
	// EveryRow reads the row groups too that no date can use.
	EveryRow bool
	// Temp takes what does not fit in memory; nil keeps everything there.
	Temp store.Temp
	// Step is told the name of every step when it begins; nil is silent.
	Step func(name string)
}

// New reads a settings file and the framework that it names.
func New(ctx context.Context, files Files, file string) (*Job, error) {
	src, found, err := files.ReadSmall(ctx, file)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, diag.Errorf(diag.Config, file, "name a settings file with -c, or write one with: accounthealth init --exports DIR", "there is no such settings file")
	}
	s, err := settings.Parse(file, src)
	if err != nil {
		return nil, err
	}
	files.Configure(services(s.Stores))
	fw, err := loadFramework(ctx, files, s.Framework)
	if err != nil {
		return nil, err
	}
	j := &Job{Settings: s, Framework: fw, Files: files, AsOf: s.AsOf}
	if s.AsOf == settings.NoDay {
		return j, nil
	}
	return j, j.Settle(ctx)
}

func loadFramework(ctx context.Context, files Files, name string) (*framework.Framework, error) {
	if slices.Contains(framework.Names(), name) {
		return framework.Shipped(name)
	}
	src, found, err := files.ReadSmall(ctx, name)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, diag.Errorf(diag.Config, name, fmt.Sprintf("name a file or a shipped framework: %v", framework.Names()), "there is no such framework")
	}
	return framework.Load(name, src)
}

func services(stores []settings.Store) []store.Service {
	out := make([]store.Service, len(stores))
	for i, s := range stores {
		out[i] = store.Service(s)
	}
	return out
}

func (j *Job) step(name string) {
	if j.Step != nil {
		j.Step(name)
	}
}

// Data is the opened exports with the population they describe.
type Data struct {
	Table    *population.Table
	Inputs   map[string]intake.Input
	Sources  []*Opened // in the settings' order
	Findings *diag.Tally
	rates    exchange // of other currencies
	// Later: tables of layout current describe another day than the as-of date.
	Later Later
	// Overrides is nil where the source is not mapped. What is wrong with its rows
	// is not among Findings: a mistyped note is listed, but never stops a run.
	Overrides *overrides.Set
	Books     []overrides.Book // that came back
	Snoozes   []alert.Snooze

	HasRuns      bool // the interventions source is mapped
	Runs         []outcome.Run
	UnusableRuns int64
}

// Opened is one opened source.
type Opened struct {
	Name   string
	Source *warehouse.Source
	Read   *warehouse.Source // Source without the row groups that no date can use
	Untrue []warehouse.Gap   // row groups that the files' footers date wrongly; they are read
	Meter  *quality.Meter    // of Read
}

// defining are the sources that say who the accounts are.
var defining = []string{"accounts", "subscriptions", "churn"}

// Load opens every source and builds the population.
func (j *Job) Load(ctx context.Context) (*Data, error) {
	j.step("open exports")
	d := &Data{Inputs: map[string]intake.Input{}, Findings: &diag.Tally{}}
	var errs []error
	for i := range j.Settings.Sources {
		s := &j.Settings.Sources[i]
		contract := j.contract(s.Name)
		src, err := warehouse.Open(ctx, j.Files, warehouse.Spec{
			Contract: contract, Path: j.exportPath(s.Path), Layout: s.Layout, Columns: s.Columns,
		}, warehouse.Options{Location: j.Settings.Location})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		o := &Opened{Name: s.Name, Source: src}
		if o.Read, o.Untrue, err = j.known(ctx, src); err != nil {
			errs = append(errs, err)
			continue
		}
		o.Meter = quality.NewMeter(o.Read, contract, s.Layout, j.AsOf, j.Framework.Audit.Window)
		d.Sources = append(d.Sources, o)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	j.step("read accounts")
	var err error
	if d.Later, err = j.later(ctx, d.Sources); err != nil {
		return nil, err
	}
	open := func(name string) *intake.Input {
		i := slices.IndexFunc(d.Sources, func(o *Opened) bool { return o.Name == name })
		if i < 0 {
			return nil
		}
		contract, layout := j.contract(name), j.Settings.Source(name).Layout
		return &intake.Input{Contract: contract, Layout: layout, Rows: d.Sources[i].Meter}
	}
	p := j.Settings.Population
	fx, err := j.readRates(ctx, open("fx_rates"), d)
	if err != nil {
		return nil, err
	}
	table, err := population.Load(ctx, open("accounts"), open("subscriptions"), open("churn"), population.Settings{
		AsOf: j.AsOf, OnboardingDays: p.OnboardingDays, OutStages: p.OutStages, NoticeDays: p.NoticeDays,
		Currency: j.Settings.Currency, Rates: fx.at(j.AsOf), RollUp: p.RollUp, Merged: open("merged_ids"), // one rate for all dates: comparisons are in constant currency
	}, d.Findings)
	if err != nil {
		return nil, err
	}
	d.Table, d.rates = table, fx
	for _, o := range d.Sources {
		contract, layout := j.contract(o.Name), j.Settings.Source(o.Name).Layout
		o.Meter.Bind(table.Len(), table.Lookup)
		d.Inputs[o.Name] = intake.Input{Contract: contract, Layout: layout, Rows: o.Meter, Counted: slices.Contains(defining, o.Name)}
	}
	if err := j.readOverrides(ctx, d); err != nil {
		return nil, err
	}
	if !j.Settings.PersonalData {
		table.LeaveOutPeople()
		d.Overrides.LeaveOutPeople()
	}
	if in, ok := d.Inputs["snoozes"]; ok {
		if d.Snoozes, err = alert.ReadSnoozes(ctx, &in, j.Framework.Plan, table.Lookup, j.AsOf, d.Findings); err != nil {
			return nil, err
		}
		if !j.Settings.PersonalData {
			for i := range d.Snoozes {
				d.Snoozes[i].Author, d.Snoozes[i].Reason = "its owner", "left out"
			}
		}
	}
	if in, ok := d.Inputs["interventions"]; ok {
		d.HasRuns = true
		if d.Runs, d.UnusableRuns, err = outcome.ReadRuns(ctx, &in, table.Lookup, j.AsOf, d.Findings); err != nil {
			return nil, err
		}
		if !j.Settings.PersonalData {
			for i := range d.Runs {
				d.Runs[i].Owner = "(left out)"
			}
		}
	}
	return d, nil
}

// contract returns a source's contract as the settings use it: a layout may add
// the columns that date its rows, a table that only knows today needs no date,
// and the signals source has a column for every signal of the framework.
func (j *Job) contract(name string) *source.Contract {
	layout := j.Settings.Source(name).Layout
	c := *intake.ForLayout(j.Framework.Contract(name), layout)
	if layout == source.Current {
		for i := range c.Columns {
			if c.Columns[i].Name == c.Time {
				c.Columns[i].Required = false
			}
		}
	}
	if name != "signals" {
		return &c
	}
	for i := range j.Framework.Plan.Signals {
		s := &j.Framework.Plan.Signals[i]
		if _, ok := c.Column(s.Name); ok {
			continue
		}
		role := source.Number
		if s.IsWord() {
			role = source.Text
		}
		c.Columns = append(c.Columns, source.Column{Name: s.Name, Role: role, Help: s.Label})
	}
	return &c
}

func (j *Job) exportPath(p string) string { return store.Join(j.Settings.Exports, p) }

package job

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"path"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/publish"
	"accounthealth/internal/quality"
	"accounthealth/internal/signal"
	"accounthealth/internal/store"
)

// Audited is what the source audit found.
type Audited struct {
	Job     *Job
	Tie     portfolio.TieOut
	Quality portfolio.Quality
	// Gate is the error of the gates that would stop a run, or nil.
	Gate error
}

// Audit reads every row and every mapped column of every source and scores the as-of date
// alone, so that accounts and ARR can be followed from the rows to the score. It
// publishes nothing.
func (j *Job) Audit(ctx context.Context) (*Audited, error) {
	whole := *j
	whole.EveryRow = true
	j = &whole
	data, err := j.Load(ctx)
	if err != nil {
		return nil, err
	}
	scores, err := j.Score(ctx, data, Dates{AsOf: j.AsOf, Review: j.AsOf, Compare: j.AsOf, Day90: j.AsOf})
	if err != nil {
		return nil, err
	}
	defer scores.Release()
	j.step("read other columns")
	for _, o := range data.Sources {
		if err := j.readRest(ctx, data, o); err != nil {
			return nil, err
		}
	}
	j.step("audit")
	r := &Result{Job: j, Data: data, Scores: scores}
	now, _ := scores.At(j.AsOf)
	classes := portfolio.Classes(data.Table, now)
	out := &Audited{Job: j, Tie: r.tieOut(now.View, classes)}
	out.Quality, out.Gate = r.audit(ctx, now, out.Tie, classes)
	if out.Gate != nil && diag.ClassOf(out.Gate) != diag.Gate {
		return nil, out.Gate
	}
	out.Quality.Exclusions = classes
	r.auditOverrides(&out.Quality)
	return out, nil
}

// readRest reads the columns of a source that nobody has read, and counts what
// is wrong with them. Rows of a source that nobody has read at all are checked
// for repeats and unknown accounts as well.
func (j *Job) readRest(ctx context.Context, data *Data, o *Opened) (err error) {
	rest, in := o.Meter.Unread(), data.Inputs[o.Name]
	if len(rest) == 0 {
		return nil
	}
	columns := slices.Clone(rest)
	for _, anchor := range o.Meter.Anchors() {
		if !slices.Contains(columns, anchor) {
			columns = append(columns, anchor)
		}
	}
	first := !o.Meter.Passed()
	var key []int
	for _, name := range in.Contract.Key {
		key = append(key, slices.Index(columns, name))
	}
	if !first || len(key) == 0 || slices.Contains(key, -1) {
		key = nil
	}
	account := slices.Index(columns, intake.AccountID)
	repeats := signal.NewRepeats(j.Temp, 0)
	defer func() { err = cmp.Or(err, repeats.Close()) }()
	var found *diag.Tally
	for again := true; again; {
		found = &diag.Tally{}
		var rows int64
		err := in.Read(ctx, columns, j.AsOf, found, func(b *intake.Batch) error {
			for i := 0; first && i < b.Len; i++ {
				if account >= 0 {
					switch c := &b.Columns[account]; {
					case c.Status[i] == intake.Null:
						b.Note(diag.MissingKey, intake.AccountID, i, "")
					case c.Status[i] == intake.Known && data.Table.Lookup(c.Text(i)) < 0:
						b.Note(diag.Orphan, intake.AccountID, i, c.Value(i))
					}
				}
				if key != nil && repeats.Row(rows+int64(i), b.DigestOf(key, i)) {
					b.Note(diag.Duplicate, "", i, "")
				}
			}
			rows += int64(b.Len)
			return repeats.Err()
		})
		if err != nil {
			return err
		}
		if again, err = repeats.Again(); err != nil {
			return err
		}
	}
	data.Findings.MergeRows(found)
	for _, g := range found.Groups() {
		// The others were counted when they were read first.
		if first || slices.Contains(rest, g.Column) {
			data.Findings.MergeGroup(g)
		}
	}
	return nil
}

// audit judges the sources. Its error is of class Gate where a gate stops the
// run; the figures are complete then.
func (r *Result) audit(ctx context.Context, now portfolio.Scored, tie portfolio.TieOut, classes []portfolio.ClassRow) (portfolio.Quality, error) {
	prior, err := r.Job.prior(ctx)
	if err != nil {
		return portfolio.Quality{}, err
	}
	s := r.Job.Settings
	in := quality.Input{
		AsOf: r.Job.AsOf, Findings: r.Data.Findings, Table: r.Data.Table, View: now.View, Classes: classes, Rules: r.Job.Framework.Audit,
		Limits: s.Limits, Gates: s.Gates, Holidays: s.Holidays, Controls: s.ControlTotals, Prior: prior, Allowed: r.Job.Allow, Tie: tie,
	}
	for _, o := range r.Data.Sources {
		in.Meters = append(in.Meters, o.Meter)
	}
	q, gate := quality.Audit(in)
	q.States = r.states(now)
	return q, gate
}

// sourceWarnings are the sentences of the audit that belong on the Summary: what
// fails, one by one; what only asks for a look is counted, its sheet names it.
func sourceWarnings(alerts []portfolio.SourceAlert) []diag.Warning {
	var out []diag.Warning
	var look []string
	for _, a := range alerts {
		switch a.Severity {
		case portfolio.Info:
		case portfolio.Warn:
			if !slices.Contains(look, a.Source) {
				look = append(look, a.Source)
			}
		default:
			out = append(out, diag.Warning{Code: "source", Subject: a.Source, Text: a.Text})
		}
	}
	if len(look) > 0 {
		out = append(out, diag.Warning{Code: "source_look", Subject: "sources", Text: "worth a look on Data quality: " + strings.Join(look, ", ")})
	}
	return out
}

// states counts the states of every signal over the scored population.
func (r *Result) states(now portfolio.Scored) []portfolio.StateRow {
	p := now.Result.Plan
	out := make([]portfolio.StateRow, len(p.Signals))
	for s := range p.Signals {
		row := &out[s]
		row.Pillar, row.Signal = p.Pillars[p.Signals[s].Pillar].Label, p.Signals[s].Label
		row.Collected = now.Signals.Collected[s]
		n := now.CountStates(s)
		row.Known, row.Missing, row.NotApplicable = n[signal.Known], n[signal.Missing], n[signal.NotApplicable]
		row.Stale, row.Invalid, row.NotDatable = n[signal.Stale], n[signal.Invalid], n[signal.NotDatable]
	}
	return out
}

// qualityFile is the output in which a run keeps what it measured of its sources.
const qualityFile = "quality.parquet"

// Earlier is a run that was published before.
type Earlier struct {
	AsOf     int32
	Folder   string
	Manifest publish.Manifest
}

// file returns where a file that the run published lies; "" where it published none
// of the name.
func (e *Earlier) file(ctx context.Context, files store.Source, name string) (string, error) {
	o := e.Manifest.Output(name)
	if o == nil {
		return "", nil
	}
	return placeOf(ctx, files, e.Folder, o)
}

// placeOf returns where an output is read: where its manifest says, or under its name
// in a copy of the folder that was made without the hidden objects of a bucket.
func placeOf(ctx context.Context, files store.Source, folder string, o *publish.Output) (string, error) {
	if o.Object == "" {
		return store.Join(folder, o.Path), nil
	}
	at := store.Join(folder, o.Object)
	switch _, err := files.List(ctx, at); {
	case store.IsNothing(err):
		return store.Join(folder, o.Path), nil
	case err != nil:
		return "", err
	}
	return at, nil
}

// damaged is the error about a file of an earlier run that cannot be read.
func damaged(where string, err error) error {
	return &diag.Error{Class: diag.Data, Where: where, What: "the record of an earlier run is damaged", Fix: "remove that run's folder", Cause: err}
}

// newest reads the newest run published on a day in [from, before); nil where
// there is none.
func (j *Job) newest(ctx context.Context, from, before int32) (*Earlier, error) {
	files, err := j.Files.List(ctx, store.Join(j.Settings.Out, "*/run.json"))
	if store.IsNothing(err) {
		return nil, nil // nothing was published yet
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b store.File) int { return strings.Compare(b.Path, a.Path) })
	for _, f := range files {
		d, err := day.Parse(path.Base(path.Dir(f.Path)))
		if err != nil || d >= before || d < from {
			continue
		}
		src, found, err := j.Files.ReadSmall(ctx, f.Path)
		if err != nil || !found {
			return nil, err
		}
		e := &Earlier{AsOf: d, Folder: strings.TrimSuffix(f.Path, path.Base(f.Path))}
		if err := json.Unmarshal(src, &e.Manifest); err != nil {
			return nil, damaged(f.Path, err)
		}
		return e, nil
	}
	return nil, nil
}

// prior reads what the newest run published before the as-of date measured; nil
// where there is none.
func (j *Job) prior(ctx context.Context) (*quality.Prior, error) {
	e, err := j.newest(ctx, math.MinInt32, j.AsOf)
	if err != nil || e == nil {
		return nil, err
	}
	p := &quality.Prior{AsOf: e.AsOf, Rows: map[string]int64{}}
	for _, in := range e.Manifest.Inputs {
		p.Rows[in.Source] += in.Rows
	}
	table, err := e.file(ctx, j.Files, qualityFile)
	if table == "" {
		return p, err
	}
	if p.Sources, p.Columns, err = publish.ReadQuality(ctx, j.Files, table); err != nil {
		return nil, damaged(table, err)
	}
	return p, nil
}

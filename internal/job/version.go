package job

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"accounthealth/internal/compare"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/store"
)

// Next is an accepted version that is not in force yet on the as-of date.
type Next struct {
	Framework *framework.Framework
	Effective int32
}

// Settle picks the version of the framework that is in force on the job's as-of
// date, from the change log beside its file: the newest accepted one, or while that
// is not effective yet the one before, and then Next is the version that comes
// after it. Without a log the file itself is in force. Call it again where the
// date changes.
func (j *Job) Settle(ctx context.Context) error {
	j.Next = nil
	name := j.Settings.Framework
	if slices.Contains(framework.Names(), name) {
		return nil
	}
	log, err := readChanges(ctx, j.Files, name)
	if err != nil {
		return err
	}
	j.Changes = log
	file, next := name, ""
	var effective int32
	for _, a := range log {
		if a.Effective <= j.AsOf {
			break
		}
		next, effective = file, a.Effective
		file = store.Join(path.Dir(name), a.Before)
		if path.Dir(name) == "." {
			file = a.Before
		}
	}
	if j.Framework, err = loadFramework(ctx, j.Files, file); err != nil || next == "" {
		return err
	}
	fw, err := loadFramework(ctx, j.Files, next)
	j.Next = &Next{Framework: fw, Effective: effective}
	return err
}

// readChanges reads the change log beside a framework file; nil where there is
// none.
func readChanges(ctx context.Context, files Files, name string) ([]framework.Accepted, error) {
	file := framework.ChangesFile(name)
	src, found, err := files.ReadSmall(ctx, file)
	if err != nil || !found {
		return nil, err
	}
	return framework.ReadChanges(file, src)
}

// next scores today's portfolio under the version that comes into force later, and
// puts both scores beside each other. A version that measures something else
// cannot be scored on today's signals; that is said.
func (r *Result) next(now portfolio.Scored) (*portfolio.NextFramework, *portfolio.Scored, *diag.Warning) {
	n := r.Job.Next
	if n == nil {
		return nil, nil, nil
	}
	p := n.Framework.Plan
	out := &portfolio.NextFramework{Framework: portfolio.FrameworkRef{Name: p.Name, Version: p.Version, Digest: p.Digest}, Effective: n.Effective}
	res, err := r.Job.scoreWith(n.Framework, r.Data, now)
	if err != nil {
		return out, nil, &diag.Warning{Code: "next_framework", Subject: "framework", Text: fmt.Sprintf("version %d comes into force on %s and measures other things, so its scores cannot be shown beside today's: %v", p.Version, day.Format(n.Effective), err)}
	}
	m := compare.Migrate(now.Result, res, now.View.ARR, func(i int) bool { return now.View.Class[i].Scored() })
	out.Rescored, out.Moved = m.Rescored, int64(len(m.Moved))
	out.MovedARR = m.MovedARR()
	return out, &portfolio.Scored{View: now.View, Signals: now.Signals, Result: res}, nil
}

// changeLog lists the accepted versions for the definitions, newest first.
func (j *Job) changeLog() []portfolio.Term {
	var out []portfolio.Term
	for _, a := range j.Changes {
		state := "in force from"
		if a.Effective > j.AsOf {
			state = "accepted, in force from"
		}
		text := "accepted " + day.Format(a.On) + " by " + a.Author
		if a.Why != "" {
			text += ": " + a.Why
		}
		if len(a.Changes) > 0 {
			text += ". " + strings.Join(a.Changes, "; ")
		}
		if a.Evidence != "" {
			text += ". Evidence " + a.Evidence
		}
		out = append(out, portfolio.Term{Name: fmt.Sprintf("Version %d, %s %s", a.Version, state, day.Format(a.Effective)), Text: text})
	}
	return out
}

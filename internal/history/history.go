// Package history keeps every scored snapshot: the signal values, the scores
// they gave and the framework that gave them; and brings a stored snapshot back,
// so that a later run compares with what was known and published then.
//
//	history/as_of=2026-06-30/_runs.json
//	history/as_of=2026-06-30/run=<digest>/snapshot.parquet
//	history/as_of=2026-06-30/run=<digest>/_framework.yaml
//	history/_erased.json
//
// A run is named by the first 16 digits of the digest of its content, so that an
// equal rerun changes nothing. The first run published for a date is in force and
// is never rewritten; every later one, and every date computed later from the
// exports, is kept beside it as rebuilt, and the pointer _runs.json names the
// newest. Only erasure touches what is kept. The folders are a Hive-partitioned
// table that any engine reads. It holds no names, owners or notes.
//
// Files of an older schema are read as they are; see Schema.
package history

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/store"
)

// Schema is the version of the layout and of snapshot.parquet.
//
//	1  KPIs are bare numbers, the framework is in framework.yaml; a snapshot has neither segment, dates, effective
//	   weights nor values set by hand, and its signal values include the latter.
//	2  the present one.
//
// A file of schema 1 is read: a KPI without its denominator, and for what its
// snapshot lacks, what the caller knows of the day. What is written again is
// written as schema 2.
const Schema = 2

// Kind says when a snapshot was computed.
type Kind string

const (
	// Published: scored by the run of its own date.
	Published Kind = "published"
	// Rebuilt: computed later from the exports, or published after another run of
	// the same date.
	Rebuilt Kind = "rebuilt"
)

// Runs is the pointer file of one date.
type Runs struct {
	Schema int    `json:"schema"`
	AsOf   string `json:"as_of"`
	// InForce is the digest of the first published run; empty while every run is
	// rebuilt. It is never changed.
	InForce string `json:"in_force,omitempty"`
	// Current is the digest of the newest run of the date.
	Current string `json:"current"`
	Runs    []Run  `json:"runs"` // in the order they were added
}

// Run is one kept snapshot.
type Run struct {
	Digest string `json:"digest"`
	// Content is the digest of what is left after an erasure; empty before one.
	Content   string         `json:"content,omitempty"`
	Kind      Kind           `json:"kind"`
	Framework string         `json:"framework"` // digest of _framework.yaml
	Name      string         `json:"framework_name,omitempty"`
	Version   int            `json:"framework_version"`
	Accounts  int            `json:"accounts"`
	Erased    int            `json:"erased,omitempty"` // accounts erased since
	KPIs      map[string]KPI `json:"kpis,omitempty"`   // as published, by key
}

// KPI is one published figure; a rate keeps what it is a share of, where both are
// not 0.
type KPI struct {
	Value float64 `json:"value"`
	Num   float64 `json:"num,omitempty"`
	Den   float64 `json:"den,omitempty"`
}

// UnmarshalJSON reads a KPI, or the bare number of schema 1.
func (k *KPI) UnmarshalJSON(src []byte) error {
	if err := json.Unmarshal(src, &k.Value); err == nil {
		return nil
	}
	type plain KPI
	return json.Unmarshal(src, (*plain)(k))
}

// content is the digest of what the run holds now.
func (r *Run) content() string {
	if r.Content != "" {
		return r.Content
	}
	return r.Digest
}

// Files is what history needs of a store.
type Files interface {
	store.Source
	store.Sink
	ReadSmall(ctx context.Context, path string) (content []byte, found bool, err error)
}

// Keep stores one snapshot and returns the date's runs. An equal snapshot with
// equal figures that is already there is left alone. Erased accounts, nil for
// none, are left out.
func Keep(ctx context.Context, files Files, root string, snap *Snapshot, erased *Erased) (*Runs, error) {
	content, left := snap.content(erased)
	digest, err := content.digest(snap.KPIs)
	if err != nil {
		return nil, err
	}
	asOf := snap.Scored.View.AsOf
	runs, err := Read(ctx, files, root, asOf)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(runs.Runs, func(r Run) bool { return r.content() == digest })
	changed := i < 0
	if i < 0 {
		if err := stage(ctx, files, runFolder(root, asOf, digest), content, snap.Framework); err != nil {
			return nil, err
		}
		kind := snap.Kind
		if runs.InForce != "" { // a later run of the date is not what was reported
			kind = Rebuilt
		}
		runs.Runs = append(runs.Runs, Run{
			Digest: digest, Kind: kind, Framework: content.framework,
			Name: content.frameworkName, Version: content.frameworkVersion, Accounts: content.rows, Erased: left, KPIs: snap.KPIs,
		})
		i = len(runs.Runs) - 1
	}
	name := runs.Runs[i].Digest
	changed = changed || runs.Current != name
	runs.Current = name
	if snap.Kind == Published && runs.InForce == "" {
		runs.InForce, runs.Runs[i].Kind = name, Published
		changed = true
	}
	if !changed {
		return runs, nil
	}
	return runs, point(ctx, files, root, asOf, runs)
}

// point writes the pointer of a date.
func point(ctx context.Context, files Files, root string, asOf int32, runs *Runs) error {
	runs.Schema = Schema
	return writeJSON(ctx, files, pointer(root, asOf), runs)
}

func writeJSON(ctx context.Context, files Files, path string, v any) error {
	return files.WriteFile(ctx, path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

// Read returns the runs of a date, an empty list where there are none.
func Read(ctx context.Context, files Files, root string, asOf int32) (*Runs, error) {
	runs := &Runs{Schema: Schema, AsOf: day.Format(asOf)}
	err := readJSON(ctx, files, pointer(root, asOf), "restore it from a backup, or remove the date's folder to rebuild it", runs)
	if err == nil && runs.Schema > Schema {
		err = tooNew(pointer(root, asOf), runs.Schema)
	}
	if err != nil {
		return nil, err
	}
	return runs, nil
}

func readJSON(ctx context.Context, files Files, path, fix string, into any) error {
	src, found, err := files.ReadSmall(ctx, path)
	if err != nil || !found {
		return err
	}
	if err := json.Unmarshal(src, into); err != nil {
		return &diag.Error{Class: diag.Data, Where: path, What: "this file of the history is damaged", Fix: fix, Cause: err}
	}
	return nil
}

func tooNew(where string, schema int) error {
	return diag.Errorf(diag.Config, where, "use the version that wrote it, or a newer one", "history has schema %d, this version reads up to %d", schema, Schema)
}

// Reported returns the run in force on a date, or nil where none was published.
func (r *Runs) Reported() *Run {
	for i := range r.Runs {
		if r.InForce != "" && r.Runs[i].Digest == r.InForce {
			return &r.Runs[i]
		}
	}
	return nil
}

func folder(root string, asOf int32) string { return store.Join(root, "as_of="+day.Format(asOf)) }

func pointer(root string, asOf int32) string { return store.Join(folder(root, asOf), "_runs.json") }

func runFolder(root string, asOf int32, digest string) string {
	return store.Join(folder(root, asOf), "run="+digest[:min(len(digest), 16)])
}

const (
	snapshotFile  = "snapshot.parquet"
	frameworkFile = "_framework.yaml" // engines pass over names that begin so
	frameworkOld  = "framework.yaml"  // of schema 1
)

// digest names a content: the framework, every cell and the published figures.
func (c *content) digest(kpis map[string]KPI) (string, error) {
	h := sha256.New()
	io.WriteString(h, c.framework)
	if err := c.write(h); err != nil {
		return "", err
	}
	if len(kpis) > 0 {
		if err := json.NewEncoder(h).Encode(kpis); err != nil { // keys are sorted
			return "", fmt.Errorf("history: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func stage(ctx context.Context, files Files, dir string, content *content, framework []byte) error {
	staging, err := files.Stage(ctx, dir)
	if err != nil {
		return err
	}
	defer staging.Abort()
	if err := create(staging, snapshotFile, content.write); err != nil {
		return err
	}
	write := func(w io.Writer) error { _, err := w.Write(framework); return err }
	if err := create(staging, frameworkFile, write); err != nil {
		return err
	}
	return staging.Commit(ctx)
}

func create(staging *store.Staging, name string, write func(io.Writer) error) error {
	f, err := staging.Create(name)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

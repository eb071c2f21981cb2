// Package history keeps every scored snapshot: the signal values, the scores
// they gave and the framework that gave them.
//
//	history/as_of=2026-06-30/_runs.json
//	history/as_of=2026-06-30/run=<digest>/snapshot.parquet
//	history/as_of=2026-06-30/run=<digest>/framework.yaml
//
// A run is named by the first 16 digits of the digest of its content, so that an
// equal rerun changes nothing. The first run published for a date is in force and is never
// rewritten; every other one, and every date computed later from the exports,
// is kept beside it as rebuilt. The folders are a Hive-partitioned table that
// any engine reads.
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
const Schema = 1

// Kind says when a snapshot was computed.
type Kind string

const (
	// Published: scored by the run of its own date.
	Published Kind = "published"
	// Rebuilt: computed later from the exports.
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
	Digest    string             `json:"digest"`
	Kind      Kind               `json:"kind"`
	Framework string             `json:"framework"` // digest of framework.yaml
	Version   int                `json:"framework_version"`
	Accounts  int                `json:"accounts"`
	KPIs      map[string]float64 `json:"kpis,omitempty"` // as published
}

// Files is what history needs of a store.
type Files interface {
	store.Sink
	ReadSmall(ctx context.Context, path string) (content []byte, found bool, err error)
}

// Keep stores one snapshot and returns the date's runs. An equal snapshot that
// is already there is left alone.
func Keep(ctx context.Context, files Files, root string, snap Snapshot) (*Runs, error) {
	h := sha256.New()
	io.WriteString(h, snap.Scored.Result.Plan.Digest)
	if err := snap.write(h); err != nil {
		return nil, err
	}
	digest := hex.EncodeToString(h.Sum(nil))
	asOf := snap.Scored.View.AsOf
	runs, err := Read(ctx, files, root, asOf)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(runs.Runs, func(r Run) bool { return r.Digest == digest })
	changed := i < 0
	if i < 0 {
		if err := stage(ctx, files, fmt.Sprintf("%s/run=%s", folder(root, asOf), digest[:16]), snap); err != nil {
			return nil, err
		}
		kind := snap.Kind
		if runs.InForce != "" { // a later run of the date is not what was reported
			kind = Rebuilt
		}
		runs.Runs = append(runs.Runs, Run{
			Digest: digest, Kind: kind, Framework: snap.Scored.Result.Plan.Digest,
			Version: snap.Scored.Result.Plan.Version, Accounts: snap.rows(), KPIs: snap.KPIs,
		})
		i = len(runs.Runs) - 1
	}
	changed = changed || runs.Current != digest
	runs.Current = digest
	if snap.Kind == Published && runs.InForce == "" {
		// The same content may have been kept as rebuilt before it was published.
		runs.InForce, runs.Runs[i].Kind, runs.Runs[i].KPIs = digest, Published, snap.KPIs
		changed = true
	}
	if !changed {
		return runs, nil
	}
	return runs, files.WriteFile(ctx, pointer(root, asOf), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(runs)
	})
}

// Read returns the runs of a date, an empty list where there are none.
func Read(ctx context.Context, files Files, root string, asOf int32) (*Runs, error) {
	path := pointer(root, asOf)
	src, found, err := files.ReadSmall(ctx, path)
	if err != nil {
		return nil, err
	}
	runs := &Runs{Schema: Schema, AsOf: day.Format(asOf)}
	if !found {
		return runs, nil
	}
	if err := json.Unmarshal(src, runs); err != nil {
		return nil, &diag.Error{Class: diag.Data, Where: path, What: "the history pointer is damaged", Fix: "restore it from a backup, or remove the date's folder to rebuild it", Cause: err}
	}
	if runs.Schema > Schema {
		return nil, diag.Errorf(diag.Config, path, "use the version that wrote it, or a newer one", "history has schema %d, this version reads up to %d", runs.Schema, Schema)
	}
	return runs, nil
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

func folder(root string, asOf int32) string { return root + "/as_of=" + day.Format(asOf) }

func pointer(root string, asOf int32) string { return folder(root, asOf) + "/_runs.json" }

func stage(ctx context.Context, files Files, dir string, snap Snapshot) error {
	staging, err := files.Stage(ctx, dir)
	if err != nil {
		return err
	}
	defer staging.Abort()
	if err := create(staging, "snapshot.parquet", snap.write); err != nil {
		return err
	}
	framework := func(w io.Writer) error { _, err := w.Write(snap.Framework); return err }
	if err := create(staging, "framework.yaml", framework); err != nil {
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

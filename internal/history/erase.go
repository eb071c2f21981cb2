package history

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/store"
)

// Erased is the list of accounts that must not be in the history, kept as digests
// of their ids. A nil list is empty.
type Erased struct {
	Schema   int      `json:"schema"`
	Accounts []string `json:"accounts"` // sha256, hex, ascending
}

func digestOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// Has reports whether an account is erased.
func (e *Erased) Has(id string) bool {
	if e == nil || len(e.Accounts) == 0 {
		return false
	}
	_, found := slices.BinarySearch(e.Accounts, digestOf(id))
	return found
}

// Len returns how many accounts are erased.
func (e *Erased) Len() int {
	if e == nil {
		return 0
	}
	return len(e.Accounts)
}

func erasedFile(root string) string { return store.Join(root, "_erased.json") }

// ReadErased returns the erased accounts; nil where none is.
func ReadErased(ctx context.Context, files Files, root string) (*Erased, error) {
	e := &Erased{}
	if err := readJSON(ctx, files, erasedFile(root), "restore it from a backup: without it erased accounts return", e); err != nil {
		return nil, err
	}
	if e.Schema > Schema {
		return nil, tooNew(erasedFile(root), e.Schema)
	}
	if len(e.Accounts) == 0 {
		return nil, nil
	}
	return e, nil
}

// Erasure counts what an erasure took away.
type Erasure struct {
	Snapshots int // snapshots rewritten
	Rows      int // of the account in them
	Already   bool
}

// Erase takes an account out of every snapshot and keeps it out of every later
// one. The list of erased accounts is written first: a run killed in between may
// be repeated. Published figures, which are sums, stay as they were published.
func Erase(ctx context.Context, files Files, root, id string) (Erasure, error) {
	var out Erasure
	e, err := ReadErased(ctx, files, root)
	if err != nil {
		return out, err
	}
	if e == nil {
		e = &Erased{}
	}
	e.Schema = Schema
	at, found := slices.BinarySearch(e.Accounts, digestOf(id))
	if out.Already = found; !found {
		e.Accounts = slices.Insert(e.Accounts, at, digestOf(id))
		if err := writeJSON(ctx, files, erasedFile(root), e); err != nil {
			return out, err
		}
	}
	dates, err := Dates(ctx, files, root)
	if err != nil {
		return out, err
	}
	for _, d := range dates {
		if err := eraseFrom(ctx, files, root, d, e, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

func eraseFrom(ctx context.Context, files Files, root string, asOf int32, e *Erased, out *Erasure) error {
	runs, err := Read(ctx, files, root, asOf)
	if err != nil {
		return err
	}
	changed := false
	for i := range runs.Runs {
		run := &runs.Runs[i]
		s, err := load(ctx, files, root, asOf, *run)
		if err != nil {
			return err
		}
		content, left := s.content(e)
		if left == 0 {
			continue
		}
		if err := files.WriteFile(ctx, store.Join(runFolder(root, asOf, run.Digest), snapshotFile), content.write); err != nil {
			return err
		}
		if run.Content, err = content.digest(run.KPIs); err != nil {
			return err
		}
		run.Accounts, run.Erased = content.rows, run.Erased+left
		out.Snapshots, out.Rows, changed = out.Snapshots+1, out.Rows+left, true
	}
	if !changed {
		return nil
	}
	return point(ctx, files, root, asOf, runs)
}

// Dates lists the dates of the history, ascending.
func Dates(ctx context.Context, files Files, root string) ([]int32, error) {
	found, err := files.List(ctx, store.Join(root, "as_of=*/run=*/"+snapshotFile))
	if store.IsNothing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []int32
	for _, f := range found {
		name := path.Base(path.Dir(path.Dir(f.Path)))
		d, err := day.Parse(strings.TrimPrefix(name, "as_of="))
		if err != nil {
			return nil, &diag.Error{Class: diag.Data, Where: f.Path, What: "this folder of the history is not named by a date", Fix: "move it away", Cause: err}
		}
		out = append(out, d)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

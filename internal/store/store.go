// Package store is the only place that opens, lists, creates, renames and locks
// files. Everyone else is handed readers and writers.
//
// Source and Sink are the two halves that a back end implements. Local is the
// file system; a Router adds buckets, S3 and what speaks its protocol
// (s3://bucket/prefix) and Azure (azblob://account/container/prefix), and sends
// every path to the back end that holds it. The rules of listing are the same
// for all of them. Table formats that are folders of Parquet files but not
// exports of a table (Delta, Iceberg, Hudi) are refused: reading all their files
// would count deleted and superseded rows. The package knows nothing about what
// the files hold.
package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"accounthealth/internal/diag"
)

// File is one listed file.
type File struct {
	// Path opens the file and names it in messages: relative to the store's
	// root where it lies below it, with forward slashes; else absolute, or the
	// full address in a bucket.
	Path string
	// Rel is the path below the listed folder or below the part of a glob that
	// has no pattern; its folders may carry Hive keys (dt=2026-06-30).
	Rel string
	// Size is in bytes.
	Size int64
	// Version changes when the content does, as far as the back end can tell.
	// It never enters results.
	Version string
}

// Reader reads ranges of an open file.
type Reader interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Source lists and opens input files.
type Source interface {
	// List returns the data files under a path: a file, a folder with all its
	// subfolders, or a glob (* ? [] within a name, ** for any folders). Hidden
	// files, markers (_SUCCESS, _started_..., .crc) and empty files are left out.
	// The result is sorted by Path and never empty.
	List(ctx context.Context, path string) ([]File, error)
	// Open opens a listed file, whose reads end when ctx does. Opening, or
	// reading from a bucket, fails where the file has changed since.
	Open(ctx context.Context, f File) (Reader, error)
}

// Sink publishes output: a whole folder or one file, complete or absent.
type Sink interface {
	// Stage starts the folder dir out of its readers' sight.
	Stage(ctx context.Context, dir string) (*Staging, error)
	// WriteFile replaces one file by what write produces; after an error the old
	// file is untouched.
	WriteFile(ctx context.Context, path string, write func(io.Writer) error) error
}

// Lock is held by the one run that may write below a folder.
type Lock interface {
	// Unlock frees the lock, also where the run was cancelled.
	Unlock() error
}

// backEnd is everything a Router asks of the file system or a bucket.
type backEnd interface {
	Source
	Sink
	ReadSmall(ctx context.Context, path string) (content []byte, found bool, err error)
	Lock(ctx context.Context, path string) (Lock, error)
}

// Digest returns the SHA-256 of a file's content as lower-case hexadecimal
// digits, reading it once from start to end.
func Digest(ctx context.Context, src Source, f File) (string, error) {
	r, err := src.Open(ctx, f)
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := NewHashing(io.NewSectionReader(r, 0, r.Size()))
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		switch _, err := h.Read(buf); err {
		case nil:
		case io.EOF:
			return h.Sum(), nil
		default:
			if told, ok := errors.AsType[*diag.Error](err); ok {
				return "", told
			}
			return "", &diag.Error{Class: diag.Data, Where: f.Path, What: "cannot read the file", Fix: "check the disk and the permissions", Cause: err}
		}
	}
}

// Hashing passes a stream through and takes the SHA-256 of what was read.
type Hashing struct {
	r io.Reader
	h hash.Hash
}

// NewHashing wraps r.
func NewHashing(r io.Reader) *Hashing { return &Hashing{r: r, h: sha256.New()} }

func (h *Hashing) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	h.h.Write(p[:n])
	return n, err
}

// Sum returns the digest of the bytes read so far, in hexadecimal.
func (h *Hashing) Sum() string { return hex.EncodeToString(h.h.Sum(nil)) }

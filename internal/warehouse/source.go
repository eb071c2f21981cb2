package warehouse

import (
	"context"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/diag"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
)

// Spec says what to open and how its columns are named.
type Spec struct {
	Contract *source.Contract // canonical or a framework's own
	Path     string           // below the store's root, or absolute
	Layout   source.Layout
	// Columns maps canonical names to the files' names, with dots for the fields
	// of a struct. An absent name is looked up as it is, in any case. Hive keys
	// count as columns of the files below them; size(name) is the number of a
	// list's elements, for columns of role Number.
	Columns map[string]string
}

// Options are the run's settings. The zero value reads in UTC within the default
// budget and counts no findings.
type Options struct {
	Location *time.Location // the reporting time zone; nil is UTC
	// BatchRows is the most rows of a batch; 0 is DefaultBatchRows.
	BatchRows int
	// MemoryBudget bounds, in bytes, what any one page, dictionary or footer may
	// claim; 0 is DefaultMemoryBudget. It is a guard against damaged files, not
	// the reader's total use, which stays far below it for ordinary files.
	MemoryBudget int64
	// Findings receives values that cannot be read as their column's role. Scan
	// adds to it on the caller's goroutine. May be nil.
	Findings *diag.Tally
	// Encoded leaves columns as their pages hold them, so that work is done once
	// for each entry of a dictionary: a column other than a Flag is then a
	// dictionary in batches all of whose pages have one, with codes of as few bytes
	// as its size allows (uint8, uint16 or int32); in other batches it is plain: a
	// utf8, float64 or timestamp.
	Encoded bool
	// Allocator gives the memory of the records; nil is Go's own.
	Allocator memory.Allocator
}

const (
	// DefaultBatchRows is the most rows of a batch.
	DefaultBatchRows = 16 << 10
	// DefaultMemoryBudget is 1 GiB.
	DefaultMemoryBudget = 1 << 30
)

func (o Options) withDefaults() Options {
	if o.BatchRows <= 0 {
		o.BatchRows = DefaultBatchRows
	}
	if o.MemoryBudget <= 0 {
		o.MemoryBudget = DefaultMemoryBudget
	}
	if o.Allocator == nil {
		o.Allocator = memory.DefaultAllocator
	}
	return o
}

// Source is an opened source: every footer is read and every column found. It
// holds no open files.
type Source struct {
	store store.Source
	spec  Spec
	opt   Options
	wants []want
	parts []opened
	ahead int64 // aheadBytes; tests ask for less
}

// opened is a part file with the place of each contract column in it.
type opened struct {
	*part
	partitions []Partition
	columns    []resolved // by the contract's order
	outside    []Gap      // by row group, without rows where it is read; nil where all are
}

// File describes one part file of a source.
type File struct {
	Path       string
	Size       int64 // bytes
	Rows       int64
	RowGroups  int
	Outside    int64       // rows that are left out; see Between
	CreatedBy  string      // the writer, as it names itself
	Partitions []Partition // Hive keys, outermost first

	store store.Source
	file  store.File
}

// SHA256 reads the file once and returns its digest in hexadecimal.
func (f *File) SHA256(ctx context.Context) (string, error) { return store.Digest(ctx, f.store, f.file) }

// Open lists the source's files, reads all their footers and finds the
// contract's columns in each. It fails where a file is damaged, a required
// column is missing from a file that has rows, or a column cannot serve its role
// (see the package comment); every error names the file.
func Open(ctx context.Context, st store.Source, spec Spec, opt Options) (*Source, error) {
	if spec.Contract == nil {
		return nil, diag.Errorf(diag.Internal, spec.Path, "", "no contract is given for the source")
	}
	wants, err := wanted(&spec)
	if err != nil {
		return nil, err
	}
	st = withCSV{st}
	s := &Source{store: st, spec: spec, opt: opt.withDefaults(), wants: wants, ahead: aheadBytes}
	parts, err := openParts(ctx, st, spec.Path, s.opt.MemoryBudget)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		o := opened{part: p, partitions: partitionsOf(p.file.Rel)}
		for i := range wants {
			r, err := p.resolve(spec.Contract.Name, &wants[i], o.partitions)
			if err == nil && !r.found() && wants[i].Required && p.meta.NumRows > 0 {
				err = p.missing(spec.Contract.Name, &wants[i], o.partitions)
			}
			if err != nil {
				return nil, err
			}
			o.columns = append(o.columns, r)
		}
		s.parts = append(s.parts, o)
	}
	return s, s.checkMapped()
}

// checkMapped refuses a mapping to a column that no file has: it is a mistake,
// not a column that came later.
func (s *Source) checkMapped() error {
	for i := range s.wants {
		if w := &s.wants[i]; w.mapped && !s.Has(w.Name) {
			last := s.parts[len(s.parts)-1]
			return last.missing(s.spec.Contract.Name, w, last.partitions)
		}
	}
	return nil
}

// openParts opens every data file below a path.
func openParts(ctx context.Context, st store.Source, path string, budget int64) ([]*part, error) {
	files, err := st.List(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(files) > 1 {
		files = slices.DeleteFunc(files, func(f store.File) bool { return companion(f.Rel) })
	}
	if len(files) == 0 {
		return nil, diag.Errorf(diag.Data, path, "check the path and that the export has run", "there are no data files")
	}
	parts := make([]*part, len(files))
	for i, f := range files {
		if parts[i], err = openPart(ctx, st, f, budget); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// Contract returns the contract the source was opened against.
func (s *Source) Contract() *source.Contract { return s.spec.Contract }

// Layout returns how the source's rows relate to time.
func (s *Source) Layout() source.Layout { return s.spec.Layout }

// Has says whether any file has the canonical column.
func (s *Source) Has(column string) bool {
	i := s.column(column)
	return i >= 0 && slices.ContainsFunc(s.parts, func(o opened) bool { return o.columns[i].found() })
}

func (s *Source) column(name string) int {
	return slices.IndexFunc(s.wants, func(w want) bool { return w.Name == name })
}

// Rows returns the rows of all files, as their footers state them, those that are
// left out included.
func (s *Source) Rows() int64 {
	var n int64
	for i := range s.parts {
		n += s.parts[i].meta.NumRows
	}
	return n
}

// Files returns the source's files in the order in which they are scanned.
func (s *Source) Files() []File {
	out := make([]File, len(s.parts))
	for i := range s.parts {
		out[i] = s.parts[i].describe(s.store)
	}
	return out
}

func (o *opened) describe(st store.Source) File {
	f := File{
		Path: o.file.Path, Size: o.file.Size, Rows: o.meta.NumRows, RowGroups: len(o.meta.RowGroups), CreatedBy: o.meta.CreatedBy,
		Partitions: slices.Clone(o.partitions), store: asWritten(st), file: o.file,
	}
	if isCSV(f.Path) {
		f.CreatedBy = "" // of the copy that is read
	}
	for i := range o.outside {
		f.Outside += o.outside[i].Rows
	}
	return f
}

// Partitions returns the Hive keys of the source's files, in the order of their
// first appearance.
func (s *Source) Partitions() []string {
	var keys []string
	for i := range s.parts {
		for _, p := range s.parts[i].partitions {
			if !slices.Contains(keys, p.Key) {
				keys = append(keys, p.Key)
			}
		}
	}
	return keys
}

// Uncounted returns the source for reading rows once more: its scans add nothing to
// the findings.
func (s *Source) Uncounted() *Source {
	out := *s
	out.opt.Findings = nil
	return &out
}

// Restrict returns the source with only the files that keep accepts, for example
// the newest partition of a snapshot. It may be left without any file.
func (s *Source) Restrict(keep func(File) bool) *Source {
	out := *s
	out.parts = nil
	for i := range s.parts {
		if keep(s.parts[i].describe(s.store)) {
			out.parts = append(out.parts, s.parts[i])
		}
	}
	return &out
}

package signal

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"accounthealth/internal/plan"
)

// State says why a signal has, or has not, a value for an account.
type State uint8

const (
	Known         State = iota
	Missing             // no row places a value and absence means nothing
	NotApplicable       // the account is outside the signal's reach (tenure)
	Stale               // the newest row behind it is older than max_age
	Invalid             // the row that would give it holds an impossible value
	NotCollected        // no source is mapped; the whole column
	NotDatable          // known today only: the source has no history, so it is left out of a past date
)

var stateNames = [...]string{"known", "missing", "not applicable", "stale", "invalid", "not collected", "not datable"}

func (s State) String() string { return stateNames[s] }

// ParseState is the inverse of State.String.
func ParseState(s string) (State, bool) {
	i := slices.Index(stateNames[:], s)
	return State(max(i, 0)), i >= 0
}

// Snapshot is the signal values of a list of accounts as of one day. Row i is
// account i of the population table the snapshot was computed for.
//
// Record holds ColumnsPerSignal columns for each signal of Plan.Signals, in that
// order: its value (Float64, or for a word signal a Dictionary<Int8, String>
// whose dictionary is the signal's Words; null unless Known), its State (Uint8),
// its basis (Uint8, the index of the FirstOf alternative used, 0 where there is
// none), the day of the newest row behind it (Date32, null where there is none)
// and the number of rows behind it (Int32).
type Snapshot struct {
	AsOf   int32
	Plan   *plan.Plan
	Record arrow.Record
	// Flawed[i] is true where a signal of account i would have used a row with an
	// invalid value; such an account is provisional.
	Flawed []bool
	// Collected is false for signals no source is mapped for, by signal.
	Collected []bool
}

// The columns of one signal in a Snapshot's Record.
const (
	valueColumn = iota
	stateColumn
	basisColumn
	newestColumn
	rowsColumn
	ColumnsPerSignal
)

// Rows returns the number of accounts.
func (s *Snapshot) Rows() int { return int(s.Record.NumRows()) }

// Numbers returns the values of a number signal.
func (s *Snapshot) Numbers(sig int) *array.Float64 {
	return s.Record.Column(sig*ColumnsPerSignal + valueColumn).(*array.Float64)
}

// Words returns the values of a word signal; its indices are Words indexes.
func (s *Snapshot) Words(sig int) *array.Dictionary {
	return s.Record.Column(sig*ColumnsPerSignal + valueColumn).(*array.Dictionary)
}

// States returns the State of every account, as uint8.
func (s *Snapshot) States(sig int) *array.Uint8 {
	return s.Record.Column(sig*ColumnsPerSignal + stateColumn).(*array.Uint8)
}

// Basis returns the index of the FirstOf alternative behind every value.
func (s *Snapshot) Basis(sig int) *array.Uint8 {
	return s.Record.Column(sig*ColumnsPerSignal + basisColumn).(*array.Uint8)
}

// Newest returns the day of the newest row behind every value.
func (s *Snapshot) Newest(sig int) *array.Date32 {
	return s.Record.Column(sig*ColumnsPerSignal + newestColumn).(*array.Date32)
}

// RowsBehind returns the number of rows behind every value.
func (s *Snapshot) RowsBehind(sig int) *array.Int32 {
	return s.Record.Column(sig*ColumnsPerSignal + rowsColumn).(*array.Int32)
}

// Value returns a signal's value for one account as a number (a word as its
// index) and whether it is known. It is for explanations; kernels use the
// columns.
func (s *Snapshot) Value(sig, row int) (float64, bool) {
	if State(s.States(sig).Value(row)) != Known {
		return 0, false
	}
	if s.Plan.Signals[sig].IsWord() {
		return float64(s.Words(sig).GetValueIndex(row)), true
	}
	return s.Numbers(sig).Value(row), true
}

// DropProvenance frees what only explanations of a value read: its basis, the day
// of its newest row and the number of rows, which are 0, null and 0 from then on.
// blank is shared by snapshots of the same accounts.
func (s *Snapshot) DropProvenance(blank *Blank) {
	columns := make([]arrow.Array, s.Record.NumCols())
	for i := range columns {
		switch i % ColumnsPerSignal {
		case basisColumn:
			columns[i] = blank.basis
		case newestColumn:
			columns[i] = blank.newest
		case rowsColumn:
			columns[i] = blank.rows
		default:
			columns[i] = s.Record.Column(i)
		}
	}
	record := array.NewRecord(s.Record.Schema(), columns, s.Record.NumRows())
	s.Record.Release()
	s.Record = record
}

// Blank is the provenance of accounts of which none is kept.
type Blank struct{ basis, newest, rows arrow.Array }

// NewBlank makes the blank of n accounts. It holds Go memory only.
func NewBlank(n int) *Blank {
	zero := memory.NewBufferBytes(make([]byte, 4*n))
	null := memory.NewBufferBytes(make([]byte, (n+7)/8))
	column := func(t arrow.DataType, valid *memory.Buffer, nulls int) arrow.Array {
		return array.MakeFromData(array.NewData(t, n, []*memory.Buffer{valid, zero}, nil, nulls, 0))
	}
	return &Blank{
		basis: column(arrow.PrimitiveTypes.Uint8, nil, 0), newest: column(arrow.FixedWidthTypes.Date32, null, n),
		rows: column(arrow.PrimitiveTypes.Int32, nil, 0),
	}
}

// Release frees the Arrow memory behind the snapshot.
func (s *Snapshot) Release() { s.Record.Release() }

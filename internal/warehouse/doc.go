// Package warehouse is the door for Parquet, in and out.
//
// In: a source (a file, a folder of part files, a glob or a Hive tree) is opened
// against its contract, columns are unified by role over part files whatever
// physical types a warehouse chose, and rows are streamed as Arrow record
// batches in one type per role. Out: columns of plain Go slices become a Parquet
// file with the same bytes every time.
//
// It refuses what it cannot read exactly: ids held as floats, lists (whose sizes
// it reads), encrypted, truncated or damaged files, times without a defined unit. A value that cannot
// be read as its column's role becomes null, and is counted as a finding. It
// does not know what a signal or an account is; signal builds on its batches,
// inspect and init on its descriptions.
package warehouse

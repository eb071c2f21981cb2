// Package intake turns a source's Arrow batches into plain checked columns. It
// is the one place that decides whether a raw value may be used at all: values
// that could not be parsed or lie outside their column's possible range are
// marked Bad and counted with their file, row and key; dates after the run's
// as-of date are counted.
//
// It refuses nothing and interprets nothing: what a bad value does to a number
// is for population and signal to say, which read every source through it.
package intake

// Package signal turns sources into one row of signal values per account, as of
// a list of dates, in one pass over each source's rows. It evaluates a plan's
// derivations and nothing else: it never looks at points, and it refuses to use
// anything that was not known at the date.
//
// A plan compiles to slots, one for every distinct aggregate, laid out as
// [date][account]. A row counts for one contiguous range of the ascending dates:
// from the day it was known and its value was, over its window or spell, up to
// the day a layout or a later date of its own ends it. So a row is read once
// however many dates there are; a row that counts for ever is written at its
// first date and carried forward at the end.
//
// Nothing depends on the order of rows: counts, minima, maxima and newest rows
// with ties broken by value do not by nature, and sums are exact to nine
// decimals. Of rows with one key the first in file and row order counts.
//
// An unusable value (unparsable, out of range, an unknown word) makes its account
// flawed as of the dates that would have used the row. It leaves the signal
// Invalid where nothing usable remains and, for latest, where it is the newest.
// A row that cannot be placed in time would have been used as of no date.
//
// The data come from intake, the accounts from population; score reads the
// Snapshots.
package signal

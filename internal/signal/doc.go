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
// A row is known from the day of its event, or from the day it became available
// in the warehouse where the source says so and that is later; windows stay on
// the event. A row that arrives late changes nothing as of the days before.
//
// Nothing depends on the order of rows: counts, minima, maxima and newest rows
// with ties broken by value do not by nature, and sums are exact to nine
// decimals. Of the rows with one key that are known as of a date, the first in
// file and row order counts.
//
// Memory is bounded whatever the number of rows: the slots by MemoryBudget, what
// tells rows with one key apart by KeyBudget, beyond which it goes to temporary
// files. No row is skipped, because every row is audited: what does not matter to
// any date is read once, and only the columns that matter are read again.
//
// An unusable value (unparsable, out of range, an unknown word) makes its account
// flawed as of the dates that would have used the row. It leaves the signal
// Invalid where nothing usable remains and, for latest, where it is the newest.
// A row that cannot be placed in time would have been used as of no date.
//
// The data come from intake, the accounts from population; score reads the
// Snapshots.
package signal

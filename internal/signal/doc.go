// Package signal turns sources into one row of signal values per account, as of
// a list of dates, in one pass over each source's rows. It evaluates a plan's
// derivations and nothing else: it never looks at points, and it refuses to use
// anything that was not known at the date.
package signal

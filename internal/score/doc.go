// Package score applies a compiled framework to a snapshot of signals: points,
// pillar scores, composite, status, coverage, the interval of what missing data
// could change, and every signal's contribution. It knows no files, no dates but
// the snapshot's, and no thresholds but the plan's. It refuses a framework whose
// scores would not be defined, and a portfolio with fewer than two measured
// pillars. It stands between signal, which says what is known, and advise, which
// says what to do.
//
// A snapshot (Score) and a stream of record batches of any length (Stream) go through
// the same kernels: every value becomes its row's number on the ladder, the numbers of
// a pillar's signals one state, and the state's outcome is looked up in a table that
// is computed once.
//
// # Definitions
//
// A signal is open for an account when its source is mapped and it applies to
// the account (rules, tenure). An open signal is known, or missing: no value, a
// stale, an invalid or an undatable one. Its span is the points of its best row
// minus those of its worst.
//
//	pillar score    100 * (points - least) / (most - least), over known levels and
//	                open modifiers; a missing modifier gives 0 points
//	level coverage  spans of known levels / spans of open levels
//	weight          weight * level coverage, made to sum to 1 over the pillars
//	composite       sum of weight * pillar score
//	coverage        sum of w * (spans of known signals / spans of open signals),
//	                levels and modifiers alike, w the framework's weights made to
//	                sum to 1 over the pillars that have an open level
//	interval        least and greatest composite over all ways in which every
//	                missing signal could turn out, today's composite included
//
// A pillar without an open level has no part in an account: its weight goes to
// the others and coverage is unaffected. A pillar with open levels of which none
// is known has no score, but lowers coverage.
//
// Once every missing signal has a value, a pillar's bounds and weight no longer
// depend on the values, so the composite is a sum over signals and its extremes
// are reached with every missing signal on its worst, or its best, row. Today's
// composite usually lies between them but need not: where a pillar with known
// modifiers has few known levels, its modifiers weigh less today than they will.
// The interval therefore includes it explicitly.
//
// A pillar that somebody set by hand has that score, whatever its signals are: its
// level coverage is 1, it counts as fully known in coverage, and it adds weight *
// score to both ends of the interval. Its signals keep their rungs and points, but
// contribute and cost nothing. It has a part in the account even where it has no
// open level. A signal that is set by hand is a known one like any other.
//
// On the clamp scale a pillar score is the literal sum of known points clamped
// to 0..100; weights, coverage and interval are defined alike.
package score

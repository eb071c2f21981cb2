// Package mapping guesses, for `init`, how tables it has never seen fit the
// data contract: which table is which canonical source, and which of its columns
// is which canonical column. It is handed descriptions of tables (names, types,
// counts, samples, a sketch of each column's values) and hands back a Mapping,
// which prints as a commented health.yaml and as a report for the terminal.
//
// A guess is made from names (tokens, abbreviations, the habits of Salesforce,
// Stripe, HubSpot and plain SaaS databases), types, value ranges, vocabularies,
// and from which columns hold ids of the accounts table. Each has a confidence
// and its reasons in words; whatever is doubtful is marked for a person to check.
// Columns are assigned to a source as a whole, so that no file column is used
// twice within one source and the total is best.
//
// It refuses to guess where a guess would give a wrong number: monthly revenue
// is not mapped as annual, a customer's own revenue is not its ARR, shares above
// 1 are not ratios, seconds since 1970 are not dates. Such columns are named with
// what to export instead. A source whose required columns were not found is
// written as a comment.
//
// The package is pure: no files, no clock, and the same result for any order of
// tables and columns. It sits above source, diag and plan, beside the command
// line, which converts warehouse's descriptions; nothing but `init` uses it.
package mapping

// Package saveplan writes what is done about one account in the next 90 days:
// four phases of four tasks for an account at risk, filled from its own risks,
// values and dates; for every other account what deepens the relationship, what
// lowers its risks and, where its status expands, what sells more. Tasks come
// from the plays that answer the account's signals; owners are the roles that the
// framework names. It stands behind portfolio, whose types its results are.
package saveplan

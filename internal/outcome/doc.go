// Package outcome says what followed: which levels of which signals came before
// losses in this portfolio's own history, and what became of the accounts for
// which a play was run. It counts, with intervals and corrected for how many
// comparisons it tried; it claims no cause. It is handed scored days, losses and
// play runs, and stands behind portfolio, whose types its results are.
package outcome

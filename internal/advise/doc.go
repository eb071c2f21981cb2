// Package advise says what to do about every scored account: the risks it runs
// and what shows them, the single change that would gain most, the smallest
// bundle of changes that would gain enough, and the play that answers it, with
// who does it and by when. Every gain is a rescoring, never an estimate. It reads
// scores and signal values only and refuses to advise on accounts outside the
// scored population. It stands between score and the reports.
package advise

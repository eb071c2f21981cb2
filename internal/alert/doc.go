// Package alert says who must be told what about a scored day: which accounts
// fell or met an event since the previous review, which alerts of earlier runs
// are still open, and which are over. It is handed scores, advice, snoozes and
// the alerts of the run before; it sends nothing and knows no files. It stands
// behind portfolio, whose types its results are.
//
// # What one alert is
//
// An account gets at most one alert a day, with every trigger that fired: a
// champion who left and the fall that followed are one message, not four. Its key
// is the account and the day, so that any number of reruns of that day give the
// same keys and a sender delivers once.
//
// A trigger fires when its condition holds now and did not at the review before.
// It does not fire again while an alert that it raised is open, except where the
// figure has fallen by as much again since. An alert stays open while any of its
// conditions holds: a fallen score until it is back within the threshold of where
// it was, a status until it changes, an event until its signal says otherwise.
//
// A signal that got worse for much of the portfolio at once says something about
// its source, or about everybody; either way it is one alert. What single accounts
// lost by it is taken out before their triggers are looked at, by rescoring them
// with the signal where it was.
package alert

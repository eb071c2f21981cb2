// Package calibrate judges the weights of a health score against churn: how well
// the score and each pillar foretold it, which weights the data would have
// preferred, how sure that is, and whether it is enough to propose a change.
//
//	result, err := calibrate.Run(ctx, sample, calibrate.Options{Seed: 1})
//
// A Sample is one row per account and snapshot date: pillar scores as of the
// date, and whether the account churned in the window after it. Numbers in,
// numbers out: the package sees no file, no framework and no clock, decides for
// nobody (a person accepts or rejects its proposal), and the number of pillars is
// whatever the sample has. Keeping the current weights is a full result.
//
// The model is logit P(churn) = a - b sum_k w_k x_k with w >= 0 and sum w = 1, a
// being one intercept per snapshot date and segment (and kind of rows, where their
// outcome windows differ). With beta = b w it is
// logistic regression with beta >= 0. The free weights are shrunk towards the
// current ones by the strength of the evidence against these, and are proposed
// only if five gates hold (see Decision).
//
// Inference is clustered by account throughout, and "events" are distinct
// churned accounts. Equal samples, options and seeds give equal results at any
// parallelism. A degenerate sample (nobody churned, one account, a constant or
// duplicated pillar, perfect separation) is an answer in words, not an error, and
// no field of a Result is ever NaN or infinite.
//
// Beside the weights a Result judges every rule of the score alone (RuleEvidence),
// maps the score to a probability as far as the churned accounts allow
// (Probability), gives the points of the usual charts (Curves), and says which
// words all that allows in a report (Claim).
//
// Audit judges the score that people saw, instead of today's pillars: base rate
// first, then what its statuses reached, how early, and the accounts it got wrong.
// Survive looks at the time accounts stayed. docs/calibration.md explains every
// figure and gives its source.
//
// Measured by TestCoverage and TestDecisionRates on 300 simulated panels each
// (700 accounts, four dates): with 107 events, 95% intervals cover the truth in
// 94.9% of unconstrained coefficients and in 93.2% of shrunk weights; with 200
// events, weights that are the truth were replaced in 1 of 300 samples, and equal
// weights in place of .45/.10/.15/.30 were contradicted in 287.
package calibrate

// Package assess measures how well a score foretold an outcome: association,
// ranking, separation, drift, rates, the quality of probabilities, what flagging
// by the score reaches, and the time to leaving. Numbers in, numbers out; it knows
// no file, no account, no date and no clock, and it decides nothing. Package
// calibrate builds its evidence and its decision on it.
//
// Conventions, everywhere in this package:
//
//   - churned[i] true is the positive class, and a LOW score is risk. The area
//     under the ROC curve is therefore P(score of a churned row < score of a
//     kept row) plus half the ties; 1 is perfect, 0.5 is chance.
//   - Slices of one call have one length, one element per row, in any order;
//     none is modified. Where equal scores need an order, the row index decides.
//   - A figure that cannot be computed (no churned row, a constant column, a
//     value that is not finite, slices of different lengths) is returned with OK
//     false and the reason in Why, and its value is 0. No function returns NaN or
//     an infinity, and none panics.
//   - Intervals are two-sided 95%.
//
// Everything is O(n log n) or better in rows; fits are O(n k^2) a step.
package assess

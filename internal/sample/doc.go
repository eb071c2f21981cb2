// Package sample writes a made-up company's warehouse: every canonical source,
// as Parquet part files with the habits of real exporters, together with the
// health.yaml that fits them. It exists so that the job can be tried, shown and
// tested without anybody's data, and so that its calibration can be judged
// against a truth that is known.
//
// # The model
//
// Each account has four latent healths, one a pillar, correlated through a
// shared factor. They drift week by week and are shocked by events (a champion
// leaves, an outage, a budget cut, a merger, a new use case). Everything that is
// exported is measured from them with noise: usage, tickets, invoices,
// opportunities, contacts, surveys, meetings. Losses are decided from the same
// latents, at the dates on which a contract lets a customer decide, with weights
// of their own: Truth. A score therefore sees health through its signals, churn
// sees health itself, and recovering Truth from the exports is not circular.
// The levels on which signals depend (levels.go) are set so that each pillar's
// score rises by about the same amount for a unit of its latent, with about the
// same noise; else weights of latents and weights of scores would not compare.
//
// It refuses options that make no sense and touches neither clock, environment
// nor files: bytes go to a Sink. Equal options give equal bytes, whatever the
// number of processors: every account draws from generators seeded by the
// options' seed, its own number and the purpose. Accounts are made in blocks of
// bounded size, so a million of them need no more memory than a few thousand.
package sample

// Package labelled reads a team's own labelled table: one row per account, or per
// account and snapshot date, with the pillar scores of the day and whether the
// account churned afterwards. It turns CSV or Parquet into the rows that calibrate
// judges, finds the columns by their names as init does, and refuses what it
// cannot read exactly, with the place. It labels nothing itself: what the table
// says is taken as it stands, and the table's author answers for its dates.
package labelled

// Accounthealth scores every customer account from a warehouse's Parquet
// exports, says each quarter how well the score foretold churn and whether other
// weights would have done better, and writes the workbooks that leadership reads.
//
//	accounthealth sample --out sample          a generated warehouse to try it on
//	accounthealth init --exports DIR           look at your exports, write health.yaml
//	accounthealth validate -c health.yaml      check settings, framework and exports
//	accounthealth audit-sources -c health.yaml how far each source can be trusted today
//	accounthealth run -c health.yaml           the quarterly job, published to out/<as-of>/
//	accounthealth calibrate -c health.yaml     would other weights have foretold churn better; or --sample FILE
//	accounthealth audit -c health.yaml         how well the score in force foretold churn; --bar for a scheduler
//	accounthealth simulate --weights ...       what other weights or cut-offs would have done
//	accounthealth framework apply FILE         accept a suggested framework as the next version
//	accounthealth explain ACCOUNT              one account's score, down to the row and rule
//	accounthealth compare A B C                accounts side by side; or --top 10, --where segment=smb
//	accounthealth missing -c health.yaml       accounts whose status depends on missing data
//	accounthealth overrides -c health.yaml     values set by hand, and whether they were right
//	accounthealth history list                 the kept snapshots; erase takes an account out
//	accounthealth framework init               write a framework of your own; show, validate, diff, test, schema
//	accounthealth assess FORM.yaml             one account from a form, without exports
//
// score and report run parts of the job. Every command documents
// itself with --help. Exit codes: 0 done; 1 the run failed; 2 usage or
// configuration; 3 bad input data; 4 a gate stopped publication; 5 published with
// findings that were asked to be told; 130 and 143 on signals.
package main

import (
	"os"
	_ "time/tzdata" // time_zone works on machines without a zone database

	"accounthealth/internal/cli"
)

func main() { os.Exit(cli.Main()) }

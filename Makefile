# `make run` and `make test` are all a newcomer needs; both work with Go alone.
GO ?= go
ACCOUNTS ?= 2000
MONTHS ?= 30
SEED ?= 1
SAMPLE ?= sample
FUZZTIME ?= 10s
PYTHON ?= python3
WIDE ?= 5000000
RUNS ?= 5
USAGE ?= 20000000
SHEET ?= 1000000

.PHONY: fuzz run test test-long build bench bench-go bench-scan bench-wide bench-usage bench-refit bench-workbook lint check clean

## run: generate a sample warehouse and run the whole job on it
run: build
	./bin/accounthealth sample --out $(SAMPLE) --accounts $(ACCOUNTS) --months $(MONTHS) --seed $(SEED)
	./bin/accounthealth run -c $(SAMPLE)/health.yaml

## test: every test that must pass before a change lands
test:
	$(GO) test ./...

## test-long: simulations with a known truth, minutes long
test-long:
	$(GO) test -tags long -run Long -timeout 60m -v ./internal/job
	$(GO) test -run 'Coverage|Adoption|DecisionRates|RuleErrors' -v -timeout 60m ./calibrate -coverage-samples 200

## fuzz: every parser on mangled input, FUZZTIME each
fuzz:
	@set -e; $(GO) list -f '{{$$d := .Dir}}{{range .TestGoFiles}}{{$$d}}/{{.}} {{end}}{{range .XTestGoFiles}}{{$$d}}/{{.}} {{end}}' ./... | tr ' ' '\n' | \
	xargs grep -Eo '^func Fuzz[A-Za-z0-9]+' | sort | while IFS=: read -r file name; do \
		name=$${name#func }; echo "$$name in $$(basename $$(dirname $$file))"; \
		$(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "$$(dirname $$file)"; \
	done

## build: the command, in bin/
build:
	$(GO) build -trimpath -o bin/accounthealth ./cmd/accounthealth

## bench: every benchmark, and the job's heavy parts beside their peers
bench: bench-go bench-scan bench-wide bench-usage bench-refit bench-workbook

## bench-go: the packages' benchmarks, once
bench-go:
	$(GO) test -run '^$$' -bench . -benchmem ./...

## bench-scan: reading one wide file against DuckDB, pyarrow and pqarrow
bench-scan: build
	$(PYTHON) testdata/bench/scan_all.py bin/accounthealth --accounts $(WIDE) --runs $(RUNS)

## bench-wide: one wide file against DuckDB and polars
bench-wide: build
	$(PYTHON) testdata/bench/bench.py bin/accounthealth --accounts $(WIDE) --runs $(RUNS)

## bench-usage: the default framework's usage signals at 25 dates against DuckDB
bench-usage:
	$(PYTHON) testdata/bench/usage.py --rows $(USAGE)

## bench-refit: 1,000 account-bootstrap refits of a million rows against scikit-learn and statsmodels
bench-refit:
	mkdir -p bin/bench
	$(GO) test -tags bench ./calibrate -run RefitBench -count 1 -v -timeout 60m -refit-out $(CURDIR)/bin/bench
	$(PYTHON) testdata/bench/refit.py bin/bench

## bench-workbook: workbooks against XlsxWriter and, where there is cargo, rust_xlsxwriter
bench-workbook: build
	$(GO) build -trimpath -o bin/workbook ./testdata/bench/workbook
	$(PYTHON) testdata/bench/workbook.py bin/accounthealth bin/workbook --rows $(SHEET)

## lint: formatting, vet, static analysis
lint:
	@unformatted=$$($(GO) tool gofumpt -l cmd internal calibrate reports); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run: go tool gofumpt -w .):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

## check: lint and test
check: lint test

clean:
	rm -rf bin $(SAMPLE)

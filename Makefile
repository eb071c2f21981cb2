# `make run` and `make test` are all a newcomer needs; both work with Go alone.
GO ?= go
ACCOUNTS ?= 2000
MONTHS ?= 30
SEED ?= 1
SAMPLE ?= sample
PYTHON ?= python3
WIDE ?= 5000000
RUNS ?= 5

.PHONY: run test test-long build bench lint check clean

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

## build: the command, in bin/
build:
	$(GO) build -trimpath -o bin/accounthealth ./cmd/accounthealth

## bench: every benchmark, once, and one wide file against DuckDB and polars
bench: build
	$(GO) test -run '^$$' -bench . -benchmem ./...
	$(PYTHON) testdata/bench/bench.py bin/accounthealth --accounts $(WIDE) --runs $(RUNS)

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

# Every target says what it does; `make` prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export CGO_ENABLED := 0

.PHONY: help run test bare-test check bench bench-go bench-insight fuzz race schema generate verify tools-tidy

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

run: ## build the demo shop and serve its console
	go run ./cmd/joren demo

test: ## everything CI runs: checks, unit, store, page and script tests on both engines
	./.ci/prepare
	./.ci/test

bare-test: ## prove `make test` on a minimal Debian that has nothing (root, debootstrap; half an hour)
	./.ci/bare

check: ## the quick checks: gofmt, vet, staticcheck, floors, generated files
	./.ci/check

bench: ## measure purchases per second against the floor (see docs/performance.md)
	go run ./cmd/joren bench

bench-go: ## Go benchmarks of the judge, the ledger, db and the statistics
	go test -run '^$$' -bench . -benchmem ./internal/rules ./internal/ledger ./internal/db ./internal/stats

bench-insight: ## back-tests on the public data sets in ../shared/data, and ten million purchases in memory
	./.ci/bench-insight

fuzz: ## every fuzz target for FUZZTIME (default 20s) each
	./.ci/fuzz

race: ## the tests of everything that works at once, under the race detector (needs gcc)
	./.ci/race

schema: ## write the committed schema dumps, programme schema and OpenAPI document
	UPDATE=1 go test -count=1 -run Committed ./internal/db ./internal/api
	go test ./internal/plan -run Schema -update

generate: ## write the generated page code
	./.ci/generate

verify: ## prove the books of the demo database
	go run ./cmd/joren verify

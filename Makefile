# The one entry to everything a person does here. Plain `make` lists it.
.DEFAULT_GOAL := help
.PHONY: setup build release test check check-all fmt lint demo serve bench hooks help

# Warnings are errors here and in CI, not in somebody else's build with a newer compiler.
export MAGPIE_STRICT := 1

IMPORTS := --explicit-target-dependency-import-check error
SWIFT_FILES := $(wildcard Sources Tests Benchmarks Package.swift)
FORMAT := --recursive --parallel --configuration .swift-format $(SWIFT_FILES)

setup: ## Install what is missing on this machine (says what; quiet when nothing is)
	@scripts/setup

build: ## Debug build
	swift build $(IMPORTS)

release: ## Release build: .build/release/magpie
	swift build -c release --product magpie $(IMPORTS)

test: ## All tests
	swift test $(IMPORTS)

check: lint test ## Lint and tests: what a commit must pass

check-all: check release ## The same, NEON kernels emulated, the API fuzzed, and the tests under both sanitizers
	scripts/check-neon
	scripts/check-api
	scripts/sanitize address
	scripts/sanitize thread

fmt: ## Format all Swift files in place
	@swift format --in-place $(FORMAT)

lint: ## Report what is not formatted or breaks a rule of .swift-format
	@swift format lint --strict $(FORMAT)

demo: ## From nothing to films: set up, build, get MovieLens, import, train, search, recommend
	@scripts/demo

serve: release ## Answer HTTP requests from the demo's home
	.build/release/magpie serve --home ./demo-home

bench: release ## Quality, determinism, a large import: all of Benchmarks/ (some 8 minutes)
	@test -n "$(wildcard Benchmarks/*.sh)" || { echo "Benchmarks has no scripts" >&2; exit 1; }
	@for script in $(wildcard Benchmarks/*.sh); do echo "== $$script"; "$$script" || exit 1; done

hooks: ## Install a git pre-commit hook that runs lint
	@scripts/install-hooks

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

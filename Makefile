# `make demo` and `make test` do all of their own set-up; `make help` lists the rest.

ENV_PYTHON := $(shell bash deploy/setup.sh --env-path)
PY          = $(ENV_PYTHON)
BIN         = $(dir $(ENV_PYTHON))
ENV_DIR     = $(abspath $(BIN)../..)
LAB_WORKERS ?= 4
CHECKED     = hawatch deploy grafana tests $(wildcard nagios/check_hawatch)

# keepalived, nft and ip live in sbin, which `su` without a dash leaves out
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-tests demo example test test-integration test-packaging test-campaign lint type imports unit lab soak sbom bench-paging bench-failovers bench-texting bench-starting bench-flood fuzz test-crash campaign bench-detection docs deb screenshots lock env-path clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 25

setup: ## Debian packages, the user hawatch, the Python environment (needs root)
	@bash deploy/setup.sh

setup-tests: ## and the monitoring systems that the tests run for real
	@bash deploy/setup.sh --tests

demo: setup ## a real pair with an agent on each node: steady, split brain, steady (KEEP=1 leaves it running)
	@$(PY) -m deploy.lab.demo $(if $(KEEP),--keep)

example: ## two nginx, two VIPs, a client: six events, what each costs and who is told (EXAMPLE_ARGS="--interval 0.3 nginx")
	@bash deploy/setup.sh --example
	@$(PY) -m deploy.examples.nginx_pair $(EXAMPLE_ARGS)

test: setup-tests lint type imports ## every gate: ruff, mypy, import-linter, pytest with the lab
	@echo "test: pytest, $(LAB_WORKERS) at a time"
	@HAWATCH_TEST_ALL=1 $(PY) -m tests.gate -q -m "not integration and not packaging and not campaign" -n $(LAB_WORKERS) --maxschedchunk 1 $(PYTEST_ARGS)

test-integration: setup-tests ## Nagios, Icinga, Prometheus, Alertmanager, mail, fencing and a browser look at a split, for real
	@echo "test-integration: pytest, $(LAB_WORKERS) at a time"
	@HAWATCH_TEST_ALL=1 $(PY) -m tests.gate -q -m integration -n $(LAB_WORKERS) --maxschedchunk 1 $(PYTEST_ARGS)

test-packaging: setup-tests ## packages built, installed into roots of their own, upgraded, taken away
	@echo "test-packaging: pytest, 2 at a time"
	@HAWATCH_TEST_ALL=1 $(PY) -m tests.gate -q -m packaging -n 2 --dist loadfile $(PYTEST_ARGS)

test-campaign: setup ## a few fixed episodes of the campaign, while the machine does nothing else
	@HAWATCH_TEST_ALL=1 $(PY) -m tests.gate -q -m campaign -n 0 $(PYTEST_ARGS)

unit: ## the tests without the lab, as whoever you are
	@$(PY) -m pytest -q -m "not lab and not integration and not packaging and not campaign" $(PYTEST_ARGS)

# RELEASE=trixie has the lab's nodes run that Debian release's keepalived instead of the installed one
IN_LAB = $(if $(RELEASE),HAWATCH_LAB_KEEPALIVED=$$(bash deploy/lab/keepalived_release.sh $(RELEASE)) && export HAWATCH_LAB_KEEPALIVED &&)

lab: setup ## only the lab's tests (RELEASE=bullseye or trixie: with that Debian release's keepalived)
	@$(IN_LAB) HAWATCH_TEST_ALL=1 $(PY) -m pytest -q -m "lab and not integration" -n $(LAB_WORKERS) --maxschedchunk 1 $(PYTEST_ARGS)

fuzz: setup ## every decoder and parser, guided by coverage, for 20 s each (FUZZ_ARGS="--seconds 60 mail")
	@$(PY) -m tests.fuzz $(FUZZ_ARGS)

test-crash: setup ## kill the agents 200 times during nights on call, and see what is left (CRASH_ARGS="--kills 20")
	@$(PY) -m tests.crash --kills 200 --seed 1 --jobs 3 $(CRASH_ARGS)

campaign: setup ## grade the judge by random episodes on real pairs (CAMPAIGN_ARGS="--episodes 1000 --jobs 6 --resume", RELEASE=…)
	@$(IN_LAB) $(PY) -m tests.campaign --jobs 2 $(CAMPAIGN_ARGS)

bench-detection: setup ## how long from the second VIP to the verdict split_brain (BENCH_ARGS="--repeat 3")
	@$(PY) -m tests.bench.detection $(BENCH_ARGS)

soak: setup ## does anything of an agent grow: an hour at 255 virtual routers (SOAK_ARGS="--minutes 3")
	@$(PY) -m tests.soak $(SOAK_ARGS)

sbom: setup ## what the agent is made of, as CycloneDX, into dist/
	@$(PY) -m deploy.sbom --output dist/hawatch.cdx.json

bench-paging: setup ## how long from the verdict to the text, and from the answer to both agents (BENCH_ARGS="--repeat 3")
	@$(PY) -m tests.bench.paging $(BENCH_ARGS)

bench-failovers: setup ## 1,000 planned failovers and failbacks at A = 0.1 s, and every word of a split brain counted
	@$(PY) -m tests.bench.failovers --record build/planned-moves.jsonl $(BENCH_ARGS)

bench-texting: setup ## how long from the verdict to the text in smsd's hands, 100 times (BENCH_ARGS="--repeat 20")
	@$(PY) -m tests.bench.texting $(BENCH_ARGS)

bench-starting: setup ## how long from the start of an agent to its first verdict
	@$(PY) -m tests.bench.starting $(BENCH_ARGS)

bench-flood: setup ## a split under 20,000 advertisements a second, beside one without
	@$(PY) -m tests.bench.flood $(BENCH_ARGS)

lint: ## ruff: rules and format
	@echo "lint: ruff"
	@$(PY) -m ruff check -q .
	@$(PY) -m ruff format -q --check .

type: ## mypy, strict
	@echo "type: mypy"
	@$(PY) -m mypy --no-error-summary $(CHECKED)

imports: ## import-linter: imports only descend
	@echo "imports: import-linter"
	@output=$$($(BIN)lint-imports --no-cache 2>&1) || { printf '%s\n' "$$output" | sed 's/^.*[║╔╚╝].*$$//' | cat -s; exit 1; }

docs: ## write what is made from code anew: tables in docs/, man pages, completions, dashboards
	@$(PY) -m docs.generate_verdicts
	@$(PY) -m docs.generate_lint
	@$(PY) -m docs.generate_alerts
	@$(PY) -m docs.generate_configuration
	@$(PY) -m docs.generate_man
	@$(PY) -m docs.generate_completions
	@$(PY) -m hawatch.exporter.metrics_doc >docs/metrics.md
	@$(PY) -m grafana.make_dashboards

deb: setup ## the Debian package, into dist/
	@deploy/debian/build --output dist
	@$(PY) -m deploy.sbom --output dist/hawatch.cdx.json

screenshots: setup-tests ## the page's pictures for the documents, from a real pair (docs/images)
	@$(PY) -m deploy.lab.screenshots

lock: ## pin requirements/*.txt anew, with hashes (needs root)
	@bash deploy/setup.sh --lock

env-path: ## the path of the environment's python
	@echo $(ENV_PYTHON)

clean: ## remove caches and the environment
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf "$(ENV_DIR)/venv" "$(ENV_DIR)/uv" "$(ENV_DIR)/stamp"
	@rmdir "$(ENV_DIR)" 2>/dev/null || true

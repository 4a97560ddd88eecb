# `make up` and `make test` are the two commands; everything else serves them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup up down check test test-all lint lock bench browser path
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# What is installed: a virtual environment that a CI cache kept is not filled again.
LOCKED := .venv/.requirements.lock
UV_VERSION := 0.13.9
EXCLUSIVE := $(PYTHON) sandbox/exclusive.py

help: ## what there is to do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: ## from a fresh clone to a prediction: install, start the sandbox, deploy, run the pipeline, ask
	@$(EXCLUSIVE) .sandbox/make.lock '`make up`' -- $(MAKE) .up

.PHONY: .up .setup
.up: .setup
	@$(BIN)/mlops sandbox start
	@$(BIN)/mlops sandbox exec -- pulumi up -s local --yes --skip-preview --suppress-progress
	@$(BIN)/mlops run pipeline --follow --once
	@PYTHONPATH=ml_code $(BIN)/mlops sandbox exec -- $(BIN)/python -m flights.ask
	@$(BIN)/mlops status
	@$(BIN)/mlops sandbox status

down: ## destroy the stack and stop the sandbox
	@if [ -x $(BIN)/mlops ] && $(BIN)/mlops sandbox status >/dev/null; then \
		$(BIN)/mlops sandbox exec -- pulumi destroy -s local --yes --skip-preview --suppress-progress; fi
	@if [ -x $(BIN)/mlops ]; then $(BIN)/mlops sandbox stop; fi

setup: ## everything that the others need: .venv and the Pulumi engine
	@$(EXCLUSIVE) .sandbox/make.lock '`make`' -- $(MAKE) .setup

.setup: $(STAMP)
	@$(BIN)/python -m mlops_sandbox.engine

# Not `uv sync`: requirements.lock has hashes and no index's address, so any mirror serves it.
$(STAMP): pyproject.toml sandbox/pyproject.toml requirements.lock
	@echo "setup: installing the locked packages into .venv"
	@$(PYTHON) -c 'import sys; sys.exit("setup: Python 3.11 or newer is needed, this is " + sys.version.split()[0] + \
		": make PYTHON=python3.12 …") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@cmp -s requirements.lock $(LOCKED) || { rm -f $(LOCKED) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) && \
		$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock && \
		cp requirements.lock $(LOCKED); }
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e . -e sandbox
	@$(BIN)/python -m compileall -q infra sandbox/mlops_sandbox ml_code
	@touch $@

path: ## the folders that belong on PATH after `make setup`, one a line
	@$(BIN)/python -m mlops_sandbox.engine --folder
	@echo $(CURDIR)/$(BIN)

# What a pull request's first job runs; CHECK_TESTS narrows the tests, CHECK_LINT=no leaves out types and layers.
CHECK_TESTS ?= tests/unit
CHECK_LINT ?= yes
check: setup ## formatting, lint, types, layers and the unit tests: what a pull request runs first
ifeq ($(CHECK_LINT),yes)
	@$(MAKE) lint
endif
	@$(BIN)/pytest -n 2 --dist loadfile -m "not slow" $(CHECK_TESTS)

test: ## formatting, lint, types, layers and the fast tests
	@$(EXCLUSIVE) .sandbox/make.lock '`make`' -- $(MAKE) .setup
	@$(MAKE) lint
	@$(MAKE) browser
	@$(BIN)/pytest -n 2 --dist loadfile -m "not slow"

test-all: setup lint browser ## the same with the slow tests
	@$(BIN)/pytest -n 2 --dist loadfile

lint: ## ruff, mypy, import-linter, zizmor; actionlint where it is installed
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/zizmor --offline --quiet .github >/dev/null || $(BIN)/zizmor --offline .github
	@if command -v actionlint >/dev/null; then actionlint; fi
	@told=$$(PYTHONPATH=ml_code $(BIN)/lint-imports --no-cache 2>&1) || { echo "$$told"; exit 1; }

browser: ## a headless browser for the page's tests
	@sh tests/browser.sh

bench: setup ## speed, as ratios in one run
	@$(BIN)/python -m bench

# Without the extra `azure`: 150 MB that only a new workspace on Azure needs.
lock: ## resolve the dependencies again into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml sandbox/pyproject.toml --extra cli --extra ml --extra dev --universal --generate-hashes \
		--python-version 3.11 --no-header --quiet -o requirements.lock

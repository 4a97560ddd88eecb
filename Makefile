# `make up` and `make test` are the two commands; everything else serves them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup up down test test-all lint lock bench

PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
STAMP := .venv/.installed

help: ## what there is to do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## everything that the others need: .venv and the Pulumi engine
	@$(BIN)/python -m mlops_sandbox.engine

$(STAMP): pyproject.toml sandbox/pyproject.toml requirements.lock
	@echo "setup: installing the locked packages into .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || true
	@touch $@

lock: ## resolve the dependencies again into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml sandbox/pyproject.toml --all-extras --universal --generate-hashes \
		--python-version 3.11 --no-header --quiet -o requirements.lock

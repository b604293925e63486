# Everything on a fresh machine: each command makes .venv on its first run, with the versions of constraints.txt.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
WORKERS ?= 2
# Byte code makes the second start fast; some container images switch it off.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /make \1	/' | expand -t 14

demo: $(READY)  ## simulate, grade, train, rank: in the window, or headless where there is no display (ARGS="…" is passed on)
	@if [[ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" || "$$(uname)" == Darwin ]]; \
	then $(BIN)/astrolens demo $(ARGS); else $(BIN)/astrolens demo --headless $(ARGS); fi

test: $(READY)  ## the whole test suite (ARGS="tests/core -x" for a part)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS) || { \
	echo "What failed beside other tests is run again, alone:"; \
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(ARGS); }

lint: $(READY)  ## style, types and layer contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean:  ## remove the environment, caches and builds; never a project or a label
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis demo-out
	find astrolens_gui plugins resources tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "AstroLens needs Python 3.11 or newer; there is no $(PYTHON) (make PYTHON=/path/to/python3.11)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "AstroLens needs Python 3.11 or newer; this is $$($(PYTHON) -V) (make PYTHON=/path/to/python3.11)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "$(PYTHON) cannot make environments; install its venv module (Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Making .venv (about 1.5 GB and a few minutes, once) …"
	@[[ -x $(BIN)/python ]] || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --upgrade "setuptools>=77"
	@$(BIN)/python -m pip install -q --no-build-isolation -c constraints.txt -e ".[test,team,bench,parquet,simulate]"
	@touch $@

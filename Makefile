# `make run` serves Twelvelead at http://127.0.0.1:8080, `make test` checks all that is quick to check.
# Settings: PYTHON, PORT, HOST, and TORCH_INDEX (a package index that has torch's CPU build).
SHELL := /bin/bash
PYTHON ?= $(or $(shell command -v python3.11),python3)
HOST ?= 127.0.0.1
PORT ?= 8080
TORCH_INDEX ?=
DATA ?= $(ECG_DATA_DIR)
MINUTES ?= 20
SEED ?=
BIN := .venv/bin
# A worker that is done takes over tests of another, so that none sits out the longest file of the other
PARALLEL := -n 2 --dist worksteal
UV := uv==0.13.8

# Where it is set, each of the hundreds of processes that the tests start compiles all modules anew
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run setup test test-all fuzz faults reproduce lint lock notebooks screenshot bench python browser

help:
	@echo "make run         the page, at http://$(HOST):$(PORT)/   (PORT=9000 make run for another port)"
	@echo "make test        linters, types and the quick tests; make test-all adds the slow ones"
	@echo "make setup       .venv with the locked packages, which the others do by themselves"
	@echo "make notebooks   runs the notebooks on simulated data; make screenshot draws docs/page.png"
	@echo "make fuzz        hostile inputs for MINUTES=20; make faults breaks processes, disks and clients on purpose"
	@echo "make bench       measures against the bare loop and other servers, for benchmarks/README.md"
	@echo "make reproduce   trains small_cnn again, DATA=DIR, and holds it to the figures of its card"
	@echo "make lock        chooses the newest versions that pyproject.toml allows, for the lock files"

run: setup
	@$(BIN)/twelvelead serve --compile --host "$(HOST)" --port "$(PORT)"

setup: python
	@$(PYTHON) scripts/setup.py --torch-index "$(TORCH_INDEX)"

test: lint browser
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow and not faults"

test-all: lint browser
	$(BIN)/python -m pytest $(PARALLEL) -m "not faults" -o faulthandler_timeout=1200

fuzz: setup
	$(BIN)/python scripts/fuzz.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

faults: setup browser
	$(BIN)/twelvelead compile --all
	$(BIN)/python -m pytest -m faults tests/faults

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

reproduce: setup
	@test -n "$(DATA)" || { echo "make reproduce DATA=DIR: name the folder of pages, one folder a class" \
	  "(twelvelead data fetch brings the public ones)." >&2; exit 1; }
	$(BIN)/twelvelead train small_cnn --data "$(DATA)" --work runs/reproduce --models runs/reproduce/models
	$(BIN)/python -m twelvelead.training.studies.reproduced small_cnn --again runs/reproduce/models

notebooks: setup
	$(BIN)/python -m pytest tests/project/test_notebooks.py

screenshot: setup browser
	$(BIN)/python scripts/screenshot.py docs/page.png

LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --upgrade --no-annotate \
  --custom-compile-command "make lock" pyproject.toml

bench: setup
	@scripts/install_load_generator.sh
	$(BIN)/twelvelead compile --all
	$(BIN)/python -m benchmarks.run $(BENCH)

lock: setup
	$(BIN)/pip install -q "$(UV)"
	$(LOCK) --all-extras -o requirements-dev.lock
	$(LOCK) --extra native --extra compile -c requirements-dev.lock -o requirements.lock
	$(LOCK) -c requirements-dev.lock -o requirements-slim.lock

python:
	@version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null); \
	case "$$version" in 3.11|3.12|3.13) ;; *) \
	  echo "Twelvelead needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $${version:-not to be found}:" \
	    "name one, as in 'make $(firstword $(MAKECMDGOALS)) PYTHON=/usr/bin/python3.11'." >&2; exit 1;; esac

browser:
	@scripts/install_browser.sh

# Everything a fresh machine needs is set up by the target itself: Python 3.11+, git and make are enough.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check soak bench lock clean

help:  ## Show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(STAMP)  ## A virtual environment with everything, pinned by hash

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "autosd needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q $(VENV)/lib >/dev/null 2>&1 || true
	@touch $(STAMP)

demo: $(STAMP)  ## Fix a bundled project with several real bugs
	@BIN=$(abspath $(BIN)) ./examples/run_demo.sh

test: $(STAMP)  ## Everything CI runs
	@BIN=$(abspath $(BIN)) ./ci/run_ci.sh

check: $(STAMP)  ## The fast part: lint, types, floors, unit tests (under a minute)
	@BIN=$(abspath $(BIN)) ./ci/run_ci.sh --fast

soak: $(STAMP)  ## The large counts: every kill point, long random sequences
	$(BIN)/python -m pytest -m soak -n 2 -o faulthandler_timeout=0

bench: $(STAMP)  ## The tables of docs/explanation/performance.md
	$(BIN)/python -m benchmarks.run classics

lock: $(STAMP)  ## Pin the dependencies again, by version and hash
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --extra dev --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --strip-extras -o requirements.lock pyproject.toml

clean:  ## Remove what the targets above made
	rm -rf $(VENV) .demo .bench build *.egg-info

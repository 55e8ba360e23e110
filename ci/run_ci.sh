#!/usr/bin/env bash
# What CI runs, and what a person runs before pushing: the same words, in the same order, cheapest first.
# Usage: ci/run_ci.sh [--fast]
set -euo pipefail
cd "$(dirname "$0")/.."
BIN=${BIN:-.venv/bin}
[ -x "$BIN/python" ] || { echo "run 'make test' (it makes the virtual environment first)" >&2; exit 2; }
unset AUTOSD_HOME DATABASE_URL  # a developer's own settings never reach the tests

step() { printf '\n== %s\n' "$*"; "$@"; }

step "$BIN/ruff" check .
step "$BIN/ruff" format --check .
step "$BIN/mypy"
step "$BIN/lint-imports" --no-cache
if [ "${1:-}" = --fast ]; then
  # the warm server's and the benchmarks' own tests start many processes: they are left to the whole run
  step "$BIN/python" -m pytest tests/unit --ignore=tests/unit/inside --ignore=tests/unit/benchmarks -m "not slow and not soak" -n 2 --dist worksteal
else
  step "$BIN/python" -m pytest -m "not soak" -n 2 --dist worksteal --durations=25
fi

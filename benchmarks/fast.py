"""The repair engine alone, in this process: base, environment, one cold run of the tests, the search; no gates, nothing landed.

It tells how good the search is without the cost of a new process and of the proof. What it reports as proven is only the warm
server's word, so the figures that are published come from the command, never from here.
"""

from __future__ import annotations

import time
from pathlib import Path

from autosd.app import App, open_app
from autosd.coding.metering import Metered
from autosd.coding.repair.coder import RepairCoder
from autosd.domain.changes import Candidate
from autosd.intake.diagnosing import diagnose
from autosd.intake.running import ColdSuite
from autosd.intake.scope import limits_of, runner_of
from autosd.pipeline import task_of
from autosd.settings import load_settings, table
from benchmarks.isolated import HOME
from benchmarks.tool import Run


class Silent:
    """A ``Progress`` that tells nobody."""

    def step(self, name: str, detail: str = "") -> None:
        pass

    def update(self, *, done: int = 0, per_second: float = 0.0, seconds_left: float | None = None, detail: str = "") -> None:
        pass


def fix(folder: Path, *, seconds: float, seed: int = 0, python: Path | None = None) -> Run:
    """The first candidate of the search on ``folder``, as a run of the tool."""
    started = time.perf_counter()
    settings = load_settings({"AUTOSD_HOME": str(HOME)}, project=folder, options={"fix.max_seconds": seconds, "fix.seed": seed})
    with open_app(settings) as app:
        metered = Metered(Silent())
        diff, candidate = first_candidate(app, folder, python, metered)
        cost = metered.cost()
    spent = time.perf_counter() - started
    rate = cost.evaluated / cost.seconds if cost.seconds else 0.0
    if candidate is None:
        return Run("no_candidate_found", "", spent, cost.evaluated, rate, False, "")
    return Run("proven", diff, spent, cost.evaluated, rate, candidate.overfit.suspect, candidate.overfit.reason)


def first_candidate(app: App, folder: Path, python: Path | None, metered: Metered) -> tuple[str, Candidate | None]:
    deadline = time.monotonic() + app.settings[table.FIX_MAX_SECONDS]
    with app.repository.snapshot(folder, clean=False) as snapshot:
        env = app.toolchain.prepare(snapshot, python=python)
        suite = ColdSuite(app.sandbox, env, runner_of(app.settings, snapshot), limits_of(app.settings, deadline))
        diagnosis = diagnose(suite.sandbox, env, snapshot.root, runner=suite.runner, limits=suite.limits)
        task = task_of(app.settings, snapshot, diagnosis, suite, deadline)
        candidate = next(RepairCoder(app.sandbox).candidates(task, metered), None) if diagnosis.failing else None
        diff = app.repository.diff(snapshot, candidate.files) if candidate else ""
    return diff, candidate

"""Before and after, measured side by side: the suite of both commits, several times, in turns, each time in a fresh sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autosd.app import App
from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Measures
from autosd.domain.suites import SuiteEnding, SuiteRun
from autosd.intake.running import ColdSuite
from autosd.intake.scope import limits_of, on_any_tree, runner_of
from autosd.intake.sources.complexity import Complexity
from autosd.intake.sources.lint import Lint
from autosd.learning.signals import FEWEST_RUNS
from autosd.settings import table

_UNUSABLE = frozenset({SuiteEnding.ENVIRONMENT, SuiteEnding.NO_TESTS})


@dataclass(frozen=True)
class Side:
    """A commit or tree of the project's repository, with ``files`` (by path in the project) written over it."""

    tree: str
    files: Mapping[str, str | None] = field(default_factory=dict)


def measure_change(app: App, path: Path, before: Side, after: Side, *, repeats: int = FEWEST_RUNS) -> tuple[Measures, Measures]:
    """The project in ``path`` on both sides of a change; the caller holds the permit to run its tests.

    The order of the two alternates, so that a machine that grows slower meanwhile is as slow for both. Raises ``AUTOSD-MEASURE-FAILED``
    when a suite cannot run at all.
    """
    with app.repository.snapshot(path, clean=True) as snapshot:
        env = app.toolchain.prepare(snapshot, python=app.settings[table.FIX_PYTHON])
        limits = limits_of(app.settings, time.monotonic() + 2 * repeats * app.settings[table.TEST_TIMEOUT])
        run = on_any_tree(ColdSuite(app.sandbox, env, runner_of(app.settings, snapshot), limits), snapshot)
        sides = (app.repository.at(snapshot, side.tree, side.files) for side in (before, after))
        with next(sides) as early, next(sides) as late:
            first, second = in_turns(run, (early, late), repeats)
            lint, now = Lint(env.version), app.clock.now()
            return measures_of(first, early, lint, now), measures_of(second, late, lint, now)


def in_turns(run: Callable[[Path], SuiteRun], trees: tuple[Path, Path], repeats: int) -> tuple[list[SuiteRun], list[SuiteRun]]:
    """Pairs of runs, one of each tree, that change their order every time."""
    found: tuple[list[SuiteRun], list[SuiteRun]] = ([], [])
    for number in range(repeats):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            done = run(trees[side])
            if done.ending in _UNUSABLE:
                message = f"The suite cannot be measured: {done.ending}."
                raise AutosdError("AUTOSD-MEASURE-FAILED", message, "Run `autosd fix` on the project to see why.", exit_code=1)
            found[side].append(done)
    return found


def measures_of(runs: Sequence[SuiteRun], tree: Path, lint: Lint, now: datetime) -> Measures:
    """A test counts as passed when it ever passed."""
    return Measures(
        failing_tests=len(steadily_broken(runs)),
        tests_passed=len(set().union(*(run.passed for run in runs))),
        lint_errors=sum(_whole(signal.evidence.get("count")) for signal in lint.signals("", tree, now)),
        complexity=sum(_whole(signal.evidence.get("cyclomatic")) for signal in Complexity().signals("", tree, now)),
        run_seconds=tuple(run.seconds for run in runs),
    )


def steadily_broken(runs: Sequence[SuiteRun]) -> set[str]:
    """The tests that failed in every run, so that flaky ones are nobody's fault."""
    return set.intersection(*(set(run.broken) for run in runs))


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0

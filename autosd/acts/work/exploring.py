"""Getting ready to explore a project: which lines its suite runs, and a way to try small faults on it."""

from __future__ import annotations

from collections.abc import Mapping

from autosd.app import App
from autosd.domain.suites import Diagnosis, SuiteRun
from autosd.intake.running import ColdSuite
from autosd.intake.scope import on_any_tree
from autosd.intake.sources.code import python_paths
from autosd.intake.sources.exploration import Exploration
from autosd.ports import Snapshot
from autosd.settings import table


def exploration_of(app: App, snapshot: Snapshot, suite: ColdSuite, diagnosis: Diagnosis) -> Exploration:
    """One more run of the suite; the rest is spent when the source is asked, at most ``worker.explore_seconds``."""
    reached = suite(snapshot.root, reach=tuple(python_paths(snapshot.root))).reached
    run = on_any_tree(suite, snapshot)

    def attempt(files: Mapping[str, str]) -> SuiteRun:
        with app.repository.apply(snapshot, files) as tree:
            return run(tree)

    day = app.clock.now().toordinal()
    return Exploration(diagnosis, reached, attempt, app.settings[table.EXPLORE_SECONDS], seed=day)

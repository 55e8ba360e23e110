"""Tests that fail and then pass on the same tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autosd.domain.signals import Signal, SignalKind
from autosd.domain.suites import Diagnosis
from autosd.intake.sources.tests_seen import bare, paths_of, results_of, shown


@dataclass(frozen=True)
class FlakyTests:
    """Seen twice to differ: what they say then depends on something that the test does not hold still."""

    diagnosis: Diagnosis
    name = "flaky-tests"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        results = results_of(self.diagnosis.run)
        by_test: dict[str, list[str]] = {}
        for test in self.diagnosis.flaky:
            by_test.setdefault(bare(test), []).append(test)
        for test, runs in by_test.items():
            result = results.get(runs[0])
            failure = result.failure if result else None
            why = f"{failure.kind}: {failure.message}"[:300] if failure else "it ended differently"
            said = f"{test} fails and passes on the same tree ({why})"
            evidence = {"tests": shown(runs), "failure": why}
            yield Signal(SignalKind.FLAKY_TEST, project, test, said, now, 0.6, 0.95, paths_of(runs, root), evidence, source=self.name)

"""Tests that take over a second and ten times as long as most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autosd.domain.signals import Signal, SignalKind
from autosd.domain.suites import Diagnosis
from autosd.intake.sources.tests_seen import bare, paths_of, results_of


@dataclass(frozen=True)
class SlowTests:
    """How bad it is, is the part of the whole run that they take, since that is what everybody waits for."""

    diagnosis: Diagnosis
    name = "slow-tests"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        results = results_of(self.diagnosis.run)
        all_seconds = max(0.001, sum(result.seconds for result in self.diagnosis.run.results))
        seconds: dict[str, float] = {}
        for test in self.diagnosis.slow:
            seconds[bare(test)] = seconds.get(bare(test), 0.0) + results[test].seconds
        for test, took in seconds.items():
            share = took / all_seconds
            severity = round(min(1.0, 0.2 + 0.5 * share + min(0.3, took / 100)), 4)
            said = f"{test} takes {took:.1f} s of the {all_seconds:.1f} s that all tests take"
            evidence = {"seconds": round(took, 3), "share": round(share, 4)}
            yield Signal(SignalKind.SLOW_TEST, project, test, said, now, severity, 0.7, paths_of([test], root), evidence, source=self.name)

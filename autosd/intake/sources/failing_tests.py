"""Tests that fail: one signal for each cause, as far as the failures tell their causes apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from pathlib import Path

from autosd.domain.signals import Signal, SignalKind
from autosd.domain.suites import Diagnosis, FailureGroup
from autosd.intake.scoring import is_test_path
from autosd.intake.sources.tests_seen import Mentions, paths_of, shown


@dataclass(frozen=True)
class FailingTests:
    """An exception in the project's code names its cause. Failed assertions only name the test: those that mention the same
    function, which few passing tests mention, are taken for one cause."""

    diagnosis: Diagnosis
    name = "failing-tests"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        for cause, groups in causes(self.diagnosis, root).items():
            yield self._signal(project, root, cause, groups, now)

    def _signal(self, project: str, root: Path, cause: str, groups: Sequence[FailureGroup], now: datetime) -> Signal:
        tests = [test for group in groups for test in group.tests]
        first = groups[0]
        total = max(1, len(self.diagnosis.run.collected))
        evidence = {
            "tests": shown(tests),
            "failing": len(tests),
            "collected": total,
            "failure": f"{first.kind}: {first.message}"[:500],
            "groups": [group.fingerprint for group in groups],
        }
        place = cause.partition("::")[0].partition(":")[0]
        paths = tuple(dict.fromkeys((*([place] if (root / place).is_file() and not is_test_path(place) else []), *paths_of(tests, root))))
        severity = round(min(1.0, 0.8 + 0.2 * sqrt(len(tests) / total)), 4)
        said = f"{len(tests)} failing test{'s' * (len(tests) > 1)} at {cause}: {first.kind} {first.message}".rstrip()[:300]
        return Signal(SignalKind.FAILING_TEST, project, cause, said, now, severity, 1.0, paths, evidence, source=self.name)


def causes(diagnosis: Diagnosis, root: Path) -> dict[str, list[FailureGroup]]:
    """Groups of failures by what they speak of: a place in the project, or the test itself where nothing more is known."""
    found: dict[str, list[FailureGroup]] = {}
    mentions: Mentions | None = None
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for group in diagnosis.groups:
        path = group.site.partition(":")[0]
        if group.site and not is_test_path(path):
            found.setdefault(group.site.replace(":", "::"), []).append(group)
            continue
        if mentions is None:
            mentions = Mentions(root)
            counts = _counted(mentions, diagnosis)
        found.setdefault(_likeliest(mentions, group, *counts) or group.tests[0], []).append(group)
    return found


def _counted(mentions: Mentions, diagnosis: Diagnosis) -> tuple[Counter[str], Counter[str]]:
    failing, passing = Counter[str](), Counter[str]()
    for test in diagnosis.failing:
        failing.update(mentions.of(test))
    for test in diagnosis.run.passed:
        passing.update(mentions.of(test))
    return failing, passing


def _likeliest(mentions: Mentions, group: FailureGroup, failing: Counter[str], passing: Counter[str]) -> str:
    """The function that the group's tests mention and passing tests do not (Ochiai's measure, on names instead of lines run)."""
    names = frozenset[str]().union(*(mentions.of(test) for test in group.tests))

    def suspicion(name: str) -> tuple[float, str]:
        return failing[name] / sqrt(failing[name] + passing[name]) if failing[name] else 0.0, name

    best = max(names, key=suspicion, default="")
    return mentions.place(best) if best else ""

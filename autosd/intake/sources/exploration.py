"""Weak spots that nobody complained about: looked for when nothing else was seen for long, and marked as synthetic (S4)."""

from __future__ import annotations

import ast
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autosd.domain.signals import Signal, SignalKind, Stream
from autosd.domain.suites import Diagnosis, SuiteEnding, SuiteRun
from autosd.intake.mutants import Mutant, mutants
from autosd.intake.sources.code import functions, python_files
from autosd.intake.sources.complexity import shape_of
from autosd.intake.sources.tests_seen import bare, paths_of

#: Runs the whole suite with these files written over the base.
Try = Callable[[Mapping[str, str]], SuiteRun]
MOST_MUTANTS = 12
LEAST_SECONDS = 0.05  # a slowest test that is quicker than this is not worth a thought


@dataclass(frozen=True)
class _Spot:
    """A function, the lines of it that hold code, and which of those were run."""

    path: str
    name: str
    line: int
    lines: frozenset[int]
    ran: frozenset[int]
    ways: int

    @property
    def danger(self) -> float:
        """CRAP (Savoia and Evans 2007): many ways through it, and few of them seen by a test."""
        missed = 1 - len(self.ran) / len(self.lines) if self.lines else 0.0
        return self.ways**2 * missed**3 + self.ways


@dataclass(frozen=True)
class Exploration:
    """``reached`` is which lines the suite runs. ``seconds`` bounds what is spent on mutants; another ``seed`` looks elsewhere."""

    diagnosis: Diagnosis
    reached: Mapping[str, frozenset[int]]
    attempt: Try
    seconds: float
    seed: int
    name = "exploration"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        spots = list(self._spots(root))
        yield from self._least_covered(project, spots, now)
        yield from self._surviving(project, root, spots, now)
        yield from self._slowest(project, root, now)

    def _spots(self, root: Path) -> Iterator[_Spot]:
        for file in python_files(root):
            if file.tree is None or file.is_test:
                continue
            for name, node in functions(file.tree):
                inside = {n.lineno for n in _statements(node)}
                if inside:
                    ran = self.reached.get(file.path, frozenset())
                    yield _Spot(file.path, name, node.lineno, frozenset(inside), frozenset(inside & ran), shape_of(node).cyclomatic)

    def _least_covered(self, project: str, spots: list[_Spot], now: datetime) -> Iterator[Signal]:
        risky = [spot for spot in spots if spot.ways > 1 and spot.ran != spot.lines]
        if not risky:
            return
        spot = max(risky, key=lambda each: (each.danger, each.path, each.name))
        share = len(spot.ran) / len(spot.lines)
        said = f"{spot.name} has {spot.ways} ways through it, and the tests run {share:.0%} of its lines"
        severity = 1 - math.exp(-spot.danger / 20)
        seen = {"line": spot.line, "covered": round(share, 4)}
        yield self._signal(project, f"{spot.path}::{spot.name}", said, now, severity, (spot.path,), seen)

    def _surviving(self, project: str, root: Path, spots: list[_Spot], now: datetime) -> Iterator[Signal]:
        """Faults in code that is run, which no test noticed."""
        until = time.monotonic() + self.seconds
        tried, survivors = 0, dict[str, list[Mutant]]()
        for path, mutant in self._chosen(root, spots):
            if tried >= MOST_MUTANTS or time.monotonic() > until:
                break
            tried += 1
            run = self.attempt({path: mutant.text})
            if run.ending is SuiteEnding.COMPLETE and not set(run.broken) - set(self.diagnosis.run.broken) - set(self.diagnosis.flaky):
                survivors.setdefault(path, []).append(mutant)
        for path, found in sorted(survivors.items(), key=lambda each: (-len(each[1]), each[0]))[:1]:
            places = ", ".join(f"line {mutant.line} ({mutant.said})" for mutant in found[:5])
            said = f"{len(found)} of {tried} small faults would go unnoticed by the tests: {places}"
            seen = {"tried": tried, "survived": len(found)}
            yield self._signal(project, f"{path} mutants", said, now, 0.5 + len(found) / tried / 2, (path,), seen)

    def _chosen(self, root: Path, spots: list[_Spot]) -> Iterator[tuple[str, Mutant]]:
        """Spread over the functions that are run; which of them is left to the seed."""
        rng = random.Random(self.seed)  # noqa: S311 - nothing of security
        order = [spot for spot in spots if spot.ran]
        rng.shuffle(order)
        for spot in order:
            text = (root / spot.path).read_text("utf-8", "surrogateescape")
            found = list(mutants(text, spot.ran))
            if found:
                yield spot.path, rng.choice(found)

    def _slowest(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        results = [each for each in self.diagnosis.run.results if each.seconds >= LEAST_SECONDS]
        if not results:
            return
        slowest = max(results, key=lambda each: each.seconds)
        share = slowest.seconds / max(sum(each.seconds for each in results), 1e-9)
        said = f"{bare(slowest.id)} is the slowest test: {slowest.seconds:.2f} s, {share:.0%} of all tests' time"
        seen = {"seconds": round(slowest.seconds, 3)}
        yield self._signal(project, f"{bare(slowest.id)} slowest", said, now, 0.4 + 0.5 * share, paths_of([slowest.id], root), seen)

    def _signal(
        self, project: str, subject: str, said: str, now: datetime, severity: float, paths: tuple[str, ...], evidence: Mapping[str, object]
    ) -> Signal:
        return Signal(
            SignalKind.EXPLORATION,
            project,
            subject,
            said,
            now,
            round(min(1.0, severity), 4),
            0.8,
            paths,
            evidence,
            Stream.SYNTHETIC,
            self.name,
        )


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Without texts that stand alone, which are never run."""
    for child in ast.walk(node):
        if (
            isinstance(child, ast.stmt)
            and child is not node
            and not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant))
        ):
            yield child

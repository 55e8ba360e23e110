"""The ``repair`` strategy: rounds of observe, cluster, search and choose, each on top of what the last one fixed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autosd.coding.repair import subject
from autosd.coding.repair.by_command import CommandSearch
from autosd.coding.repair.round import Fix, Round, RoundResult, Unsolved
from autosd.coding.repair.select import Choice
from autosd.domain.changes import Candidate, Cost, Overfit
from autosd.ports import Progress, Sandbox, Task

#: Bugs behind bugs show only when the first ones are gone; more rounds than this never helped in experiments.
ROUNDS = 3
#: Share of what is left of the time that one round may use, when more may follow.
ROUND_SHARE = 0.6
#: A partial fix is only a stepping stone: so many of a cluster's are tried as the start of a second search.
STONES = 4
#: How many single fixes are offered after the combined one, should the cold proof not accept that.
ALTERNATIVES = 3


@dataclass
class _Work:
    """What the rounds so far have reached."""

    original: Mapping[str, str]
    texts: dict[str, str]
    remaining: tuple[str, ...]
    deadline: float
    fixes: list[Fix] = field(default_factory=list)
    evaluated: int = 0

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    def take(self, result: RoundResult) -> None:
        """Build on what a round fixed."""
        self.fixes += result.fixes
        self.texts.update(result.texts)
        fixed = {test for fix in result.fixes for test in fix.passed}
        self.remaining = tuple(test for test in self.remaining if test not in fixed | result.unseen)


class RepairCoder:
    """Model-free program repair. Yields the combined best fix first, then rivals to it, best first."""

    name = "repair"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        started = time.monotonic()
        original = subject.load(task.snapshot.root)
        if task.runner == "command":
            yield from self._by_command(task, progress, original, started)
            return
        work = _Work(original, dict(original), task.diagnosis.failing, started + task.seconds)
        tests = work.remaining
        for number in range(1, ROUNDS + 1):
            spare = 0.0 if work.fixes else work.left * (1 - ROUND_SHARE)
            result = self._round(task, progress, work, work.texts, tests, work.left * ROUND_SHARE, spare)
            work.take(result)
            behind = [each for each in result.unsolved if each.touched and number < ROUNDS]
            for unsolved in result.unsolved:
                if unsolved not in behind:
                    self._step_on(task, progress, work, unsolved)
            tests = tuple(test for test in work.remaining if any(test in each.tests for each in behind))
            if not tests or work.left < 1:
                break
        yield from _offers(work, Cost(work.evaluated, time.monotonic() - started))

    def _by_command(self, task: Task, progress: Progress, original: Mapping[str, str], started: float) -> Iterator[Candidate]:
        search = CommandSearch(self._sandbox, task, progress)
        choices = search.run(original)
        cost = Cost(search.evaluated, time.monotonic() - started)
        yield from (_single(choice, original, cost) for choice in choices[: 1 + ALTERNATIVES])

    def _round(
        self,
        task: Task,
        progress: Progress,
        work: _Work,
        texts: Mapping[str, str],
        tests: Sequence[str],
        seconds: float,
        spare: float = 0.0,
    ) -> RoundResult:
        result = Round(self._sandbox, task, progress, texts, tests, work.original).run(seconds=seconds, spare=spare)
        work.evaluated += result.evaluated
        return result

    def _step_on(self, task: Task, progress: Progress, work: _Work, unsolved: Unsolved) -> None:
        """Two bugs in one place: a fix of some tests is kept only when a second one turns the others."""
        wanted = set(unsolved.tests) & set(work.remaining)
        stones = unsolved.partial[:STONES]
        for number, stone in enumerate(stones):
            rest = tuple(test for test in work.remaining if test in wanted - stone.plausible.passed)
            if work.left < 1 or not wanted or not rest:
                return
            texts = {**work.texts, **subject.apply(work.texts, stone.plausible.edit.edits)}
            second = self._round(task, progress, work, texts, rest, work.left / (len(stones) - number + 1))
            if {test for fix in second.fixes for test in fix.passed} >= set(rest):
                first = Fix(stone, (), base_is_original=False)
                work.take(RoundResult([first, *second.fixes], {**texts, **second.texts}))
                return
        if whole := unsolved.acceptable(stones):
            texts = subject.apply(work.texts, whole.plausible.edit.edits)
            work.take(RoundResult([Fix(whole, (), base_is_original=False)], texts))


def _offers(work: _Work, cost: Cost) -> Iterator[Candidate]:
    if not work.fixes:
        return
    yield _combined(work, cost)
    if len(work.fixes) == 1:
        yield from (_single(choice, work.original, cost) for choice in work.fixes[0].rivals[:ALTERNATIVES])
        return
    for fix in sorted(work.fixes, key=lambda each: -len(each.passed)):
        if fix.base_is_original:
            yield _single(fix.choice, work.original, cost)


def _combined(work: _Work, cost: Cost) -> Candidate:
    files = {path: text for path, text in work.texts.items() if work.original.get(path) != text}
    targets = sorted({test for fix in work.fixes for test in fix.passed})
    summary = "; ".join(fix.choice.plausible.edit.summary for fix in work.fixes)
    return Candidate("repair", files, tuple(targets), summary, _worst([fix.choice for fix in work.fixes]), cost)


def _single(choice: Choice, original: Mapping[str, str], cost: Cost) -> Candidate:
    edit = choice.plausible.edit
    files = subject.apply(original, edit.edits)
    return Candidate("repair", files, tuple(sorted(choice.plausible.passed)), edit.summary, choice.overfit, cost)


def _worst(choices: Sequence[Choice]) -> Overfit:
    """The sum is as suspect as its most suspect part."""
    checked = all(choice.overfit.checked for choice in choices)
    suspects = [choice.overfit for choice in choices if choice.overfit.suspect]
    said = suspects or [choice.overfit for choice in choices]
    return Overfit(checked, bool(suspects), "; ".join(dict.fromkeys(each.reason for each in said)))

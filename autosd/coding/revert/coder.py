"""The ``revert`` strategy: find the commit that broke the tests, and take back as little of it as turns the suite green."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from autosd.coding.repair.subject import test_files
from autosd.coding.revert.bisecting import Culprit, find_culprit
from autosd.coding.revert.pieces import Piece, applied, pieces_of
from autosd.coding.revert.shrinking import smallest
from autosd.coding.revert.trying import Runs, TimeUp, Trials
from autosd.domain.changes import Candidate, Cost
from autosd.ports import Changed, Commit, Progress, Repository, Task

#: How far back the search goes.
COMMITS = 200


class RevertCoder:
    """Yields the smallest taking-back first, then the whole of the files it is in, then all of the commit."""

    name = "revert"

    def __init__(self, repository: Repository, runs: Runs, *, commits: int = COMMITS) -> None:
        self._repository, self._runs, self._commits = repository, runs, commits

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        commits = self._repository.commits(task.snapshot, limit=self._commits)
        if not commits or not task.diagnosis.failing:
            return
        trials = Trials(self._repository, self._runs, task, progress)
        try:
            for culprit, tests in self._culprits(task, trials, commits, progress):
                yield from self._takings(task, trials, commits, culprit, tests, progress)
        except TimeUp:
            return

    def _culprits(
        self, task: Task, trials: Trials, commits: Sequence[Commit], progress: Progress
    ) -> Iterator[tuple[Culprit, tuple[str, ...]]]:
        """Each commit with the tests that it broke, those with most tests first as far as they are known together."""
        progress.step("looking for the commit that broke it", f"{len(commits)} commits")
        found: dict[Culprit, list[str]] = {}
        for test in task.diagnosis.failing:
            culprit = find_culprit(
                test, lambda index: trials.on_commit(commits[index]), len(commits), dirty=task.snapshot.dirty, deadline=trials.deadline
            )
            if culprit is not None:
                found.setdefault(culprit, []).append(test)
        for culprit, tests in sorted(found.items(), key=lambda item: -len(item[1])):
            yield culprit, tuple(tests)

    def _takings(
        self, task: Task, trials: Trials, commits: Sequence[Commit], culprit: Culprit, tests: tuple[str, ...], progress: Progress
    ) -> Iterator[Candidate]:
        after = commits[culprit.bad].sha if culprit.bad >= 0 else task.snapshot.tree
        changes = self._repository.changed(task.snapshot, commits[culprit.good].sha, after)
        judging = test_files({each.path: each.new or "" for each in changes}, task.diagnosis.failing)
        base = _base_texts(task.snapshot.root, changes)
        changes = tuple(each for each in changes if each.path not in judging and _is_text(task.snapshot.root, each, base))
        pieces = pieces_of(changes, base)
        who = told(culprit.of(commits))
        progress.step("taking back as little as helps", who)
        least = smallest(pieces, lambda chosen: trials.green(chosen, base, tests)) if pieces else None
        if least is None:
            return
        offered: list[frozenset[Piece]] = []
        files = {piece.path for piece in least}
        for chosen in (least, [piece for piece in pieces if piece.path in files], list(pieces)):
            if frozenset(chosen) in offered or not trials.green(chosen, base, tests):
                continue
            offered.append(frozenset(chosen))
            summary = f"take back {_part(chosen, pieces)} of {who}: {_why(commits[culprit.good], tests)}"
            yield Candidate("revert", applied(chosen, base), tests, summary, cost=Cost(trials.evaluated, time.monotonic() - trials.started))


def told(commits: Sequence[Commit]) -> str:
    """A commit as people know it; several when those between could not be run."""
    names = [f"{each.sha[:7]} ({each.author_date:%Y-%m-%d}, {each.subject[:60]!r})" for each in commits]
    if not names:
        return "the uncommitted work"
    return names[0] if len(names) == 1 else f"one of {len(names)} commits that cannot be told apart, {names[0]} to {names[-1]}"


def _part(chosen: Sequence[Piece], pieces: Sequence[Piece]) -> str:
    return "all" if len(chosen) == len(pieces) else f"{len(chosen)} of {len(pieces)} pieces"


def _why(good: Commit, tests: Sequence[str]) -> str:
    more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
    return f"{tests[0]}{more} passed at {good.sha[:7]} before it and not with it"


def _base_texts(root: Path, changes: Sequence[Changed]) -> Mapping[str, str | None]:
    """What the base has of every file that is spoken of; None for what is no regular file there."""
    names = {name for each in changes for name in (each.now, each.before, each.path) if name}
    return {name: _text(root, name) for name in names}


def _is_text(root: Path, change: Changed, base: Mapping[str, str | None]) -> bool:
    """False where a file stands that is no UTF-8 text: what is written back must be what was read."""
    return not any(base[name] is None and os.path.lexists(root / name) for name in (change.now, change.before, change.path) if name)


def _text(root: Path, name: str) -> str | None:
    file = root / name
    if any(part.is_symlink() for part in (file, *file.parents) if part != root and part.is_relative_to(root)) or not file.is_file():
        return None
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None

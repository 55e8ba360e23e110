"""Finds the commit that broke a test: back in growing steps to where it passed, then by halves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from autosd.ports import Commit

#: What a test did on a commit. None: that commit cannot tell (it cannot be run, or does not have the test), as `git bisect skip`.
Verdict = bool | None
#: The verdict of every asked test on the commit at an index (0: the user's HEAD), newest first.
Ask = Callable[[int], Mapping[str, Verdict]]

_SCATTERED = 12  # so many commits are asked one by one when the growing steps found none that passes


@dataclass(frozen=True)
class Culprit:
    """``good`` is the newest commit known to pass, ``bad`` the oldest known to fail (-1: the uncommitted work)."""

    good: int
    bad: int

    def of(self, commits: Sequence[Commit]) -> tuple[Commit, ...]:
        """The commits in question, newest first: one, or more when those between could not be run."""
        return tuple(commits[max(self.bad, 0) : self.good]) if self.bad >= 0 or self.good > 0 else ()


def find_culprit(test: str, ask: Ask, count: int, *, dirty: bool, deadline: float) -> Culprit | None:
    """None when no commit of the last ``count`` passes the test, or time is up before one is found."""
    bad = -1 if dirty else 0
    good = _last_good(test, ask, count, bad, deadline)
    if good is None:
        return None
    tried: set[int] = set()
    while time.monotonic() < deadline:
        between = [index for index in range(bad + 1, good) if index not in tried]
        if not between:
            break
        middle = _middle(between)
        tried.add(middle)
        verdict = ask(middle).get(test)
        if verdict:
            good = middle
        elif verdict is not None:
            bad = middle
    else:
        return None
    return Culprit(good, bad)


def _middle(between: Sequence[int]) -> int:
    """The untried one nearest to where a half would be, had all been tried."""
    return between[len(between) // 2]


def _last_good(test: str, ask: Ask, count: int, bad: int, deadline: float) -> int | None:
    """A commit that passes; steps double, a commit that cannot tell is followed by its neighbour."""
    asked: set[int] = set()
    index, step = bad + 1, 1
    while index < count and time.monotonic() < deadline:
        asked.add(index)
        verdict = ask(index).get(test)
        if verdict:
            return index
        if verdict is None:
            index += 1
        else:
            index, step = min(index + step, count - 1) if index < count - 1 else count, step * 2
    left = [each for each in range(bad + 1, count) if each not in asked]
    for index in [each for pair in zip(reversed(left), left, strict=True) for each in pair][:_SCATTERED]:
        if time.monotonic() >= deadline:
            break
        if ask(index).get(test):
            return index
    return None

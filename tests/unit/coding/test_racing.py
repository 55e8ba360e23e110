"""A race of strategies: the first candidate is judged first, nobody works on behind the winner, and nobody is left running."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import cast

import pytest

from autosd.coding.racing import Race
from autosd.domain.changes import Candidate
from autosd.ports import Coder, Progress, Task


@dataclass(frozen=True)
class _Task:
    seconds: float = 60.0


class _Silent:
    def step(self, name: str, detail: str = "") -> None:
        pass

    def update(self, *, done: int = 0, per_second: float = 0.0, seconds_left: float | None = None, detail: str = "") -> None:
        pass


@dataclass
class _Scripted:
    """Offers ``words``; before each it waits for what ``gates`` has for it, telling of its progress meanwhile."""

    name: str
    words: tuple[str, ...]
    gates: dict[str, threading.Event] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    offered: list[str] = field(default_factory=list)
    closed: bool = False

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        try:
            for word in self.words:
                self.before()
                gate = self.gates.get(word)
                while gate and not gate.wait(0.001):
                    progress.update()
                self.offered.append(word)
                yield Candidate(self.name, {"a.py": word}, (), word)
        finally:
            self.closed = True


def _race(*lanes: list[_Scripted]) -> Generator[Candidate]:
    return Race([cast("list[Coder]", lane) for lane in lanes]).candidates(cast(Task, _Task()), _Silent())


def test_whoever_is_first_is_first_and_the_others_end() -> None:
    never = threading.Event()
    slow, quick = _Scripted("slow", ("s",), {"s": never}), _Scripted("quick", ("q",))
    race = _race([slow], [quick])
    assert next(race).strategy == "quick"
    race.close()
    assert slow.closed and quick.closed and slow.offered == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane-")]


def test_all_that_every_lane_has_is_offered_when_nothing_is_good() -> None:
    one, two, three = _Scripted("one", ("a", "b")), _Scripted("two", ("c",)), _Scripted("three", ("d", "e"))
    found = [each.summary for each in _race([one, two], [three])]
    assert sorted(found) == ["a", "b", "c", "d", "e"]
    assert [word for word in found if word in "abc"] == ["a", "b", "c"]


def test_a_lane_rests_while_its_candidate_is_judged() -> None:
    busy = _Scripted("busy", ("a", "b"))
    race = _race([busy])
    next(race)
    time.sleep(0.05)
    assert busy.offered == ["a"]
    next(race)
    assert busy.offered == ["a", "b"]
    race.close()


def test_a_race_may_be_over_at_any_moment() -> None:
    """A lane that offers while the race ends neither waits for ever nor is left behind."""
    for _ in range(200):
        race = _race([_Scripted("one", ("a", "b", "c"))], [_Scripted("two", ("d", "e"))], [_Scripted("three", ("f",))])
        next(race)
        race.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane-")]


def test_what_ends_one_lane_badly_ends_the_race_and_is_told() -> None:
    def fall() -> None:
        raise ValueError("stumbled")

    other = _Scripted("other", ("o",), {"o": threading.Event()})
    with pytest.raises(ValueError, match="stumbled"):
        list(_race([_Scripted("falls", ("x",), before=fall)], [other]))
    assert other.closed

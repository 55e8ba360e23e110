"""Strategies side by side: whichever offers a candidate first is judged first."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from autosd.coding.metering import Metered, offered
from autosd.domain.changes import Candidate
from autosd.ports import Coder, Progress, Task


@dataclass(frozen=True)
class Race:
    """Each of ``lanes`` runs its strategies in turn, all lanes at once, each with the whole time.

    A lane that offered a candidate rests until the next one is asked for: nothing is searched for, or paid for, that a proof makes
    needless. When the race is over, a lane ends at its next word of progress; a question to a model that is under way is waited for:
    its price has to be known.
    """

    lanes: Sequence[Sequence[Coder]]
    name: str = "race"

    @property
    def coders(self) -> Sequence[Coder]:
        return [coder for lane in self.lanes for coder in lane]

    def candidates(self, task: Task, progress: Progress) -> Generator[Candidate]:
        course = _Course(progress)
        threads = [threading.Thread(target=_run, args=(lane, task, course), name=f"lane-{at}") for at, lane in enumerate(self.lanes)]
        for thread in threads:
            thread.start()
        try:
            for _ in threads:
                yield from course.until_a_lane_ends()
        finally:
            course.end()
            for thread in threads:
                thread.join()


class Over(Exception):
    """The race was over: raised in the lanes that are still running."""


@dataclass
class _Course:
    """What the lanes share. Is their ``Progress``."""

    progress: Progress
    over: threading.Event = field(default_factory=threading.Event)
    _found: queue.SimpleQueue[Candidate | BaseException | None] = field(default_factory=queue.SimpleQueue)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _resting: list[threading.Event] = field(default_factory=list)

    def until_a_lane_ends(self) -> Iterator[Candidate]:
        """Whatever any lane offers; raises what ended a lane that did not end well."""
        while (found := self._found.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
            self.go_on()

    def go_on(self) -> None:
        """What was offered was not good: its lane searches on. Offers are judged in the order in which their lanes came to rest."""
        with self._mutex:
            lane = self._resting.pop(0)
        lane.set()

    def end(self) -> None:
        """No lane rests after it: those that do are woken, and none lies down any more."""
        with self._mutex:
            self.over.set()
            resting, self._resting = self._resting, []
        for lane in resting:
            lane.set()

    def offer(self, candidate: Candidate) -> None:
        judged = threading.Event()
        with self._mutex:
            self._check()
            self._resting.append(judged)
            self._found.put(candidate)
        judged.wait()
        self._check()

    def ended(self, error: BaseException | None) -> None:
        self._found.put(error)

    def step(self, name: str, detail: str = "") -> None:
        self._check()
        with self._mutex:
            self.progress.step(name, detail)

    def update(self, *, done: int = 0, per_second: float = 0.0, seconds_left: float | None = None, detail: str = "") -> None:
        self._check()
        with self._mutex:
            self.progress.update(done=done, per_second=per_second, seconds_left=seconds_left, detail=detail)

    def _check(self) -> None:
        if self.over.is_set():
            raise Over


def _run(lane: Sequence[Coder], task: Task, course: _Course) -> None:
    try:
        with closing(offered(lane, task, Metered(course))) as candidates:
            for candidate in candidates:
                course.offer(candidate)
        course.ended(None)
    except Over:
        course.ended(None)
    except BaseException as error:
        course.ended(error)

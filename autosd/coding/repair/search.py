"""The search: edits, best first, through the warm servers, until fixes are found and time or patience ends.

Every edit meets the cluster's scouts first; the few that make one pass meet all failing tests and the passing tests
that reach the changed function. One thread a warm server; the edits are made in this process while they work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from autosd.coding.repair.edits import Edit, pairs
from autosd.coding.repair.replies import Tried, Verdict
from autosd.coding.repair.select import Plausible
from autosd.coding.repair.servers import Server
from autosd.coding.repair.session import Trial
from autosd.ports import SessionLost

FIRST_BATCH, BIGGEST_BATCH = 16, 128
#: A batch should take about this long, so that progress moves and the end of time is kept.
BATCH_SECONDS = 0.25
#: After the first full fix the search goes on for this multiple of what it took, for rivals to compare it with.
PATIENCE, LEAST_PATIENCE, MOST_PATIENCE = 1.0, 1.5, 20.0
ENOUGH_FIXES = 40
#: Answers may be on their way when a server is lost: the culprit is one of so many.
SUSPECTED = 2
MOST_PAIRS = 4000


@dataclass(frozen=True)
class Goal:
    """What one search is after. ``scouts`` is how many of ``targets`` (the first ones) decide whether to go on."""

    targets: tuple[str, ...]
    scouts: int
    everything: tuple[str, ...]  # all failing tests, of other clusters too
    guards: Callable[[Edit], Sequence[str]]
    deadline: float  # of time.monotonic()
    latest: float = 0.0  # the end instead, as long as nothing at all was found that a next round could build on


@dataclass
class Findings:
    """What a search found so far; shared by its threads under ``lock``."""

    full: list[Plausible] = field(default_factory=list)
    partial: list[Plausible] = field(default_factory=list)
    promising: list[Edit] = field(default_factory=list)  # made a target pass, whatever else they broke
    evaluated: int = 0
    first_full_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Search:
    """One cluster's search. ``run`` returns when the goal is met, the edits are used up, or time is over."""

    def __init__(self, servers: Sequence[Server], goal: Goal, on_progress: Callable[[int], None]) -> None:
        self._servers = servers
        self._goal = goal
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._edits: Iterator[Edit] = iter(())
        self._source_lock = threading.Lock()
        self._batch = FIRST_BATCH
        self._again: list[Edit] = []
        self._put: set[int] = set()
        self._failure: BaseException | None = None
        self._until = 0.0
        self._paired = False
        self.findings = Findings()

    def run(self, edits: Iterator[Edit]) -> Findings:
        self._each_server(edits)
        if not self.findings.full and len(self.findings.promising) > 1:
            self._paired = True
            self._each_server(_first(pairs(self.findings.promising[:100]), MOST_PAIRS))
        return self.findings

    def go_on(self) -> bool:
        """Search once more for about as long as it took, when no fix so far is to be trusted; tells whether it found more."""
        before, now = len(self.findings.full), time.monotonic()
        self._until = now + min(MOST_PATIENCE, max(LEAST_PATIENCE, now - self._started))
        if before < ENOUGH_FIXES:
            self._each_server(self._edits)
        return len(self.findings.full) > before

    def _each_server(self, edits: Iterator[Edit]) -> None:
        self._edits = edits
        threads = [threading.Thread(target=self._serve, args=(server,), daemon=True) for server in self._servers[1:]]
        for thread in threads:
            thread.start()
        try:
            self._serve(self._servers[0])
        finally:
            for thread in threads:
                thread.join()
        if self._failure is not None:
            raise self._failure

    def _serve(self, server: Server) -> None:
        try:
            while not self._over():
                batch = self._next()
                if not batch:
                    return
                try:
                    self._try(server, batch)
                except SessionLost:
                    self._put_back(batch, server.pending)
                    if not server.revive():
                        return  # the other servers go on
        except BaseException as error:  # a thread's failure is the search's failure
            self._failure = error

    def _over(self) -> bool:
        now, found = time.monotonic(), self.findings
        if self._failure is not None or now >= self._deadline() or len(found.full) >= ENOUGH_FIXES:
            return True
        if found.first_full_at is None:
            return False
        if self._until:
            return now > self._until
        took = found.first_full_at - self._started
        return now - found.first_full_at > min(MOST_PATIENCE, max(LEAST_PATIENCE, PATIENCE * took))

    def _deadline(self) -> float:
        found = self.findings
        if found.full or found.partial or (len(found.promising) > 1 and not self._paired):
            return self._goal.deadline
        return max(self._goal.deadline, self._goal.latest)

    def _put_back(self, batch: Sequence[Edit], pending: Sequence[int]) -> None:
        """What a lost server left unanswered is tried once more, without those that may have taken it down."""
        rest = [batch[number - 1] for number in pending[SUSPECTED:]]
        with self._source_lock:
            self._again += [edit for edit in rest if id(edit) not in self._put]
            self._put |= {id(edit) for edit in rest}

    def _next(self) -> list[Edit]:
        with self._source_lock:
            if self._again:
                batch, self._again = self._again[: self._batch], self._again[self._batch :]
                return batch
            return [edit for edit, _ in zip(self._edits, range(self._batch), strict=False)]

    def _try(self, server: Server, batch: Sequence[Edit]) -> None:
        started = time.monotonic()
        goal = self._goal
        trials = [Trial(number, edit.edits) for number, edit in enumerate(batch, 1)]
        survivors: list[tuple[Edit, Tried]] = []
        for attempt in server.attempt(trials, targets=goal.targets, guards=(), scout=goal.scouts):
            self._count()
            if attempt.passed:
                survivors.append((batch[attempt.id - 1], attempt))
        for edit, attempt in survivors:
            self._confirm(server, edit, attempt)
        took = time.monotonic() - started
        self._batch = int(min(BIGGEST_BATCH, max(4, len(batch) * BATCH_SECONDS / max(took, 1e-3))))

    def _confirm(self, server: Server, edit: Edit, attempt: Tried) -> None:
        """Against everything that could tell; what met all of that already is not asked again."""
        goal, guards = self._goal, self._goal.guards(edit)
        if guards or set(goal.everything) != set(goal.targets):
            again = server.attempt([Trial(1, edit.edits)], targets=goal.everything, guards=guards)
            attempt = next(iter(list(again)), attempt)
        self._keep(edit, attempt)

    def _keep(self, edit: Edit, attempt: Tried) -> None:
        wanted = frozenset(self._goal.targets)
        with self.findings.lock:
            self.findings.promising.append(edit)
            if attempt.verdict not in (Verdict.PLAUSIBLE, Verdict.PARTIAL) or not attempt.passed:
                return
            kept = Plausible(edit, frozenset(attempt.passed), self.findings.evaluated * 100 + len(self.findings.promising), attempt.share)
            if wanted <= kept.passed:
                self.findings.full.append(kept)
                self.findings.first_full_at = self.findings.first_full_at or time.monotonic()
            else:
                self.findings.partial.append(kept)

    def _count(self) -> None:
        with self.findings.lock:
            self.findings.evaluated += 1
            evaluated = self.findings.evaluated
        if evaluated % 50 == 1:
            self._on_progress(evaluated)


def _first(edits: Iterator[Edit], most: int) -> Iterator[Edit]:
    for edit, _ in zip(edits, range(most), strict=False):
        yield edit

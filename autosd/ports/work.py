"""What finding, queueing and judging work needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from autosd.domain.jobs import Job, JobStatus, Lease
from autosd.domain.outcomes import Evidence, Mode, Run, Tally, Verdict
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.domain.signals import Execution, Insight, Signal


class Source(Protocol):
    """Finds signals of its kinds in a project; only looks."""

    @property
    def name(self) -> str: ...

    def signals(self, project: str, root: Path, now: datetime) -> Iterable[Signal]: ...


class Feedback(Protocol):
    """S1's rows of what agents did and learnt, where somebody keeps them; else none."""

    def executions(self, since: datetime) -> Sequence[Execution]: ...

    def insights(self, since: datetime) -> Sequence[Insight]: ...


class Proposals(Protocol):
    """Proposals, durable. A change of state is written only if the stored status is still the old one."""

    def add(self, proposal: Proposal) -> bool:
        """False when one of this fingerprint is open already; decided atomically."""
        ...

    def get(self, id: str) -> Proposal | None: ...

    def find(
        self,
        *,
        project: str | None = None,
        status: Iterable[ProposalStatus] | None = None,
        fingerprint: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Proposal]:
        """Highest priority first, then oldest."""
        ...

    def replace(self, old: Proposal, new: Proposal) -> bool:
        """False when the stored status is no longer ``old``'s; a step that the life does not have raises ``ValueError``."""
        ...

    def counts(self, *, since: datetime | None = None, production: bool = True) -> Mapping[ProposalStatus, int]: ...


class Queue(Protocol):
    """Jobs of any number of workers on any number of machines."""

    def put(self, job: Job) -> bool:
        """False when a job of this id is there already."""
        ...

    def claim(self, worker: str, *, now: datetime, lease: timedelta, types: Iterable[str] | None = None) -> Lease | None:
        """The most urgent job that may run now and whose lock is free; an expired lease is free too (its try is counted)."""
        ...

    def beat(self, lease: Lease, *, now: datetime, lease_for: timedelta) -> bool:
        """Keep it; false when it was lost meanwhile: then nothing more may be done."""
        ...

    def finish(self, lease: Lease, status: JobStatus, *, now: datetime, result: Mapping[str, object], error: str = "") -> bool:
        """End it, or, on FAILED with tries left, let it wait for the next one; DEAD gives up; PENDING gives it back untried.

        False when the lease was lost.
        """
        ...

    def get(self, id: str) -> Job | None: ...

    def jobs(self, *, status: Iterable[JobStatus] | None = None, limit: int = 50) -> Sequence[Job]: ...

    def retry(self, id: str, *, now: datetime) -> bool:
        """Give a dead job its tries again."""
        ...

    def wait(self, seconds: float) -> bool:
        """Until a job may be claimed, at most so long; whether one may."""
        ...


class Outcomes(Protocol):
    """Runs and what was found of them; evidence is append-only."""

    def add_run(self, run: Run) -> None: ...

    def finish_run(self, run: Run) -> None: ...

    def run(self, id: str) -> Run | None: ...

    def runs(self, *, proposal: str | None = None, since: datetime | None = None, limit: int = 50) -> Sequence[Run]: ...

    def add_evidence(self, evidence: Evidence) -> None: ...

    def evidence(self, *, run: str | None = None, since: datetime | None = None, limit: int = 50) -> Sequence[Evidence]: ...

    def last_look(self, verdict: Verdict, mode: Mode, *, since: datetime, limit: int) -> datetime | None:
        """When a run of this mode was last judged so, among the ``limit`` newest lines; looks that want another one are none."""
        ...

    def pending_rechecks(self, *, looked_before: datetime, limit: int = 3) -> Sequence[Evidence]:
        """Newest first: runs whose newest evidence wants another look and was made before ``looked_before``."""
        ...

    def verdicts(self, *, since: datetime | None = None, production: bool = True) -> Mapping[Verdict, int]:
        """One a run; runs that wait for another look are left out. ``since`` looks at when the verdict was found."""
        ...

    def pending(self) -> int:
        """How many runs wait for another look."""
        ...

    def lines(self) -> int:
        """How many lines of evidence there are."""
        ...


class Learnt(Protocol):
    """Tallies of strategies, atomic under concurrent writers."""

    def tallies(self, family: str | None = None) -> Sequence[Tally]: ...

    def count(self, family: str, problem: str, arm: str, *, win: float = 0.0, loss: float = 0.0, at: datetime, once: str) -> bool:
        """Add to an arm; ``once`` is the id of what is counted: the second time nothing happens and it is false."""
        ...

"""Unattended work: queue what was approved, claim, build, settle. Nothing here holds state that a kill could lose.

A job's lease is kept by a thread; a worker that lost it breaks its build off. What builds is handed in: a process of its own for real
work, so that a build that hangs can be ended.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from autosd.acts.changing import facts_of
from autosd.acts.work import building, regressions
from autosd.acts.work.building import Order
from autosd.acts.work.rounds import Rounds, in_focus
from autosd.adapters.private_files import write_private
from autosd.app import App
from autosd.domain.actions import Action, Principal
from autosd.domain.approvals import ApprovalStatus
from autosd.domain.errors import AutosdError
from autosd.domain.jobs import PRIORITIES, SELF_BUILD, Job, JobStatus, Lease
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.settings import table

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BEAT_SECONDS = 15.0
_JOBS = uuid.UUID("0f7b7c5e-2f0c-4f0b-8f0e-6a4f9b1c2d3e")
_DONE = ("self_build_completed", "pr_opened", "executed", "verified")


@dataclass(frozen=True)
class Came:
    """What came of a build, as the queue keeps it: S1's status (completed, skipped, error) and reason."""

    status: str
    reason: str
    values: Mapping[str, object] = field(default_factory=dict)
    waits: bool = False
    again: bool = False  # it failed by something outside the change: worth another try


#: Builds one proposal; ends early when the event is set. ``again`` for what may pass by itself.
Build = Callable[[str, threading.Event], Came]


@dataclass
class Tally:
    """What one worker did since it began."""

    queued: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    rolled_back: int = 0


@dataclass
class Worker:
    """One worker of this machine. ``stop`` ends it gently: what runs may end, and nothing new is begun."""

    app: App
    principal: Principal
    build: Build
    grant: str = ""
    rounds: Rounds | None = None  # none: it only builds
    write: bool = False
    lease: timedelta = LEASE
    beat_seconds: float = BEAT_SECONDS
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}")
    stop: threading.Event = field(default_factory=threading.Event)
    break_off: threading.Event = field(default_factory=threading.Event)
    tally: Tally = field(default_factory=Tally)

    def pass_once(self) -> int:
        """One look at everything: what landed and what is to be seen, regressions, what was approved, then jobs until none may run (or a
        batch is done). How many were done."""
        self.alive("looking")
        if self.rounds:
            self.rounds.go(self.stop)
        self.answer_regressions()
        self.tally.queued += enqueue(self.app, self.principal, grant=self.grant)
        return self.work(self.app.settings[table.QUEUE_BATCH])

    def work(self, most: int) -> int:
        done = 0
        while done < most and not self.stop.is_set() and self.work_one():
            done += 1
        return done

    def work_one(self) -> bool:
        """Claim a job, build, settle; false when there was none."""
        lease = self.app.queue.claim(self.name, now=self.app.clock.now(), lease=self.lease, types=[SELF_BUILD])
        if lease is None:
            return False
        self.alive("building", lease.job)
        lost = threading.Event()
        ended = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(lease, lost, ended), daemon=True)
        keeper.start()
        try:
            came = self._built(lease, lost)
        finally:
            ended.set()
            keeper.join()
        if not lost.is_set() or self.break_off.is_set():
            self.settle(lease, came)
        self.alive("idle")
        return True

    def _built(self, lease: Lease, lost: threading.Event) -> Came:
        id = str(lease.job.payload.get("proposal_id") or "")
        if not id:
            return Came("skipped", "missing_proposal_id")
        try:
            return self.build(id, lost)
        except AutosdError as error:
            return Came("error", error.code, {"message": error.message, "remedy": error.remedy}, again=True)

    def _keep(self, lease: Lease, lost: threading.Event, ended: threading.Event) -> None:
        """The heartbeat. A beat that cannot be written is tried again; one that was refused means another worker has the job."""
        while not ended.wait(self.beat_seconds if not self.break_off.is_set() else 0.05):
            if self.break_off.is_set():
                lost.set()
                return
            try:
                if not self.app.queue.beat(lease, now=self.app.clock.now(), lease_for=self.lease):
                    lost.set()
                    return
                self.alive("building", lease.job)
            except AutosdError as error:
                logger.warning("a heartbeat of job %s failed: %s", lease.job.id, error.message)

    def settle(self, lease: Lease, came: Came) -> None:
        status = self._status(came)
        result = {"status": came.status, "reason": came.reason, **came.values}
        error = came.reason if came.status == "error" else ""
        if not self.app.queue.finish(lease, status, now=self.app.clock.now(), result=result, error=error):
            logger.warning("job %s was another worker's by the time it ended", lease.job.id)
            return
        self.tally.done += status is JobStatus.COMPLETED
        self.tally.skipped += status is JobStatus.SKIPPED
        self.tally.failed += status in (JobStatus.FAILED, JobStatus.DEAD)
        last = status is JobStatus.DEAD or (status is JobStatus.FAILED and lease.job.tries >= lease.job.max_tries)
        if last:
            building.failed(self.app, str(lease.job.payload.get("proposal_id")), f"dead letter: {came.reason}")

    def _status(self, came: Came) -> JobStatus:
        if self.stop.is_set() and came.reason == "interrupted":
            return JobStatus.PENDING  # given back untried
        if came.status == "completed" or came.reason.rpartition(":")[2] in _DONE:
            return JobStatus.COMPLETED
        if came.status == "skipped" or came.waits:
            return JobStatus.SKIPPED
        return JobStatus.FAILED if came.again else JobStatus.DEAD

    def answer_regressions(self) -> None:
        for project in self.app.projects.all_projects():
            if project.path.is_dir():
                found = regressions.process(self.app, project.path.resolve(), self.principal, grant=self.grant)
                self.tally.rolled_back += sum(each.result == "rolled_back" for each in found)

    def alive(self, doing: str, job: Job | None = None) -> None:
        """A file for those who look whether anybody works: silence is seen by its age."""
        folder = workers_folder(self.app.settings.home)
        folder.mkdir(mode=0o700, exist_ok=True)
        value = {
            "worker": self.name, "pid": os.getpid(), "host": socket.gethostname(), "at": self.app.clock.now().isoformat(), "doing": doing,
            "job": job.id if job else None, "proposal": job.payload.get("proposal_id") if job else None, **vars(self.tally),
        }  # fmt: skip
        write_private(folder / f"{self.name}.json", json.dumps(value).encode())

    def gone(self) -> None:
        (workers_folder(self.app.settings.home) / f"{self.name}.json").unlink(missing_ok=True)


def workers_folder(home: Path) -> Path:
    return home / "workers"


@dataclass(frozen=True)
class Heartbeat:
    worker: str
    at: datetime
    doing: str
    proposal: str


def heartbeats(home: Path) -> tuple[Heartbeat, ...]:
    """Of the workers that did not say goodbye; the newest first."""
    found = []
    for file in workers_folder(home).glob("*.json"):
        try:
            value = json.loads(file.read_bytes())
            found.append(Heartbeat(value["worker"], datetime.fromisoformat(value["at"]), value["doing"], value["proposal"] or ""))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


# ---- queueing ----------------------------------------------------------------------------------------------------------------------


def enqueue(app: App, principal: Principal, *, grant: str = "") -> int:
    """A job for each approved proposal that may be built now, most urgent first. Again: none is queued twice."""
    queued = 0
    if not app.settings[table.EXECUTOR]:
        return 0  # S4: proposals are made and approved, and nothing is carried out
    for proposal in in_focus(app, app.proposals.find(status=[ProposalStatus.APPROVED, ProposalStatus.QUEUED])):
        if queued >= app.settings[table.QUEUE_BATCH]:
            break
        order = Order(proposal.id, principal, grant)
        try:
            request = building.request_of(app, order, proposal)
        except AutosdError as error:
            logger.warning("proposal %s cannot be built: %s", proposal.id, error.message)
            continue
        facts = facts_of(app, request, Action.BUILD)
        if app.guard.decide(facts).permitted and (job := _job(app, proposal, str(request.path))):
            app.queue.put(job)  # before the status: a job that finds its proposal approved queues it itself
            if proposal.status is ProposalStatus.APPROVED:
                note = building.noted(proposal, app.clock.now(), f"queued job={job.id}")
                app.proposals.replace(proposal, replace(proposal, status=ProposalStatus.QUEUED, notes=note))
            queued += 1
    return queued


def _job(app: App, proposal: Proposal, lock: str) -> Job | None:
    """The next job of this proposal; None while one is live, or while nothing has changed since the last one ended."""
    number, last = 0, None
    while job := app.queue.get(_id(proposal, number)):
        number, last = number + 1, job
    if last is not None and not _worth_another(app, proposal, last):
        return None
    risk = str(proposal.risk)
    payload = {
        "proposal_id": proposal.id, "action": "implement_proposal", "improvement_type": proposal.kind, "risk_level": risk,
        "steps": list(proposal.steps), "use_graph_context": True,
    }  # fmt: skip
    now = app.clock.now()
    return Job(_id(proposal, number), SELF_BUILD, payload, now, tenant=proposal.tenant, priority=PRIORITIES[risk], lock=lock)


def _worth_another(app: App, proposal: Proposal, last: Job) -> bool:
    if last.status in (JobStatus.PENDING, JobStatus.PROCESSING):
        return False
    if proposal.status is ProposalStatus.APPROVED:
        return True  # approved again after it ended
    if last.status in (JobStatus.DEAD, JobStatus.FAILED):
        building.failed(app, proposal.id, f"dead letter: {last.error or 'its tries are used up'}")
        return False
    if last.result.get("reason") != "approval_required":
        return True
    given = app.approvals.requests(project=proposal.project, status=ApprovalStatus.APPROVED)
    ended = last.completed_at
    return any(vote.at > ended for request in given for vote in request.votes) if ended else bool(given)


def _id(proposal: Proposal, number: int) -> str:
    return str(uuid.uuid5(_JOBS, f"{proposal.id}/{number}"))

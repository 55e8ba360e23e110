"""The worker on a real store: what it queues, claims and settles, and what happens to a job whose worker goes away."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from work_kit import ID, Site, make_site

from autosd.acts.work.working import Came, Worker, enqueue, heartbeats
from autosd.domain.actions import Principal
from autosd.domain.jobs import SELF_BUILD, Job, JobStatus
from autosd.domain.proposals import ProposalStatus

ALONE = Principal("worker", attended=False)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = make_site(tmp_path)
    site.options = {"enabled": True}
    return site


class Builds:
    """A build that notes what it was given, and says what the test wants."""

    def __init__(self, came: Came | None = None, takes: float = 0.0) -> None:
        self.came, self.takes = came or Came("completed", "self_build_completed"), takes
        self.seen: list[str] = []
        self.broken_off = 0

    def __call__(self, proposal: str, lost: threading.Event) -> Came:
        self.seen.append(proposal)
        if self.takes and lost.wait(self.takes):
            self.broken_off += 1
            return Came("error", "interrupted")
        return self.came


@contextmanager
def working(site: Site, build: Builds, **known: object) -> Iterator[Worker]:
    with site.app() as app:
        yield Worker(app, ALONE, build, beat_seconds=0.1, **known)  # type: ignore[arg-type]


def test_what_was_approved_is_queued_once_with_the_guides_payload_and_built(site: Site) -> None:
    site.propose()
    build = Builds()

    with working(site, build) as worker:
        assert enqueue(worker.app, ALONE) == 1 and enqueue(worker.app, ALONE) == 0
        [job] = worker.app.queue.jobs()
        assert site.proposal().status is ProposalStatus.QUEUED and str(job.id) in site.proposal().notes
        worker.pass_once()
        [ended] = worker.app.queue.jobs()

    assert (job.type, job.priority, job.lock) == (SELF_BUILD, 50, str(site.repo.path)) and UUID(job.id)
    assert job.payload["proposal_id"] == ID and job.payload["action"] == "implement_proposal"
    assert build.seen == [ID] and ended.status is JobStatus.COMPLETED and ended.result["reason"] == "self_build_completed"


def test_what_may_not_be_built_now_is_not_queued(site: Site) -> None:
    site.propose()
    with site.app() as app:
        app.store.set_halted("calc", True, reason="", at=app.clock.now())
        assert enqueue(app, ALONE) == 0
        app.store.set_halted("calc", False, reason="", at=app.clock.now())
    with site.app(enabled=None) as app:
        assert enqueue(app, ALONE) == 0, "unattended work is off"
    with site.app() as app:
        assert enqueue(app, ALONE) == 1


@pytest.mark.parametrize(
    "came, status, proposal",
    [
        (Came("skipped", "self_coding_engine_disabled"), JobStatus.SKIPPED, ProposalStatus.QUEUED),
        (Came("skipped", "proposal_status_not_actionable:pr_opened"), JobStatus.COMPLETED, ProposalStatus.QUEUED),
        (Came("error", "no_candidate_found"), JobStatus.DEAD, ProposalStatus.FAILED),
        (Came("error", "sandbox_failed", again=True), JobStatus.PENDING, ProposalStatus.QUEUED),
    ],
)
def test_how_a_build_ended_is_how_its_job_ends(site: Site, came: Came, status: JobStatus, proposal: ProposalStatus) -> None:
    site.propose()
    with working(site, Builds(came)) as worker:
        enqueue(worker.app, ALONE)
        worker.work_one()
        [job] = worker.app.queue.jobs()

    assert (job.status, site.proposal().status) == (status, proposal)


def test_a_job_put_in_from_outside_without_a_proposal_is_skipped(site: Site) -> None:
    with working(site, Builds()) as worker:
        worker.app.queue.put(Job(ID, SELF_BUILD, {}, worker.app.clock.now()))
        worker.work_one()
        [job] = worker.app.queue.jobs()

    assert job.status is JobStatus.SKIPPED and job.result["reason"] == "missing_proposal_id"


def test_an_approval_given_again_is_a_new_job_and_a_missing_yes_is_none(site: Site) -> None:
    site.propose()
    with working(site, Builds(Came("skipped", "approval_required", waits=True))) as worker:
        worker.pass_once()
        assert enqueue(worker.app, ALONE) == 0, "nothing has changed: nobody said yes"
    with working(site, Builds(Came("error", "no_candidate_found"))) as worker:
        found = site.proposal()
        failed = replace(found, status=ProposalStatus.FAILED)
        assert worker.app.proposals.replace(found, failed)
        assert worker.app.proposals.replace(failed, replace(failed, status=ProposalStatus.APPROVED))
        worker.pass_once()
        assert len(worker.app.queue.jobs()) == 2 and site.proposal().status is ProposalStatus.FAILED


def test_two_workers_never_build_one_proposal_nor_work_in_one_repository(site: Site) -> None:
    ids = [f"123e4567-e89b-42d3-a456-42661417400{n}" for n in range(4)]
    for id in ids:
        site.propose(id)
    running, most, lock = [0], [0], threading.Lock()

    class Counting(Builds):
        def __call__(self, proposal: str, lost: threading.Event) -> Came:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.05)
            with lock:
                running[0] -= 1
            return super().__call__(proposal, lost)

    build = Counting()
    with site.app() as app:
        enqueue(app, ALONE)
        workers = [Worker(app, ALONE, build) for _ in range(2)]
        threads = [threading.Thread(target=lambda each=each: [each.work_one() or time.sleep(0.02) for _ in range(40)]) for each in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(build.seen) == ids and most[0] == 1


def test_a_build_whose_lease_was_lost_is_broken_off_and_not_settled(site: Site) -> None:
    site.propose()
    build = Builds(takes=20)
    with working(site, build, lease=timedelta(milliseconds=1)) as worker:
        enqueue(worker.app, ALONE)
        worker.beat_seconds = 1.0
        thief = threading.Timer(0.3, lambda: worker.app.queue.claim("other", now=worker.app.clock.now(), lease=timedelta(minutes=1)))
        thief.start()
        worker.work_one()
        thief.join()
        [job] = worker.app.queue.jobs()

    assert build.broken_off == 1 and job.status is JobStatus.PROCESSING, "it is the other worker's now"


def test_a_stop_lets_the_build_end_and_a_second_one_gives_the_job_back_untried(site: Site) -> None:
    site.propose()
    build = Builds(takes=20)
    with working(site, build) as worker:
        enqueue(worker.app, ALONE)
        timer = threading.Timer(0.3, lambda: (worker.stop.set(), worker.break_off.set()))
        timer.start()
        worker.work_one()
        [job] = worker.app.queue.jobs()
        assert not worker.pass_once() or build.seen == [ID]

    assert build.broken_off == 1 and (job.status, job.tries) == (JobStatus.PENDING, 0)


def test_silence_shows(site: Site, autosd_home: Path) -> None:
    with working(site, Builds()) as worker:
        worker.pass_once()
        [beat] = heartbeats(autosd_home)
        assert beat.worker == worker.name and beat.doing in ("idle", "looking")
        worker.gone()
    assert heartbeats(autosd_home) == ()


def test_the_command_ends_after_one_pass_and_gently_on_sigterm(cli, site: Site, autosd_home: Path) -> None:
    env = {"SELFCODING_ENABLED": "1", "AUTOSD_WORKER_SCAN_SECONDS": "0"}
    once = cli("worker", "--once", "--json", env=env)
    assert once.code == 0 and once.result == "ok" and once.object["done"] == 0, once.stderr

    process = cli.start("worker", "--interval", "1", "--json")
    deadline = time.monotonic() + 60
    while not heartbeats(autosd_home) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0 and '"result": "stopped"' in out, err
    assert heartbeats(autosd_home) == ()

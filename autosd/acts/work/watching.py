"""Watching what was built, where it went: merged, closed, taken back, come again. Looks at git, the forge and the store; runs nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from autosd.acts.projects import named
from autosd.acts.work import outcomes
from autosd.acts.work.building import base_branch, noted
from autosd.acts.work.outcomes import Look
from autosd.acts.work.sightings import sighted
from autosd.app import App
from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Evidence, Measures
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.landing.write import ApplyRecord, digest_at, records
from autosd.learning.signals import Watched
from autosd.ports import Landed, PullRequest
from autosd.settings import table

MOST_WATCHED = 1000  # runs, the newest
logger = logging.getLogger(__name__)
S = ProposalStatus


@dataclass
class Landings:
    """How many proposals went which way in one look."""

    merged: int = 0
    closed: int = 0


def note_landings(app: App) -> Landings:
    """The next step in the life of every proposal that waited for its merge. Again: nothing happens twice."""
    done = Landings()
    opened: dict[str, Mapping[str, PullRequest]] = {}
    for proposal in app.proposals.find(status=[S.COMPLETED, S.PR_OPENED]):
        if proposal.project not in opened:
            opened[proposal.project] = _pull_requests(app, proposal.project)
        request = opened[proposal.project].get(proposal.branch)
        landed = landed_of(app, proposal)
        if landed or (request and request.state == "merged"):
            where = f"merged as={landed.sha}" if landed else f"merged pr={request.number if request else ''}"
            done.merged += _step(app, proposal, S.EXECUTED, where)
        elif request and request.state == "closed" and proposal.status is S.PR_OPENED:
            done.closed += _step(app, proposal, S.REJECTED, f"closed pr={request.number}")
    return done


def _pull_requests(app: App, project: str) -> Mapping[str, PullRequest]:
    """By branch. A forge that does not answer is asked again in the next look."""
    try:
        return {each.head: each for each in app.forge.pull_requests(project)}
    except AutosdError as error:
        logger.warning("the pull requests of %s cannot be read: %s", project, error.message)
        return {}


def _step(app: App, proposal: Proposal, status: ProposalStatus, said: str) -> bool:
    now = app.clock.now()
    known = {"executed_at": now} if status is S.EXECUTED else {"completed_at": now}
    new = replace(proposal, status=status, notes=noted(proposal, now, said), **known)  # type: ignore[arg-type]
    return app.proposals.replace(proposal, new)


# ---- what became of it since -----------------------------------------------------------------------------------------------------


def folder_of(app: App, proposal: Proposal) -> Path | None:
    """The project's folder as it is now; None when it is gone."""
    try:
        path = named(app.projects, proposal.project).path
    except AutosdError:
        return None
    folder = path / str(proposal.evidence.get("folder", ""))
    return folder if folder.is_dir() else None


def landed_of(app: App, proposal: Proposal) -> Landed | None:
    path = folder_of(app, proposal)
    if path is None or not proposal.commit:
        return None
    try:
        return app.repository.landed(path, proposal.commit, base_branch(app, path))
    except AutosdError as error:
        logger.warning("what became of %s cannot be told: %s", proposal.commit[:10], error.message)
        return None


def written_of(app: App, proposal: Proposal) -> ApplyRecord | None:
    """Its direct write, when that is how it landed."""
    path = folder_of(app, proposal)
    known = records(path) if path and not proposal.commit else ()
    return next((record for record in reversed(known) if record.change == proposal.change_id), None)


def watched(app: App, proposal: Proposal) -> Watched:
    """What can be seen without running anything."""
    landed, record = landed_of(app, proposal), written_of(app, proposal)
    undone = record is not None and (bool(record.rolled_back) or all(digest_at(Path(f.target)) == f.backup_digest for f in record.files))
    return Watched(reverted=undone or bool(landed and landed.taken_back_by), returned=sighted(app, proposal))


def watch(app: App) -> Sequence[Evidence]:
    """One more look at runs that lose the verdict they had: within its window their change was taken back, or its problem came again."""
    lost = []
    since = app.clock.now() - timedelta(days=app.settings[table.WATCH_DAYS])
    looked = app.outcomes.evidence(since=since, limit=MOST_WATCHED)  # nothing has its verdict before it landed
    for run_id in dict.fromkeys(each.run_id for each in looked if not each.pending_recheck):
        run = app.outcomes.run(run_id)
        proposal = app.proposals.get(run.proposal_id) if run else None
        if run is None or proposal is None or proposal.status is not S.VERIFIED or (proposal.executed_at or since) < since:
            continue
        seen = watched(app, proposal)
        if seen.reasons:
            lost.append(outcomes.look(app, run, Look(Measures(), Measures(), seen)))
    return lost

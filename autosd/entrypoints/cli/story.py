"""The story of one proposal: what was seen, who said what, what was built, what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autosd.acts.work.proposals import Story
from autosd.domain.proposals import Proposal
from autosd.views.proposals import evidence_object, job_object, proposal_object, run_object

_MOST = 20  # of a list in the evidence


def story_object(story: Story) -> dict[str, Any]:
    change = story.change
    return {
        **proposal_object(story.proposal),
        "jobs": [job_object(each) for each in story.jobs],
        "runs": [run_object(each) for each in story.runs],
        "outcomes": [evidence_object(each) for each in story.evidence],
        "change": {"id": change.id, "result": str(change.result), "strategy": change.strategy, "diff": change.diff} if change else None,
        "approvals": [
            {"id": each.id, "status": str(each.status), "votes": [v.by for v in each.votes if v.yes]} for each in story.approvals
        ],
    }


def story_lines(story: Story) -> Iterator[str]:
    proposal = story.proposal
    yield f"{proposal.id}  {proposal.title}"
    yield f"project {proposal.project}, {proposal.kind}, risk {proposal.risk}, {str(proposal.status).replace('_', ' ')}"
    yield from _why(proposal)
    yield from _list("To do", proposal.steps)
    yield from _list("Done when", proposal.criteria)
    yield from _list("Risks", proposal.risks)
    yield "\nWhat happened"
    for at, line in sorted(_events(story)):
        yield f"  {at}  {line}"
    if story.change and story.change.diff:
        yield f"\n{story.change.diff}"


def _why(proposal: Proposal) -> Iterator[str]:
    yield f"\nWhy\n  {proposal.description}".replace("\n", "\n  ").replace("\n  \n", "\n")
    score = proposal.evidence.get("score")
    yield f"  priority {score.get('said')}" if isinstance(score, Mapping) else f"  priority {proposal.priority:.2f}"
    yield f"  expected: {proposal.expected_effect}"
    signals = proposal.evidence.get("signals")
    for signal in signals if isinstance(signals, list) else []:
        for name in ("failure", "error", "tests", "places", "frames"):
            value = signal.get(name) if isinstance(signal, dict) else None
            if isinstance(value, list):
                yield from (f"    {each}" for each in value[:_MOST])
                if len(value) > _MOST:
                    yield f"    ... and {len(value) - _MOST} more"
            elif value:
                yield f"    {value}"


def _list(title: str, items: tuple[str, ...]) -> Iterator[str]:
    if items:
        yield f"\n{title}"
        yield from (f"  - {item}" for item in items)


def _events(story: Story) -> Iterator[tuple[str, str]]:
    proposal = story.proposal
    yield _at(proposal.created_at), f"proposed, by what {', '.join(_sources(proposal)) or 'somebody'} saw"
    if proposal.approved_at:
        yield _at(proposal.approved_at), f"approved by {proposal.approver}{f': {proposal.notes}' if proposal.notes else ''}"
    elif proposal.completed_at:
        by = f" by {proposal.approver}" if proposal.approver else ""
        yield _at(proposal.completed_at), f"{proposal.status}{by}{f': {proposal.notes}' if proposal.notes else ''}"
    for job in story.jobs:
        yield _at(job.created_at), f"queued as {job.id[:8]} ({job.status}, {job.tries} of {job.max_tries} tries){_colon(job.error)}"
    for run in story.runs:
        yield (
            _at(run.started_at),
            f"run {run.id[:12]} by {run.strategy or 'no strategy'} in {run.mode} mode: {run.status}{_colon(run.result)}",
        )
    if story.change and story.change.created_at:
        where = story.change.branch or story.change.artifacts or ""
        yield _at(story.change.created_at), f"change {story.change.id[:12]}: {story.change.result}{_colon(where)}"
    for request in story.approvals:
        yield _at(request.created_at), f"its bytes wait for people: {request.status} ({len(request.votes)} votes)"
    if proposal.pull_request:
        yield _at(proposal.completed_at), f"pull request {proposal.pull_request}"
    for evidence in story.evidence:
        open_ = ", looked at again later" if evidence.pending_recheck else ""
        yield _at(evidence.at), f"{evidence.verdict} ({evidence.confidence:.2f}){_colon(', '.join(evidence.reasons))}{open_}"


def _sources(proposal: Proposal) -> list[str]:
    sources = proposal.evidence.get("sources")
    return list(sources) if isinstance(sources, Mapping) else []


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _at(time: Any) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else "-"

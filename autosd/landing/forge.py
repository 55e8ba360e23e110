"""The pull request: S1's words for people to review, opened once for a branch, and never more of them than a project wants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autosd.domain.changes import Change
from autosd.domain.decisions import Action, Permit
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import Proposal
from autosd.governance.permits import require
from autosd.governance.redaction import redact_text
from autosd.landing.commit import SKIPPED
from autosd.landing.evidence import proof_of, tests_skipped
from autosd.ports import Forge, PullRequest

MOST_TITLE = 200


def open_pull_request(
    permit: Permit, forge: Forge, proposal: Proposal, change: Change, *, project: str, head: str, base: str, most: int,
    trailers: Sequence[str] = (),
) -> PullRequest:  # fmt: skip
    """The one of ``head``. Raises ``AUTOSD-PR-LIMIT`` when ``most`` others are open: the branch stays as it is.

    ``trailers`` are those of the commit, so that a merge that squashes keeps them.
    """
    require(permit, Action.OPEN_PR, project)
    known = forge.pull_requests(project)
    if found := next((each for each in known if each.head == head), None):
        return found
    open_now = sum(each.state == "open" for each in known)
    if open_now >= most:
        message = f"{open_now} pull requests of {project} are open, at most {most} may be; {head} was kept."
        raise AutosdError("AUTOSD-PR-LIMIT", message, "Merge or close some, or raise landing.max_open_pull_requests.", exit_code=1)
    return forge.ensure_pull_request(
        permit, project, head=head, base=base, title=title_of(proposal), body=body_of(proposal, change, trailers)
    )  # fmt: skip


def title_of(proposal: Proposal) -> str:
    return f"SelfBuilder: {_line(proposal.title)}"[:MOST_TITLE]


def body_of(proposal: Proposal, change: Change, trailers: Sequence[str] = ()) -> str:
    """S1's parts, then the proof that a reviewer asks for."""
    proof = [
        SKIPPED if tests_skipped(change) else proof_of(change),
        f"gates passed: {', '.join(report.gate for report in change.reports if report.passed) or 'none'}",
        *(f"gate {report.gate} did not pass: {report.result}" for report in change.reports if not report.passed),
        *([f"Suspect of serving only its tests: {_line(change.overfit.reason)}"] if change.overfit.suspect else []),
    ]
    parts = [
        "This pull request was built from an approved proposal. It is never merged by itself.",
        f"**Proposal ID:** {proposal.id}\n**Type:** {_line(proposal.kind)}\n**Risk:** {proposal.risk}\n"
        f"**Strategy:** {change.strategy or 'unknown'}\n**Change:** {change.id}",
        _section("Description", [proposal.description] if proposal.description else ()),
        _section("Implementation steps", proposal.steps),
        _section("Success criteria", proposal.criteria),
        _section("Proof", proof),
    ]
    text = redact_text("\n\n".join(part for part in parts if part)) + "\n"
    return text + (_provenance(trailers) if trailers else "")


def _provenance(trailers: Sequence[str]) -> str:
    """As they stand in the commit: whatever is changed of them is no longer what was signed."""
    said = "Signed. Keep these lines in the message of a squash merge: `autosd provenance verify COMMIT` reads them."
    return "\n".join(["", "## Provenance", "", said, "", "```", *trailers, "```", ""])


def _section(title: str, lines: Iterable[str]) -> str:
    rows = [f"- {_line(line)}" for line in lines]
    return "\n".join([f"## {title}", "", *rows]) if rows else ""


def _line(text: str) -> str:
    """Nothing that a model or a test name says can add a heading of its own."""
    return re.sub(r"\s+", " ", text).strip()

"""The commit: the proven change on a branch of its own, with trailers that say where it comes from."""

from __future__ import annotations

import re

from autosd.domain.changes import Change
from autosd.domain.decisions import Action, Permit
from autosd.domain.proposals import Proposal
from autosd.governance.permits import require
from autosd.governance.provenance.statement import trailer_lines
from autosd.governance.redaction import redact_text
from autosd.landing.evidence import Landing, proof_of, tests_skipped
from autosd.landing.provenance import provenance_of
from autosd.ports import Repository, Snapshot

WIDTH = 72


SLUG = 48
SKIPPED = "The tests were not run, as somebody set it: nothing is proven of this change."


def branch_of(change: Change, proposal: Proposal | None = None) -> str:
    """Made from ids alone: a run that was killed finds its branch again. S1's form for what a proposal asked for."""
    if proposal is None:
        return f"autosd/{change.id}"
    slug = re.sub(r"[^a-z0-9]+", "-", proposal.title.lower()).strip("-")[:SLUG].strip("-")
    return f"selfbuild/{re.sub(r'[^A-Za-z0-9]', '', proposal.id.partition('-')[0])[:8] or 'proposal'}-{slug or 'change'}"


def commit_change(permit: Permit, repository: Repository, snapshot: Snapshot, landing: Landing) -> str:
    """Commit on its branch and return the sha. Safe to repeat."""
    require(permit, Action.COMMIT, landing.change.project, landing.candidate.files)
    message = commit_message(landing)
    return repository.commit(permit, snapshot, landing.candidate.files, branch=branch_of(landing.change, landing.proposal), message=message)


def commit_message(landing: Landing) -> str:
    """A subject, what was proven, and trailers as git reads them. The same landing always gives the same message."""
    change, signed = landing.change, landing.signed
    body = [SKIPPED if tests_skipped(change) else proof_of(change)]
    body += [landing.candidate.summary] if landing.proposal and landing.candidate.summary else []
    if change.overfit.suspect:
        body.append(f"Suspect of serving only its tests: {change.overfit.reason}")
    if landing.not_fixed:
        body.append(f"Not fixed: {len(landing.not_fixed)} test(s).")
    lines = trailer_lines(signed.provenance, signed.key, signed.signature) if signed else trailer_lines(provenance_of(landing))
    text = "\n".join(re.sub(r"(?i)^autosd-", "autosd ", _one_line(line)) for line in body)  # trailers are looked for in every line
    return "\n\n".join([_subject(landing), redact_text(text), "\n".join(lines)]) + "\n"


def _subject(landing: Landing) -> str:
    if landing.proposal:
        return f"selfbuild: {_one_line(redact_text(landing.proposal.title))} ({landing.proposal.id[:8]})"
    text = _one_line(redact_text(landing.candidate.summary or "fix failing tests"))
    subject = text if text.lower().startswith("fix") else f"fix: {text}"
    return subject if len(subject) <= WIDTH else subject[: WIDTH - 1].rstrip() + "…"


def _one_line(text: str) -> str:
    """Nothing that a model or a test name says can add a line of its own to a message."""
    return re.sub(r"\s+", " ", text).strip()

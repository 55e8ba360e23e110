"""Signing what lands, and keeping the envelope where it is found again: in autosd's home, and beside the commit as a git note."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from autosd.adapters.envelopes import keep_envelope
from autosd.app import App
from autosd.domain.decisions import Action, Facts, Permit
from autosd.domain.errors import AutosdError
from autosd.domain.provenance import Signed
from autosd.governance.provenance.envelope import holds, signed, written
from autosd.governance.provenance.parts import digest_of
from autosd.governance.provenance.statement import payload_of, told_in, trailer_lines
from autosd.landing.evidence import Landing
from autosd.landing.provenance import Leave, provenance_of
from autosd.ports import Repository, Snapshot

logger = logging.getLogger(__name__)


def signed_landing(app: App, permit: Permit, facts: Facts, snapshot: Snapshot, landing: Landing) -> Landing:
    """``landing`` with its statement, over the bytes that it is about to change."""
    grant = facts.presented.grant if facts.presented else None
    leave = Leave(
        permit=permit.id,
        project=Path(permit.project).name if Path(permit.project).is_absolute() else permit.project,
        repository=app.repository.first_commit(snapshot),
        grant=grant.id if grant else "",
        approvals=facts.approvals_given,
        at=facts.now,
    )
    files = app.repository.planned(snapshot, landing.candidate.files, over_head=permit.action is Action.COMMIT)
    return replace(landing, signed=signed(provenance_of(landing, leave, files), app.keyring.sign, app.keyring.public()))


def ensure_kept(app: App, permit: Permit, snapshot: Snapshot, sha: str) -> dict[str, str]:
    """Keep what the commit says of itself; the digest by which it is known. It is read back from the commit: a run that was killed
    after it, and comes again, keeps what is really there and not what it would have said now."""
    envelope = said_by(app.repository, snapshot.source, sha)
    if envelope is None or not holds(envelope, app.keyring.public()):
        return {}
    data = written(envelope)
    keep_envelope(app.settings.home, envelope.provenance.change, data)
    try:
        app.repository.ensure_note(permit, snapshot.source, sha, data)
    except AutosdError as error:  # the commit stands, and its message says the same
        logger.warning("no git note was kept of %s: %s", sha[:12], error)
    return {"digest": digest_of(envelope.provenance.parts)}


def said_by(repository: Repository, path: Path, sha: str) -> Signed | None:
    """The signed statement in a commit's message; None in one from before statements were signed."""
    for each in told_in(repository.read_commit(path, sha).message):
        if each.signature and each.provenance and not each.wrong:
            return Signed(each.provenance, payload_of(each.provenance), each.signature, each.key)
    return None


def trailers_of(repository: Repository, path: Path, sha: str) -> tuple[str, ...]:
    """For the pull request, as the commit has them."""
    envelope = said_by(repository, path, sha)
    return tuple(trailer_lines(envelope.provenance, envelope.key, envelope.signature)) if envelope else ()

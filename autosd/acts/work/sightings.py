"""What the last whole scan of a project saw: kept so that a problem that comes again is known by its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from autosd.adapters.private_files import write_private
from autosd.app import App
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.intake.proposing import Opportunity

#: A problem that is so much less bad than it was when it was proposed has not come again.
BETTER_BY = 0.02


def note_scan(app: App, project: str, path: Path, found: Iterable[Opportunity], at: datetime) -> None:
    """Written whole. ``again`` names the landed proposals whose problem was seen once more where their change is."""
    seen = {each.fingerprint: each.severity for each in found}
    again = [
        proposal.id
        for proposal in app.proposals.find(project=project, status=[ProposalStatus.EXECUTED, ProposalStatus.VERIFIED])
        if seen.get(proposal.fingerprint, -1.0) >= proposal.severity - BETTER_BY and _there(app, path, proposal, at)
    ]
    value = {"project": project, "at": at.isoformat(), "seen": len(seen), "again": again}
    file = _file(app, project)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(file, json.dumps(value).encode())


def _there(app: App, path: Path, proposal: Proposal, at: datetime) -> bool:
    """Whether what was looked at has the change: a checkout that lags behind its base says nothing."""
    if proposal.executed_at is None or proposal.executed_at > at:
        return False
    if not proposal.commit:
        return True  # written into this very folder
    landed = app.repository.landed(path, proposal.commit, "")
    return landed is not None and not landed.taken_back_by


def sighted(app: App, proposal: Proposal) -> bool:
    return proposal.id in _read(app, proposal.project).get("again", ())


def scan_due(app: App, project: str, every: float) -> bool:
    """Whether ``every`` seconds passed since the last whole scan; never when that is 0."""
    try:
        last = datetime.fromisoformat(_read(app, project)["at"])
    except (KeyError, ValueError, TypeError):
        return every > 0
    return every > 0 and app.clock.now() - last >= timedelta(seconds=every)


def _read(app: App, project: str) -> dict[str, Any]:
    try:
        value = json.loads(_file(app, project).read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _file(app: App, project: str) -> Path:
    return app.settings.home / "scans" / f"{hashlib.sha256(project.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.json"

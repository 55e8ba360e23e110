"""S4's proposals of the first kind, brought into the store: every one once, however often it is asked for."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autosd.acts.desk import Desk
from autosd.domain.actions import Risk
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.ports import Proposals

FILE = "data/memory/improvement_proposals.json"
_KEPT = {"pending_approval", "approved", "executed", "verified", "rejected"}
_MOST_BYTES = 256_000_000


@dataclass(frozen=True)
class Migrated:
    """S4's result; ``reason`` says why there was nothing to do."""

    migrated: int
    skipped: int = 0  # there already
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        why = {"reason": self.reason} if self.reason else {}
        return {"result": "ok", "ok": True, "migrated": self.migrated, "skipped": self.skipped, **why}


def migrate(desk: Desk, proposals: Proposals, folder: Path, project: str) -> Migrated:
    """``folder`` holds S4's data folder. Raises ``AUTOSD-MIGRATE-INVALID`` for a file that is not what S4 wrote."""
    file = folder / FILE
    if not file.is_file():
        return Migrated(0, reason="v1_not_found")
    wanted = [converted(old, project, desk.now) for old in _old_ones(file)]
    new = [each for each in wanted if proposals.get(each.id) is None]
    if new:
        desk.record("proposals_migrated", "migrate_proposals", project, file=str(file), proposals=len(new))
    added = sum(proposals.add(each) for each in new)
    return Migrated(added, skipped=len(wanted) - added)


def _old_ones(file: Path) -> Iterator[Mapping[str, Any]]:
    """The proposals of the file that have an id, each id once."""
    if file.stat().st_size > _MOST_BYTES:
        raise _invalid(file, "it is larger than 256 MB")
    try:
        value = json.loads(file.read_text("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _invalid(file, f"it is no JSON ({error})") from None
    found = value.get("proposals") if isinstance(value, dict) else value
    if not isinstance(found, list):
        raise _invalid(file, "it has no list of proposals")
    yield from {str(each["id"]): each for each in found if isinstance(each, dict) and each.get("id")}.values()


def _invalid(file: Path, why: str) -> AutosdError:
    return AutosdError("AUTOSD-MIGRATE-INVALID", f"{file} cannot be read: {why}.", "Correct the file, or move it away.", exit_code=1)


def converted(old: Mapping[str, Any], project: str, now: datetime) -> Proposal:
    """As S4 did it. A higher score gives a higher risk there: work that promised much also touched much."""
    item = old.get("source_item")
    score = _number(item.get("score") if isinstance(item, Mapping) else None, 5.0)
    status = _status(str(old.get("status", "")))
    created = _time(old.get("created"), now)
    over = status in {ProposalStatus.EXECUTED, ProposalStatus.VERIFIED}
    return Proposal(
        id=f"pv2_mig_{old['id']}",
        project=project,
        kind="workflow_change",
        title=str(old.get("title") or "untitled")[:180],
        description=str(old.get("description") or ""),
        fingerprint=f"mig_{old['id']}",
        risk=Risk.MEDIUM if score >= 6 else Risk.LOW,
        priority=min(1.0, max(0.0, score / 8)),
        confidence=0.85,
        created_at=created,
        evidence={"migrated_from_v1_id": str(old["id"])},
        status=status,
        approved_at=created if over or status is ProposalStatus.APPROVED else None,
        executed_at=created if over else None,
    )


def _status(word: str) -> ProposalStatus:
    if word == "applied":
        return ProposalStatus.VERIFIED
    return ProposalStatus(word) if word in _KEPT else ProposalStatus.PENDING


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) else default


def _time(value: object, default: datetime) -> datetime:
    """ISO or epoch seconds; without a zone it is UTC."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return default

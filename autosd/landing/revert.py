"""Undoing direct writes: one generation for each regression, and only what is still as it was applied."""

from __future__ import annotations

from pathlib import Path

from autosd.domain.decisions import Action, Permit
from autosd.domain.errors import AutosdError
from autosd.governance.permits import require
from autosd.landing.write import ApplyRecord, digest_at, mark_rolled_back, put, records


def generation(root: Path, target: Path, regression: str) -> ApplyRecord | None:
    """The newest record of ``target`` that was not undone, or the one that this very regression undid already."""
    of_target = [each for each in reversed(records(root)) if each.of(target)]
    done = next((each for each in of_target if each.rolled_back == regression), None)
    return done or next((each for each in of_target if not each.rolled_back), None)


def roll_back(permit: Permit, project: str, record: ApplyRecord, regression: str) -> ApplyRecord:
    """Every file of ``record`` as it was before it; what was new is removed. Safe to repeat.

    Raises ``AUTOSD-ROLLBACK-CONFLICT`` when a file is neither as applied nor as before: then none is touched.
    """
    require(permit, Action.ROLLBACK, project)
    if record.rolled_back:
        return record
    for each in record.files:
        if digest_at(Path(each.target)) not in (each.applied_digest, each.backup_digest):
            message = f"{each.target} was changed after it was applied; nothing was rolled back."
            raise AutosdError("AUTOSD-ROLLBACK-CONFLICT", message, f"Compare it with {record.place}, and restore by hand.", exit_code=1)
    for each in record.files:
        content = None if each.backup is None else (record.place / each.backup).read_bytes()
        put(Path(each.target), content, each.mode)
    return mark_rolled_back(record, regression)

"""The record as people read it: whether it is whole, and its last entries."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from autosd.adapters.keyring import FileKeyring
from autosd.adapters.store import open_store
from autosd.domain.errors import AutosdError
from autosd.governance.verifier import Report, read_keys, verify_log
from autosd.settings import Settings, table


def verify_record(settings: Settings, log: Path | None = None) -> Report:
    """Check the record against this installation's public key.

    A record that was never begun is whole, and empty. One that is not there, or empty, although something shows that it was begun,
    is a finding.
    """
    path = log or settings[table.AUDIT_LOG]
    report = verify_log(path, keys=_own_keys(settings)) if path.exists() else Report(True, 0, "")
    if log is not None and not path.exists():
        return replace(report, ok=False, why=f"there is no record {log}")
    if report.ok and not report.entries and log is None and (signs := "; ".join(_signs_of_a_record(settings, path))):
        return replace(report, ok=False, why=f"the record is gone: {signs}")
    return report


def finding(report: Report, path: Path) -> AutosdError | None:
    """What is wrong with the record, with a stable code; None when nothing is."""
    if report.ok:
        return None
    if not report.entries and not report.line and report.why.startswith(("the record is gone", "there is no record")):
        remedy = "Restore it from a backup, or find out who removed it; if you moved it away yourself, the next run begins a new one."
        return AutosdError("AUTOSD-AUDIT-GONE", f"{path}: {report.why}.", remedy, exit_code=1)
    where = f" line {report.line}" if report.line else ""
    remedy = "Keep it and its .heads as evidence by moving both away; then a new record begins."
    return AutosdError("AUTOSD-AUDIT-BAD", f"{path}{where}: {report.why}.", remedy, exit_code=1)


def heads_of(path: Path) -> Path:
    return path.with_name(path.name + ".heads")


def _signs_of_a_record(settings: Settings, path: Path) -> Iterator[str]:
    """What remains of a record that was begun: its head, what a crash left of it, the key that is made when the first entry is
    signed, runs in the store of this home (another store may be shared with other homes, so it says nothing)."""
    for rest, what in ((heads_of(path), "its signed head"), (path.with_name(path.name + ".torn"), "a part that a crash left")):
        if rest.exists():
            yield f"{what} is still there ({rest.name})"
    key = FileKeyring(settings.home).private_file
    if not path.exists() and key.exists():  # the log is made before the key, so a crash cannot leave the key alone
        yield f"this installation has signed entries with its key ({key.name})"
    if settings.origin(table.STORE_URL) == "default" and (settings.home / "autosd.db").exists():
        with suppress(AutosdError), closing(open_store(settings[table.STORE_URL])) as store:
            if store.changes(limit=1):
                yield "the store remembers runs"


def _own_keys(settings: Settings) -> list[bytes]:
    """The public key that lies beside the private one; reading must not make a new pair."""
    file = FileKeyring(settings.home).public_file
    try:
        return read_keys(str(file)) if file.exists() else []
    except (OSError, ValueError) as error:
        remedy = "Remove it: it is made again from the private key."
        raise AutosdError("AUTOSD-KEY-INVALID", f"{file} cannot be read: {error}.", remedy) from None


def last_entries(settings: Settings, count: int) -> list[dict[str, Any]]:
    """The last ``count`` entries as they were written; a torn last line is left out."""
    path = settings[table.AUDIT_LOG]
    if not path.exists():
        return []
    with path.open("rb") as lines:
        kept = deque((line for line in lines if line.endswith(b"\n")), maxlen=count)
    return [entry for line in kept if (entry := _entry(line)) is not None]


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None

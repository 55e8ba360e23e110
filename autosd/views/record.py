"""The record as people read it: whether it is whole, and its last entries."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autosd.adapters.keyring import FileKeyring
from autosd.adapters.store import open_store
from autosd.domain.errors import AutosdError
from autosd.governance.record_export import EVERYTHING, Wanted, export, picked, statement_of
from autosd.governance.record_parts import Unfit, entries_back, exists
from autosd.governance.verifier import Report, read_keys, verify_log
from autosd.settings import Settings, table


def verify_record(settings: Settings, log: Path | None = None, *, against: Sequence[Path] = (), partial: bool = False) -> Report:
    """Check the record against this installation's public key, and against heads that were kept elsewhere.

    A record that was never begun is whole, and empty. One that is not there, or empty, although something shows that it was begun,
    is a finding.
    """
    path = log or settings[table.AUDIT_LOG]
    there = exists(path)
    report = verify_log(path, against, own_keys(settings), partial=partial) if there or against else Report(True, 0, "")
    if log is not None and not there:
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
    file = path.with_name(report.file) if report.file else path
    remedy = "Keep it and all files beside it that begin with its name as evidence by moving them away; then a new record begins."
    return AutosdError("AUTOSD-AUDIT-BAD", f"{file}{where}: {report.why}.", remedy, exit_code=1)


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


def own_keys(settings: Settings) -> list[bytes]:
    """The public key that lies beside the private one; reading must not make a new pair."""
    file = FileKeyring(settings.home).public_file
    try:
        return read_keys(str(file)) if file.exists() else []
    except (OSError, ValueError) as error:
        remedy = "Remove it: it is made again from the private key."
        raise AutosdError("AUTOSD-KEY-INVALID", f"{file} cannot be read: {error}.", remedy) from None


def last_entries(settings: Settings, count: int, wanted: Wanted = EVERYTHING) -> list[dict[str, Any]]:
    """The last ``count`` wanted entries as they were written, oldest first, also from segments; a torn last line is left out."""
    return picked(entries_back(settings[table.AUDIT_LOG]), wanted, count) if exists(settings[table.AUDIT_LOG]) else []


def follow(settings: Settings, after: int, wanted: Wanted = EVERYTHING, *, pause: float = 0.3) -> Iterator[dict[str, Any]]:
    """Wanted entries after number ``after`` as they come, for ever; rotation loses none."""
    while True:
        new: list[dict[str, Any]] = []
        if exists(settings[table.AUDIT_LOG]):
            for entry in entries_back(settings[table.AUDIT_LOG]):
                if int(entry.get("seq", 0)) <= after:
                    break
                new.append(entry)
        for entry in reversed(new):
            after = int(entry["seq"])
            if wanted.takes(entry):
                yield entry
        time.sleep(pause)


@contextmanager
def unfit_told(path: Path) -> Iterator[None]:
    """Nothing is given away of a record that was changed."""
    try:
        yield
    except Unfit as error:
        remedy = "Run `autosd audit verify`."
        raise AutosdError("AUTOSD-AUDIT-BAD", f"{path}: {error}; so nothing of it is exported.", remedy, exit_code=1) from None


def write_export(settings: Settings, wanted: Wanted, head: Mapping[str, Any], form: str, output: Path) -> dict[str, Any]:
    """Write the export and its statement, each whole or not at all; the statement."""
    draft = output.with_name(f".{output.name}.draft")
    keyring = FileKeyring(settings.home)
    try:
        with draft.open("wb") as out, unfit_told(settings[table.AUDIT_LOG]):
            done = export(settings[table.AUDIT_LOG], wanted, head, form, out)
        statement = statement_of(done, wanted, head, form, datetime.now(UTC), keyring.sign, keyring.public().hex())
        draft.replace(output)
        output.with_name(output.name + ".statement").write_text(json.dumps(statement, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        remedy = "Name a file in a folder that is there, that you may write, and that has room."
        raise AutosdError("AUTOSD-EXPORT-NOT-WRITTEN", f"{output} cannot be written: {error.strerror}.", remedy) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return statement

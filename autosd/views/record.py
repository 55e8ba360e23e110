"""The record as people read it: whether it is whole, and its last entries."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Any

from autosd.domain.errors import AutosdError
from autosd.governance.verifier import Report, read_keys, verify_log
from autosd.settings import Settings, table


def verify_record(settings: Settings, log: Path | None = None) -> Report:
    """Check the record against this installation's public key. A record that was never begun is whole, and empty."""
    path = log or settings[table.AUDIT_LOG]
    if not path.exists():
        if log is not None or path.with_name(path.name + ".heads").exists():
            return Report(False, 0, "", 0, "the record is gone" if log is None else f"there is no record {log}")
        return Report(True, 0, "")
    return verify_log(path, keys=_own_keys(settings))


def _own_keys(settings: Settings) -> list[bytes]:
    """The public key that lies beside the private one; reading must not make a new pair."""
    from autosd.adapters.keyring import FileKeyring

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

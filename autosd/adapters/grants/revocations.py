"""What was revoked: ``revoked.jsonl``, one line each. A list that cannot be read revokes everything."""

from __future__ import annotations

import json
import os
import stat
from datetime import datetime
from pathlib import Path

from autosd.adapters.grants.home import Stamp, read_plain, stamp, trustworthy
from autosd.adapters.private_files import sync_folder
from autosd.governance.grants.encoding import written_time
from autosd.governance.grants.tokens import is_grant_id

MOST = 64_000_000


class Revocations:
    """Read again when the file changed; appended to by whoever holds the home's lock."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._read: tuple[Stamp | None, dict[str, dict[str, str]] | None] = (None, {})

    def entry(self, ids: tuple[str, ...]) -> dict[str, str] | None:
        """The first revocation of one of ``ids``; for all of them when the list cannot be read."""
        entries = self._entries()
        if entries is None:
            return {"grant_id": ids[-1], "reason": f"{self.file.name} cannot be read, so nothing counts"}
        return next((entries[id] for id in ids if id in entries), None)

    def add(self, id: str, *, reason: str, by: str, at: datetime) -> None:
        """On disk when this returns."""
        entry = {"grant_id": id, "revoked_at": written_time(at), "reason": reason, "by": by}
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            _drop_torn_tail(file.fileno())
            file.write(json.dumps(entry).encode() + b"\n")
            os.fsync(file.fileno())
        sync_folder(self.file.parent)

    def _entries(self) -> dict[str, dict[str, str]] | None:
        now = stamp(self.file)
        if self._read[0] != now:
            self._read = now, self._parsed() if now is not None else {}
        return self._read[1]

    def _parsed(self) -> dict[str, dict[str, str]] | None:
        data = read_plain(self.file, MOST)
        if data is None or not trustworthy(self.file, stat.S_ISREG):
            return None
        entries: dict[str, dict[str, str]] = {}
        for line in data[: data.rfind(b"\n") + 1].splitlines():  # what follows is being written, and was promised to nobody yet
            entry = _entry(line)
            if entry is None:
                return None
            entries.setdefault(entry["grant_id"], entry)
        return entries


def _entry(line: bytes) -> dict[str, str] | None:
    try:
        entry = json.loads(line)
        known = is_grant_id(entry["grant_id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return {str(name): str(value) for name, value in entry.items()} if known else None


def _drop_torn_tail(descriptor: int) -> None:
    """Half a line is from a writer that died before it told anybody that it was done."""
    size = os.fstat(descriptor).st_size
    data = os.pread(descriptor, min(size, 65_536), max(0, size - 65_536))
    torn = len(data) - (data.rfind(b"\n") + 1)
    if torn:
        os.ftruncate(descriptor, size - torn)

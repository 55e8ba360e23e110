"""The record: hash-chained, signed JSON lines that many processes may append to and nobody can quietly rewrite.

An append either is on disk, chained and signed, or has left nothing behind. Beside the log lie ``<log>.heads`` (the signed head:
a tail that was cut off is noticed) and, after a crash in the middle of a line, ``<log>.torn`` (what the crash left, kept).
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autosd.domain.errors import AutosdError
from autosd.domain.grants import GrantUse
from autosd.governance.chain import GENESIS, canonical_json, head_of, line_hash, parse_entry, sealed, statement
from autosd.governance.redaction import redact
from autosd.ports import Keyring

MAX_LINE = 262_144
LOCK_SECONDS = 15.0

#: How the end of an attempt is called in the guides' ``result`` column.
RESULTS = {"done": "success"}


@dataclass(frozen=True)
class End:
    """Where the chain ends: the last entry's number, its hash, and the hash of its whole line. Nothing yet: number 0."""

    seq: int = 0
    hash: str = GENESIS
    line: str = GENESIS


class FileAuditLog:
    """Satisfies ``AuditLog``. ``secrets`` are literal values (a database password) that must never appear."""

    def __init__(self, path: Path, keyring: Keyring, secrets: tuple[str, ...] = ()) -> None:
        self.path = path
        self.heads = path.with_name(path.name + ".heads")
        self.torn = path.with_name(path.name + ".torn")
        self._keyring = keyring
        self._secrets = secrets

    def append(self, kind: str, fields: Mapping[str, Any], at: datetime, *, seen: GrantUse | None = None) -> str:
        """Write one entry; it is on disk when this returns. Raises ``AUTOSD-AUDIT-UNAVAILABLE`` and leaves nothing otherwise."""
        try:
            with self._locked() as log:
                _, id = self._write(log, self._recovered(log, at), kind, fields, at)
                return id
        except OSError as error:
            raise self._unavailable(error.strerror or type(error).__name__) from None

    def use_of(self, grant_id: str, now: datetime) -> GrantUse:
        raise NotImplementedError

    def _recovered(self, log: int, at: datetime) -> End:
        """The end of the chain, after what a crash left has been set aside and the head was found to agree with the log."""
        tail = _torn_tail(log)
        if tail:
            self._set_aside(log, tail)
        end = self._end(log)
        self._require_head(end)
        if tail:
            details = {"bytes": len(tail), "sha256": line_hash(tail), "kept_in": self.torn.name}
            end, _ = self._write(log, end, "recovered", {"action": "audit", "details": details}, at)
        return end

    def _set_aside(self, log: int, tail: bytes) -> None:
        """Keep the torn line beside the log, on disk, before it leaves the log."""
        with open(self.torn, "ab", opener=_open_private) as kept:
            kept.write(tail + b"\n")
            kept.flush()
            os.fsync(kept.fileno())
        os.ftruncate(log, os.fstat(log).st_size - len(tail))
        os.fsync(log)

    def _end(self, log: int) -> End:
        """The last entry, if it is ours: going on over a foreign one would sign it with the next."""
        line = _last_line(log)
        if not line:
            return End()
        try:
            entry = parse_entry(line)
        except ValueError:
            raise self._broken("its last line is not what was written") from None
        # Ed25519 signs the same words the same way, so signing again is the check
        if self._keyring.sign(statement(entry["seq"], entry["hash"])).hex() != entry.get("signature"):
            raise self._broken(f"its entry {entry['seq']} was not signed with the key of this installation")
        return End(entry["seq"], entry["hash"], line_hash(line))

    def _require_head(self, end: End) -> None:
        """Never write on over a record that was cut short: that would make the cut look like its end.

        A crash may fall between a line and its head, so the head may be one entry behind.
        """
        seq, hash = self._head()
        if seq > end.seq:
            raise self._broken(f"it ends at entry {end.seq} but its signed head says {seq}")
        if seq < end.seq - 1:
            raise self._broken(f"it has {end.seq} entries but the signed head in {self.heads.name} is missing, spoilt or old")
        if seq == end.seq and hash != end.hash:
            raise self._broken(f"its entry {seq} is not the one in its signed head")

    def _head(self) -> tuple[int, str]:
        try:
            head = json.loads(self.heads.read_bytes())
            return int(head["seq"]), str(head["hash"])
        except FileNotFoundError:
            return 0, GENESIS
        except (ValueError, TypeError, KeyError, RecursionError):
            return -2, ""

    def _write(self, log: int, end: End, kind: str, fields: Mapping[str, Any], at: datetime) -> tuple[End, str]:
        """Append one line after ``end``; the new end and the entry's id."""
        entry = self._entry(end, kind, fields, at)
        line = canonical_json(entry)
        draft = self._draft_head(entry)  # first what may fail for want of space, so that the line is the last thing to fail
        size = os.fstat(log).st_size
        try:
            _write_all(log, line + b"\n")
            os.fsync(log)
        except BaseException:
            os.ftruncate(log, size)
            draft.unlink()
            raise
        draft.replace(self.heads)
        if end.seq == 0:
            _sync_folder(self.path.parent)
        return End(entry["seq"], entry["hash"], line_hash(line)), entry["id"]

    def _entry(self, end: End, kind: str, fields: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        clean = redact(fields, self._secrets)
        details = clean.pop("details", {})
        entry = {
            "project_id": None,
            "action": "",
            "grant_id": None,
            "gates_run": [],
            "commit_ref": None,
            "tag_ref": None,
            "break_glass_used": False,
            "permit_id": None,
            "principal": None,
            "attended": None,
            **clean,
            "details": details,
            "kind": kind,
            "result": RESULTS.get(kind, kind),
            "timestamp": at.astimezone(UTC).isoformat(),
            "seq": end.seq + 1,
            "prev": end.line,
        }
        entry["id"] = f"{entry['seq']}-{os.urandom(4).hex()}"
        if len(canonical_json(entry)) > MAX_LINE:
            entry["details"] = {"cut": f"details were larger than {MAX_LINE} bytes"}
        return sealed(entry, self._keyring.sign, self._keyring.public().hex())

    def _draft_head(self, entry: Mapping[str, Any]) -> Path:
        draft = self.heads.with_name(self.heads.name + ".new")
        with open(draft, "wb", opener=_open_private) as out:
            out.write(canonical_json(head_of(entry)) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        return draft

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The open log, ours alone among all processes and threads. A log that was moved away meanwhile is opened anew."""
        self.path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            log = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                self._lock(log, deadline)
                if self.path.exists() and os.path.samestat(os.fstat(log), self.path.stat()):
                    yield log
                    return
            finally:
                os.close(log)  # closing unlocks

    def _lock(self, log: int, deadline: float) -> None:
        while True:
            try:
                return fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise self._unavailable("another process holds it and does not let go") from None
                time.sleep(0.002)

    def _unavailable(self, why: str) -> AutosdError:
        return AutosdError(
            "AUTOSD-AUDIT-UNAVAILABLE",
            f"The record {self.path} cannot be written: {why}. Without a record nothing is done.",
            "Make room and make it writable, or set AUTOSD_AUDIT_LOG to another place.",
        )

    def _broken(self, why: str) -> AutosdError:
        return AutosdError(
            "AUTOSD-AUDIT-BROKEN",
            f"The record {self.path} was changed from outside: {why}.",
            "Run `autosd audit verify`; keep the log and its .heads as evidence by moving both away, then a new record begins.",
        )


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _torn_tail(log: int) -> bytes:
    """What stands after the last line end: the start of a line whose writer died."""
    size = os.fstat(log).st_size
    return b"" if size == 0 or os.pread(log, 1, size - 1) == b"\n" else _after_last_newline(log, size)


def _last_line(log: int) -> bytes:
    size = os.fstat(log).st_size
    return _after_last_newline(log, size - 1) if size > 1 else b""


def _after_last_newline(log: int, end: int) -> bytes:
    """The bytes before offset ``end``, back to the line end before them; read in steps, so the size of the log does not matter."""
    start, found = end, b""
    while start > 0:
        step = min(65_536, start)
        start -= step
        found = os.pread(log, step, start) + found
        if b"\n" in found:
            return found.rpartition(b"\n")[2]
    return found

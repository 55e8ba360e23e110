"""The record: hash-chained JSON lines under signed heads that many processes may append to and nobody can quietly rewrite.

An append either is on disk, chained and vouched for by the signed head, or has left nothing behind. Beside the log lie ``<log>.heads``
(a tail that was cut off is noticed), its rotated segments, ``<log>.index`` (counts, see ``record_index``) and, after a crash in the
middle of a line, ``<log>.torn`` (what the crash left, kept).
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from autosd.domain.errors import AutosdError
from autosd.domain.grants import GrantUse
from autosd.governance.chain import End, sealed
from autosd.governance.record_entries import encoded, entry_of
from autosd.governance.record_files import open_private, segment_path, segments, sync_folder, write_all
from autosd.governance.record_heads import HeadsFile
from autosd.governance.record_index import GrantIndex, Mismatch
from autosd.governance.record_lock import LockedOut, OpenLog
from autosd.governance.record_tail import Broken, Tail, first_entry, look_at
from autosd.governance.redaction import Redactor, remember
from autosd.ports import Keyring, RecordMoved


@dataclass
class _Pending:
    """An entry that waits to be written, and what became of it. All but its place in the chain is ready."""

    entry: dict[str, Any]
    body: bytes
    at: datetime
    seen: Mapping[str, GrantUse]
    id: str = ""
    error: BaseException | None = None
    finished: bool = False


class FileAuditLog:
    """Satisfies ``AuditLog``.

    ``secrets`` are literal values (a database password) that must never appear. ``durable=False`` leaves it to the system when lines
    reach the disk: nothing is lost when a process is killed, but the last lines may be when the power fails. ``rotate_bytes``: a log
    that has grown beyond it is set aside as a segment (0: never). One object may be shared by threads; those that wait for each other
    are written together.
    """

    def __init__(self, path: Path, keyring: Keyring, secrets: Sequence[str] = (), *, durable: bool = True, rotate_bytes: int = 0) -> None:
        self.path = path
        self.heads = path.with_name(path.name + ".heads")
        self.torn = path.with_name(path.name + ".torn")
        self._index = GrantIndex(path, keyring)
        self._heads = HeadsFile(self.heads, keyring, durable)
        self._log = OpenLog(path)
        self._redactor = Redactor()
        remember(secrets)  # no effect comes before the record, so nothing keeps what the record may not
        self._durable = durable
        self._rotate_bytes = rotate_bytes
        self._queue: deque[_Pending] = deque()
        self._turn, self._writing = threading.Condition(), False  # for the queue
        self._mutex = threading.Lock()  # for all else: what is known of the log, its heads and its index
        self._pid = os.getpid()
        self._size, self._end = -1, End()  # of the log as we know it
        self._left: tuple[object, ...] = ()  # how we left the log: unchanged, nothing of it is read again

    def append(self, kind: str, fields: Mapping[str, Any], at: datetime, *, seen: Mapping[str, GrantUse] | None = None) -> str:
        """Write one entry; it is on disk when this returns. Raises ``AUTOSD-AUDIT-UNAVAILABLE`` and leaves nothing otherwise.

        ``seen`` are the counts that a decision was made on, by grant. If the record says something else by now, nothing is written
        and ``RecordMoved`` is raised.
        """
        return self._put([self._pending(kind, fields, at, seen)])[0]

    def append_all(self, entries: Sequence[tuple[str, Mapping[str, Any], datetime]]) -> list[str]:
        """Write several entries at the cost of one: all of them or none."""
        return self._put([self._pending(*entry) for entry in entries]) if entries else []

    def use_of(self, grant_id: str, now: datetime) -> GrantUse:
        """What the record says was done with a grant and with its children. Raises ``AUTOSD-AUDIT-BROKEN`` when it was changed."""
        self._after_fork()
        with self._mutex:
            try:
                self._index.catch_up()
            except Mismatch:  # a rotation in this very moment, or a changed record: with the writers kept out it shows which
                with self._locked() as log:
                    self._find_end(log)
                    self._catch_up()
            return self._index.use_of(grant_id, now)

    def signed_head(self) -> dict[str, Any] | None:
        """The head of the record as it is now, to be kept elsewhere; None when nothing was written yet."""
        self._after_fork()
        with self._mutex, self._locked() as log:
            self._find_end(log)
            return self._heads.signed()

    def rotate(self, fields: Mapping[str, Any], at: datetime) -> Path | None:
        """Set the log aside as a segment and begin a new one, which says so in its first entry. None: there was nothing to set aside."""
        self._after_fork()
        with self._mutex:
            with self._locked() as log:
                self._recover(log, at)
                aside = self._set_log_aside(log)
            if aside:
                with self._locked() as log:
                    self._recover(log, at, fields)
            return aside

    # ---- writing -------------------------------------------------------------------------------------------------------------

    def _pending(self, kind: str, fields: Mapping[str, Any], at: datetime, seen: Mapping[str, GrantUse] | None = None) -> _Pending:
        entry = entry_of(kind, fields, at, self._redactor)
        return _Pending(entry, encoded(entry), at, seen or {})

    def _put(self, items: Sequence[_Pending]) -> list[str]:
        """Queue; whoever finds nobody writing writes all that wait, so threads share one write and one sync."""
        self._after_fork()
        with self._turn:
            self._queue.extend(items)
            self._turn.wait_for(lambda: items[-1].finished or not self._writing)
            mine = not items[-1].finished
            self._writing = self._writing or mine
        if mine:
            self._write_queued()
        for item in items:
            if item.error is not None:
                raise item.error
        return [item.id for item in items]

    def _write_queued(self) -> None:
        try:
            with self._mutex:
                self._write_batch([self._queue.popleft() for _ in range(len(self._queue))])
        finally:
            with self._turn:
                self._writing = False
                self._turn.notify_all()

    def _write_batch(self, batch: Sequence[_Pending]) -> None:
        try:
            self._write_locked(batch)
        except BaseException as error:
            for item in batch:
                item.error = item.error or (error if isinstance(error, Exception) else self._unavailable("it was broken off"))
            if not isinstance(error, Exception):
                raise
        finally:
            for item in batch:
                item.finished = True

    def _write_locked(self, batch: Sequence[_Pending]) -> None:
        at = batch[-1].at
        with self._locked() as log:
            self._recover(log, at)
            aside = self._set_log_aside(log) if 0 < self._rotate_bytes <= self._size else None
            if aside is None:
                self._write(log, batch)
        if aside is not None:
            with self._locked() as log:  # the new one
                self._recover(log, at)
                self._write(log, batch)

    def _write(self, log: int, batch: Sequence[_Pending]) -> None:
        """Seal the entries one after the other, then write them all at once."""
        lines, size, end = [], self._size, self._end
        if any(item.seen for item in batch):
            self._catch_up()  # once, before: what this batch adds is in the index and not yet in the file
        for item in batch:
            if item.seen and not self._still(item):
                item.error = RecordMoved("the grant was used meanwhile")
                continue
            item.id = f"{end.seq + 1}-{os.urandom(4).hex()}"
            line, end = sealed(item.body, end, item.id)
            lines.append(line + b"\n")
            self._index.take(item.entry, end, size, size := size + len(line) + 1)
        if lines:
            self._commit(log, b"".join(lines), end)

    def _still(self, item: _Pending) -> bool:
        return all(self._index.use_of(id, item.at) == use for id, use in item.seen.items())

    def _commit(self, log: int, lines: bytes, end: End) -> None:
        """First the next head, then the lines, then the head: see ``record_heads``."""
        size, before, self._left = self._size, self._end, ()
        try:
            slot = self._heads.announce(end)
            write_all(log, lines)
            if self._durable:
                os.fdatasync(log)
            self._heads.commit(slot, end)
        except BaseException:
            self._index.forget()
            os.ftruncate(log, size)
            with suppress(OSError):
                self._heads.withdraw()
            raise
        if size == 0 and self._durable:
            sync_folder(self.path.parent)
        self._size, self._end = size + len(lines), end
        self._left = self._state(log, end)
        self._index.keep_now_and_then(before.seq, end.seq)

    # ---- where the chain ends ------------------------------------------------------------------------------------------------

    def _recover(self, log: int, at: datetime, fields: Mapping[str, Any] | None = None) -> None:
        """Find the end of the chain, set aside what a crash left, and give a new log its first entry."""
        tail = self._find_end(log)
        if tail is None:
            return
        if tail.debris:
            self._set_debris_aside(log, tail)
            details = {"bytes": len(tail.debris), "sha256": hashlib.sha256(tail.debris).hexdigest(), "kept_in": self.torn.name}
            self._write(log, [self._pending("recovered", {"action": "audit", "details": details}, at)])
        if tail.follows:
            said = {"segment": tail.follows.path.name, "first": tail.follows.first, "last": tail.follows.last, "head": self._heads.signed()}
            self._write(log, [self._pending("rotated", {"action": "audit", **(fields or {}), "details": said}, at)])
            self._index.keep_now_and_then(0, self._end.seq, now=True)  # the segment may be packed away from now on

    def _find_end(self, log: int) -> Tail | None:
        """What stands at the end of the log and whether it is ours; None when it is as we left it."""
        try:
            heads = self._heads.read()
            if self._left == self._state(log, heads.now):
                return None
            tail = look_at(log, heads, lambda: segments(self.path))
        except Broken as error:
            raise self._broken(str(error)) from None
        except ValueError:
            raise self._broken(f"the signed head in {self.heads.name} is spoilt or foreign") from None
        if tail.end != heads.now:
            self._heads.confirm()
        self._size, self._end = tail.size, tail.end
        return tail

    def _state(self, log: int, end: End) -> tuple[object, ...]:
        status = os.fstat(log)
        return (self._log.opened, status.st_size, status.st_mtime_ns, end)

    def _catch_up(self) -> None:
        """Count what was added, with the writers kept out."""
        try:
            self._index.catch_up(anew=True)
        except Mismatch as error:
            raise self._broken(str(error)) from None

    def _set_debris_aside(self, log: int, tail: Tail) -> None:
        """Keep the torn lines beside the log, on disk, before they leave the log."""
        with open(self.torn, "ab", opener=open_private) as kept:
            kept.write(tail.debris + b"\n")
            kept.flush()
            os.fsync(kept.fileno())
        os.ftruncate(log, tail.size)
        os.fsync(log)

    def _set_log_aside(self, log: int) -> Path | None:
        """Rename the log to a segment. Whoever writes next begins the new one, also when we are killed right here."""
        first = first_entry(log)
        if first is None or (first["kind"] == "rotated" and first["seq"] == self._end.seq):
            return None
        os.fsync(log)
        aside = segment_path(self.path, first["seq"], self._end.seq)
        self.path.rename(aside)
        sync_folder(self.path.parent)
        return aside

    def _after_fork(self) -> None:
        """A forked child shares its parent's open files, and with them the lock: it opens its own."""
        if self._pid == os.getpid():
            return
        self._pid, self._mutex, self._left = os.getpid(), threading.Lock(), ()
        self._turn, self._writing = threading.Condition(), False
        self._queue.clear()
        self._log.close()
        self._heads.close()
        self._index.forget()

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            with self._log.locked() as log:
                yield log
        except LockedOut:
            raise self._unavailable("another process holds it and does not let go") from None
        except OSError as error:
            raise self._unavailable(error.strerror or type(error).__name__) from None

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
            "Run `autosd audit verify`; keep the log and all files beside it that begin with its name as evidence by moving them away, "
            "then a new record begins.",
        )

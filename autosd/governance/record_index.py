"""How often each grant was used, counted from the record and kept as it grows, so that asking costs the same in a long record.

The counts live in memory; every ``KEEP_EVERY`` entries they are kept in ``<log>.index``, signed, with the entry they reach (number,
hash and place). The index is never believed over the record: without our signature, or when that entry does not stand at that place,
it is counted anew from the first line. An older index of ours is no danger: the lines after it are read. So who cannot sign cannot
make a grant look less used than the record says.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autosd.domain.grants import GrantUse
from autosd.governance.chain import NOTHING, End, canonical_json, links
from autosd.governance.record_files import open_private, segments
from autosd.governance.record_tail import first_entry
from autosd.ports import Keyring

KEEP_EVERY = 500
#: Whoever keeps the index for others does not make them wait for more than this.
MOST_BEHIND = 5_000
_DEPLOYS = frozenset({"deploy", "promote"})
_MERGES = frozenset({"merge_pr"})
_KEPT_DAYS = 3


class Mismatch(Exception):
    """The lines after what was counted are not the ones that follow it."""


@dataclass(frozen=True)
class Place:
    """How far the record was counted: an entry, and where its line ends in the file that begins with entry ``first``."""

    end: End = NOTHING
    first: int = 1
    offset: int = 0


@dataclass
class Counts:
    """What was done with one grant. ``days``: deploys and merges of the last days that had any."""

    uses: int = 0
    failures: int = 0
    days: dict[str, list[int]] = field(default_factory=dict)


class GrantIndex:
    """Used by one thread at a time."""

    def __init__(self, log: Path, keyring: Keyring) -> None:
        self.path = log.with_name(log.name + ".index")
        self._log = log
        self._keyring = keyring
        self.forget()

    def forget(self) -> None:
        """Begin again from what was kept."""
        self._place: Place | None = None
        self._grants: dict[str, Counts] = {}
        self._open: dict[str, list[str]] = {}  # permits that have no end yet, with their grants
        self._in_use: tuple[int, int] | None = None  # the file that ``_place`` lies in, if that is the log in use

    def use_of(self, grant_id: str, now: datetime) -> GrantUse:
        """As far as was counted: ``catch_up`` first."""
        counts = self._grants.get(grant_id)
        if counts is None:
            return GrantUse()
        deploys, merges = counts.days.get(now.astimezone(UTC).date().isoformat(), (0, 0))
        return GrantUse(counts.uses, deploys, merges, counts.failures)

    def catch_up(self, *, anew: bool = False) -> None:
        """Count the lines that were added. Raises ``Mismatch`` when they do not follow what was counted.

        ``anew``, with all writers kept out: then count from the first line, and raise when even that does not fit together.
        """
        if self._place is None:
            self._load()
        try:
            behind = self._read_on()
        except Mismatch:
            if not anew:
                raise
            self._begin()
            behind = self._read_on()
        if behind >= KEEP_EVERY:
            self._keep()

    def take(self, entry: Mapping[str, Any], end: End, start: int, stop: int) -> None:
        """Count an entry that was just written from ``start`` to ``stop`` of the log, if all before it were counted."""
        if self._place is not None and self._place.end.seq == end.seq - 1:
            self._count(entry)
            self._place = Place(end, end.seq if start == 0 else self._place.first, stop)
            self._in_use = None if start == 0 else self._in_use

    def keep_now_and_then(self, before: int, seq: int, *, now: bool = False) -> None:
        """Called with every write: sees to it that what was kept never lies far behind. Never fails."""
        if before // KEEP_EVERY == seq // KEEP_EVERY and not now:
            return
        with suppress(OSError, Mismatch):
            if self._place is None:
                self._load()
            if self._place is not None and seq - self._place.end.seq <= MOST_BEHIND:
                self._read_on()
                self._keep()

    # ---- counting ------------------------------------------------------------------------------------------------------------

    def _count(self, entry: Mapping[str, Any]) -> None:
        kind = entry.get("kind")
        if kind not in ("permitted", "done", "failed"):
            return
        permit, grants = str(entry.get("permit_id")), _grants_of(entry)
        if kind == "permitted":
            if grants:
                self._open[permit] = grants
            for id in grants:
                self._permitted(self._grants.setdefault(id, Counts()), entry)
            return
        for id in self._open.pop(permit, grants):
            counts = self._grants.setdefault(id, Counts())
            counts.failures = 0 if kind == "done" else counts.failures + 1

    def _permitted(self, counts: Counts, entry: Mapping[str, Any]) -> None:
        counts.uses += 1
        column = 0 if entry.get("action") in _DEPLOYS else 1 if entry.get("action") in _MERGES else None
        if column is None:
            return
        counts.days.setdefault(str(entry.get("timestamp"))[:10], [0, 0])[column] += 1
        for old in sorted(counts.days)[:-_KEPT_DAYS]:
            del counts.days[old]

    # ---- reading -------------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.forget()
        self._place = Place()

    def _read_on(self) -> int:
        """Count whole lines up to the end of the log; how many there were."""
        try:
            log = os.open(self._log, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return self._read_segments()  # somebody is setting it aside
        try:
            status = os.fstat(log)
            here = (status.st_dev, status.st_ino)
            count = 0 if self._in_use == here else self._read_segments()
            if self._in_use != here and (entry := first_entry(log)) is not None:
                self._enter(entry["seq"])
                self._in_use = here
            return count + (self._read_file(log) if self._in_use == here else 0)
        except ValueError:
            raise Mismatch("its first line is not what was written") from None
        finally:
            os.close(log)

    def _read_segments(self) -> int:
        assert self._place is not None
        count = 0
        with suppress(FileNotFoundError):
            for segment in segments(self._log):
                if segment.last <= self._place.end.seq:
                    continue
                self._enter(segment.first)
                file = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    count += self._read_file(file)
                finally:
                    os.close(file)
        return count

    def _enter(self, first: int) -> None:
        """Go on in the file that begins with entry ``first``."""
        assert self._place is not None
        if first == self._place.first:
            return
        if first != self._place.end.seq + 1:
            raise Mismatch(f"entry {self._place.end.seq + 1} is in none of its files")
        self._place = replace(self._place, first=first, offset=0)

    def _read_file(self, file: int) -> int:
        assert self._place is not None
        size = os.fstat(file).st_size
        if size < self._place.offset:
            raise Mismatch("it was cut short")
        if size == self._place.offset:
            return 0
        self._require_anchor(file)
        with os.fdopen(os.dup(file), "rb") as lines:
            lines.seek(self._place.offset)
            return sum(self._read_line(line) for line in lines)

    def _require_anchor(self, file: int) -> None:
        """The last line that was counted still stands where it stood."""
        assert self._place is not None
        place = self._place
        tail = b'","hash":"%b"}\n' % place.end.hash.encode()
        if place.offset and os.pread(file, len(tail), place.offset - len(tail)) != tail:
            raise Mismatch(f"entry {place.end.seq} is another one than before")

    def _read_line(self, line: bytes) -> int:
        assert self._place is not None
        if not line.endswith(b"\n"):
            return 0  # somebody is writing it
        try:
            end, before = links(line[:-1])
        except ValueError:
            raise Mismatch(f"entry {self._place.end.seq + 1} is not what was written") from None
        if before != self._place.end.hash or end.seq != self._place.end.seq + 1:
            raise Mismatch(f"entry {end.seq} does not follow entry {self._place.end.seq}")
        self._count(json.loads(line))
        self._place = replace(self._place, end=end, offset=self._place.offset + len(line))
        return 1

    # ---- keeping -------------------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        try:
            signature, _, content = self.path.read_bytes().partition(b"\n")
            if self._signature(content) != signature:
                raise ValueError
            kept = json.loads(content)
            self.forget()
            self._place = Place(End(*kept["end"]), kept["first"], kept["offset"])
            self._grants = {id: Counts(*counts) for id, counts in kept["grants"].items()}
            self._open = kept["open"]
        except (OSError, ValueError, TypeError, KeyError):
            self._begin()

    def _keep(self) -> None:
        """Replaced in one step, and not synced: one that a crash spoils has no signature."""
        assert self._place is not None
        place = self._place
        kept = {
            "end": [place.end.seq, place.end.hash],
            "first": place.first,
            "offset": place.offset,
            "grants": {id: [counts.uses, counts.failures, counts.days] for id, counts in self._grants.items()},
            "open": self._open,
        }
        content = canonical_json(kept)
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        with suppress(OSError):
            try:
                with open(draft, "wb", opener=open_private) as out:
                    out.write(self._signature(content) + b"\n" + content)
                draft.replace(self.path)
            finally:
                draft.unlink(missing_ok=True)

    def _signature(self, content: bytes) -> bytes:
        digest = hashlib.sha256(content).hexdigest()
        return self._keyring.sign(f"autosd-audit-index-v1 {digest}".encode()).hex().encode()


def _grants_of(entry: Mapping[str, Any]) -> list[str]:
    """The grant that was shown and its parents, each once."""
    ids = entry.get("grant_ids")
    named = [entry.get("grant_id"), *(ids if isinstance(ids, list) else ())]
    return list(dict.fromkeys(str(id) for id in named if id))

"""The signed heads beside the log: the one that holds, and the one that is about to.

The next head is written before its lines and becomes the head after them. So after a crash the log ends at either of the two, a line
that nobody signed for is never taken for ours, and a tail that was cut off is noticed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autosd.governance.chain import EMPTY_SLOT, NOTHING, SLOT, End, head_of, slot_end, slot_of
from autosd.governance.record_files import open_private
from autosd.ports import Keyring


@dataclass(frozen=True)
class Heads:
    """Both ends that the heads file speaks of."""

    now: End = NOTHING
    next: End = NOTHING


class HeadsFile:
    """``<log>.heads``: two slots of one sector each, written in place. Only used under the record's lock."""

    def __init__(self, path: Path, keyring: Keyring, durable: bool) -> None:
        self.path = path
        self._keyring = keyring
        self._durable = durable
        self._file = -1
        self._known = b""  # what we wrote or checked last: the same bytes need no second look
        self._heads = Heads()

    def read(self) -> Heads:
        """Raises ``ValueError`` when the file holds anything that this installation did not sign."""
        content = os.pread(self._file, 2 * SLOT + 1, 0) if self._opened() else b""
        if content != self._known or not content:
            self._heads = self._checked(content)
            self._known = content
        return self._heads

    def announce(self, end: End) -> bytes:
        """Sign for ``end`` before its line is written; the slot to commit with."""
        slot = slot_of(head_of(end, self._keyring.sign, self._key))
        if not self._opened():
            self._file = open_private(self.path, os.O_RDWR | os.O_CREAT)
        if not self._known:
            self._write(EMPTY_SLOT + EMPTY_SLOT, 0)
            self._known = EMPTY_SLOT + EMPTY_SLOT
        self._write(slot, SLOT)
        if self._durable:
            os.fdatasync(self._file)
        return slot

    def commit(self, slot: bytes, end: End) -> None:
        """The line is on disk. A crash that loses this loses nothing: the announced head fits the line."""
        self._write(slot, 0)
        self._known, self._heads = slot + slot, Heads(end, end)

    def confirm(self) -> None:
        """What was announced has arrived; the writer did not live to say so."""
        slot = self._known[SLOT:]
        self.commit(slot, slot_end(slot))

    def withdraw(self) -> None:
        """The announced line was not written after all."""
        if self._file >= 0 and self._known:
            self._write(self._known, 0)

    def signed(self) -> dict[str, Any] | None:
        """The head that holds, as it can be given away; None before the first entry."""
        if self.read().now.seq == 0:
            return None
        return dict(json.loads(self._known[:SLOT]))

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._known = -1, b""

    @cached_property
    def _key(self) -> str:
        return self._keyring.public().hex()

    def _opened(self) -> bool:
        """Whether the file is there and open; one that was moved away or exchanged meanwhile is opened anew."""
        try:
            if self._file >= 0 and os.path.samestat(os.fstat(self._file), self.path.stat()):
                return True
            self.close()
            self._file = open_private(self.path, os.O_RDWR)
        except FileNotFoundError:
            self.close()
        return self._file >= 0

    def _checked(self, content: bytes) -> Heads:
        if not content:
            return Heads()
        if len(content) != 2 * SLOT:
            raise ValueError("not two slots")
        heads = Heads(slot_end(content[:SLOT]), slot_end(content[SLOT:]))
        for end, slot in ((heads.now, content[:SLOT]), (heads.next, content[SLOT:])):
            # Ed25519 signs the same words the same way, so signing again is the check
            if slot != EMPTY_SLOT and slot != slot_of(head_of(end, self._keyring.sign, self._key)):
                raise ValueError("not signed with the key of this installation")
        return heads

    def _write(self, data: bytes, place: int) -> None:
        """Only the very first write can want for space, and it leaves an empty file then; ``withdraw`` undoes the others."""
        try:
            while data:
                written = os.pwrite(self._file, data, place)
                data, place = data[written:], place + written
        except OSError:
            if not self._known:
                os.ftruncate(self._file, 0)
            raise

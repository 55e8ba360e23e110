"""Commits as values, keys, and messages as autosd writes them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from autosd.domain.provenance import CommitRead, FileChange, Provenance, Signed
from autosd.governance.provenance.envelope import signed
from autosd.governance.provenance.parts import hunks_of, parts_of
from autosd.governance.provenance.statement import trailer_lines

ROOT = "a" * 40
KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
PUBLIC, FOREIGN = KEY.public_key().public_bytes_raw(), OTHER.public_key().public_bytes_raw()
_numbers = itertools.count(1)

OLD = "".join(f"line {n}\n" for n in range(1, 31))
NEW = OLD.replace("line 10\n", "line ten\n").replace("line 20\n", "line 20\nand more\n")


def change(path: str, old: str | None, new: str | None, modes: tuple[str, str] | None = None) -> FileChange:
    sides = tuple(None if text is None else text.encode() for text in (old, new))
    found = modes or tuple("000000" if text is None else "100644" for text in (old, new))
    return FileChange(path, sides[0], sides[1], (found[0], found[1]))


def commit(message: str, *files: FileChange) -> CommitRead:
    return CommitRead(f"{next(_numbers):040x}", "b" * 40, message, files)


def statement(*files: FileChange, **values: Any) -> Provenance:
    known: Mapping[str, Any] = {"change": "c0ffee", "strategy": "edit", "model": "local:small", "gates": "suite passed", "repository": ROOT}
    return Provenance(**{**known, **values}, parts=parts_of(hunks_of(files)))


def sign(provenance: Provenance, key: Ed25519PrivateKey = KEY) -> Signed:
    return signed(provenance, key.sign, key.public_key().public_bytes_raw())


def message(envelope: Signed, subject: str = "fix: ten is written out") -> str:
    lines = trailer_lines(envelope.provenance, envelope.key, envelope.signature)
    return "\n".join([subject, "", "1 failing test(s) pass now.", "", *lines, ""])

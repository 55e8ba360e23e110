"""A part of the record for somebody else, with a signed statement of what it is a part of.

The lines of a JSONL export are the record's own bytes: every line still holds its number and its hash, and lines that stood together
still follow each other. The statement beside it (``FILE.statement``) says which entries these are, under which filter, the digest of the
file, and the signed head of the record at that time. An auditor checks the export with it and the public key alone
(``check_export``), and the record against the same head (``autosd audit verify --against FILE.statement``).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from autosd.governance.chain import End, canonical_json, links
from autosd.governance.record_parts import lines
from autosd.governance.verifier import ed25519_verify

COLUMNS = (
    "seq", "timestamp", "project_id", "action", "result", "grant_id", "gates_run", "commit_ref", "tag_ref", "break_glass_used", "details",
    "kind", "principal", "attended", "permit_id", "id", "hash",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which entries are asked for; nothing said: all of them."""

    since: datetime | None = None
    until: datetime | None = None
    project: str = ""
    action: str = ""
    kind: str = ""

    def takes(self, entry: Mapping[str, Any]) -> bool:
        said = ((self.project, "project_id"), (self.action, "action"), (self.kind, "kind"))
        if any(value and entry.get(name) != value for value, name in said):
            return False
        if self.since is None and self.until is None:
            return True
        at = datetime.fromisoformat(str(entry.get("timestamp")))
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def said(self) -> dict[str, str]:
        values = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in vars(self).items()}
        return {name: value for name, value in values.items() if value}


EVERYTHING = Wanted()


@dataclass
class Exported:
    """What was written: enough for the statement."""

    entries: int = 0
    first: End | None = None
    last: End | None = None
    together: bool = True  # no entry between the first and the last was left out
    digest: Any = field(default_factory=hashlib.sha256)


def export(log: Path, wanted: Wanted, head: Mapping[str, Any], form: str, out: IO[bytes]) -> Exported:
    """Write the wanted entries up to ``head`` to ``out`` as ``jsonl`` or ``csv``. Raises ``Unfit`` over a record that was changed."""
    done = Exported()

    def put(text: bytes) -> None:
        done.digest.update(text)
        out.write(text)

    if form == "csv":
        put(_row(COLUMNS))
    for line, end in lines(log, last=head["seq"]):
        entry = json.loads(line)
        if not wanted.takes(entry):
            continue
        put(line if form == "jsonl" else _row(_cell(entry.get(name)) for name in COLUMNS))
        done.together = done.together and (done.last is None or end.seq == done.last.seq + 1)
        done.first, done.last, done.entries = done.first or end, end, done.entries + 1
    return done


def _row(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """A spreadsheet takes what begins with these signs for a formula."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def statement_of(done: Exported, wanted: Wanted, head: Mapping[str, Any], form: str, at: datetime, sign: Any, key: str) -> dict[str, Any]:
    said = {
        "autosd_export": 1,
        "created": at.isoformat(),
        "format": form,
        "filter": wanted.said(),
        "entries": done.entries,
        "first": _place(done.first),
        "last": _place(done.last),
        "together": done.together,
        "sha256": done.digest.hexdigest(),
        "head": dict(head),
        "key": key,
    }
    return {**said, "signature": sign(_signed(said)).hex()}


def _place(end: End | None) -> dict[str, Any] | None:
    return None if end is None else {"seq": end.seq, "hash": end.hash}


def _signed(said: Mapping[str, Any]) -> bytes:
    content = canonical_json({name: value for name, value in said.items() if name != "signature"})
    return b"autosd-audit-export-v1 " + hashlib.sha256(content).hexdigest().encode()


def check_export(file: Path, statement: Path, keys: Sequence[bytes]) -> dict[str, Any]:
    """The statement, if it is ours and ``file`` is what it speaks of. Raises ``ValueError`` with what is wrong; record not needed."""
    said = json.loads(statement.read_bytes())
    if not isinstance(said, dict) or said.get("autosd_export") != 1:
        raise ValueError(f"{statement.name} is no statement of an export")
    if str(said.get("key")) not in [key.hex() for key in keys]:
        raise ValueError("its statement is signed with a key that is not trusted")
    if not ed25519_verify(bytes.fromhex(said["key"]), _signed(said), bytes.fromhex(str(said.get("signature")))):
        raise ValueError("the signature of its statement is forged")
    found = Exported()
    with file.open("rb") as text:
        for line in text:
            found.digest.update(line)
            if said["format"] == "jsonl":
                _follow(found, line)
    if found.digest.hexdigest() != said["sha256"]:
        raise ValueError("it is not the file that its statement speaks of")
    if said["format"] == "jsonl" and _place(found.last) != said["last"]:
        raise ValueError("it does not end at the entry in its statement")
    if found.last and found.last.seq == said["head"]["seq"] and found.last.hash != said["head"]["hash"]:
        raise ValueError("its last entry is not the one in the signed head")
    return said


def _follow(found: Exported, line: bytes) -> None:
    end, prev = links(line.rstrip(b"\n"))
    if found.last is not None and end.seq == found.last.seq + 1 and prev != found.last.hash:
        raise ValueError(f"entry {end.seq} does not follow entry {found.last.seq}")
    if found.last is not None and end.seq <= found.last.seq:
        raise ValueError(f"entry {end.seq} stands after entry {found.last.seq}")
    found.first, found.last, found.entries = found.first or end, end, found.entries + 1


def picked(entries: Iterator[dict[str, Any]], wanted: Wanted, count: int) -> list[dict[str, Any]]:
    """The last ``count`` wanted of entries that come last first, oldest first."""
    found: list[dict[str, Any]] = []
    for entry in entries:
        if wanted.takes(entry):
            found.append(entry)
            if len(found) == count:
                break
    return found[::-1]

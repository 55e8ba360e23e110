"""What the record is made of: a line with its hash, the head that is signed, and where both stand on disk.

The verifier (``verifier.py``) repeats this in its own words, so that an auditor needs that one file and nothing of ours.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

VERSION = 2
GENESIS = "0" * 64
#: ``,"hash":"<64 hex digits>"}`` ends every line; the hash is over everything before it.
TAIL = 75
#: A head fills a slot of the heads file: less than a disk's sector, so that it is on disk whole or not at all.
SLOT = 512
EMPTY_SLOT = b" " * (SLOT - 1) + b"\n"

_LINKS = re.compile(rb',"seq":(\d{1,18}),"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})"\}\Z')


@dataclass(frozen=True)
class End:
    """Where the chain ends: the last entry's number and hash. Nothing yet: number 0."""

    seq: int = 0
    hash: str = GENESIS


NOTHING = End()


def canonical_json(value: Any) -> bytes:
    """One spelling a value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def sealed(body: bytes, after: End, id: str) -> tuple[bytes, End]:
    """The line that follows ``after``, without its line end, and the new end of the chain. ``body``: JSON without its last brace."""
    seq = after.seq + 1
    body = b'%b,"id":"%b","seq":%d,"prev":"%b"' % (body, id.encode("ascii"), seq, after.hash.encode("ascii"))
    hash = hashlib.sha256(body).hexdigest()
    return b'%b,"hash":"%b"}' % (body, hash.encode("ascii")), End(seq, hash)


def links(line: bytes) -> tuple[End, str]:
    """The number and hash of ``line`` and what it says of the line before. Raises ``ValueError`` when it is not what was written."""
    found = _LINKS.search(line)
    if not found or hashlib.sha256(line[:-TAIL]).hexdigest().encode() != found[3]:
        raise ValueError("not what was written")
    return End(int(found[1]), found[3].decode()), found[2].decode()


def parse_entry(line: bytes) -> dict[str, Any]:
    """The entry that ``line`` holds. Raises ``ValueError`` when it is not what was written."""
    links(line)
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise ValueError("not what was written")
    return entry


def statement(end: End) -> bytes:
    """What a head signs: that the record's entry ``seq`` has this hash, and by the chain all entries before it theirs."""
    return f"autosd-audit-v2 {end.seq} {end.hash}".encode("ascii")


def head_of(end: End, sign: Callable[[bytes], bytes], key: str) -> dict[str, Any]:
    """The signed head: enough to prove, later and elsewhere, that the record once reached this entry."""
    return {"seq": end.seq, "hash": end.hash, "key": key, "signature": sign(statement(end)).hex()}


def slot_of(head: Mapping[str, Any]) -> bytes:
    return canonical_json(head).ljust(SLOT - 1) + b"\n"


def slot_end(slot: bytes) -> End:
    """The end that a slot speaks of; its signature is not looked at. Raises ``ValueError`` for what is no slot."""
    if slot == EMPTY_SLOT:
        return End()
    head = json.loads(slot)
    if not isinstance(head, dict) or type(head.get("seq")) is not int or slot_of(head) != slot:
        raise ValueError("no head")
    return End(head["seq"], str(head.get("hash")))

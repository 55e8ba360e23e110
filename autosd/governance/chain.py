"""What one line of the record is made of: canonical JSON, its hash, and the statement that is signed.

The verifier (``verifier.py``) repeats this in its own words, so that an auditor needs that one file and nothing of ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

GENESIS = "0" * 64
UNHASHED = ("hash", "key", "signature")


def canonical_json(value: Any) -> bytes:
    """One spelling a value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def entry_hash(entry: Mapping[str, Any]) -> str:
    """SHA-256 over everything in the entry but the hash itself and the signature over it."""
    return hashlib.sha256(canonical_json({key: value for key, value in entry.items() if key not in UNHASHED})).hexdigest()


def line_hash(line: bytes) -> str:
    """What the next entry's ``prev`` says: SHA-256 over the whole line, so that its signature is part of the chain too."""
    return hashlib.sha256(line).hexdigest()


def statement(seq: int, hash: str) -> bytes:
    """What is signed: that the record's entry ``seq`` has this hash, and by the chain all entries before it theirs."""
    return f"autosd-audit-v1 {seq} {hash}".encode("ascii")


def sealed(entry: Mapping[str, Any], sign: Callable[[bytes], bytes], key: str) -> dict[str, Any]:
    """``entry`` with its hash, the public key and the signature."""
    hash = entry_hash(entry)
    return {**entry, "hash": hash, "key": key, "signature": sign(statement(entry["seq"], hash)).hex()}


def parse_entry(line: bytes) -> dict[str, Any]:
    """The entry that ``line`` holds. Raises ``ValueError`` when it is not, byte for byte, what was written."""
    try:
        entry = json.loads(line)
        intact = canonical_json(entry) == line and entry["hash"] == entry_hash(entry) and type(entry["seq"]) is int
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        intact = False
    if not intact:
        raise ValueError("not what was written")
    return dict(entry)


def head_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The signed head that an entry makes: enough to prove, later and elsewhere, that the record once reached it."""
    return {name: entry[name] for name in ("seq", "hash", "key", "signature")}

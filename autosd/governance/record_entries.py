"""From what a caller says to one entry of the record: the guides' ten keys first, every key there, secrets out, size bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from autosd.governance.chain import VERSION
from autosd.governance.redaction import Redactor

MAX_LINE = 262_144

#: How the end of an attempt is called in the guides' ``result`` column.
RESULTS = {"done": "success"}
#: What only the record itself may set.
_LINKS = frozenset({"timestamp", "result", "kind", "v", "id", "seq", "prev", "hash"})

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def entry_of(kind: str, fields: Mapping[str, Any], at: datetime, redactor: Redactor) -> dict[str, Any]:
    """The entry as it will stand in the record, but for its place in the chain."""
    clean = redactor.fields({name: value for name, value in fields.items() if name not in _LINKS})
    entry: dict[str, Any] = {
        "timestamp": at.astimezone(UTC).isoformat(),
        "project_id": None,
        "action": "",
        "result": RESULTS.get(kind, kind),
        "grant_id": None,
        "gates_run": [],
        "commit_ref": None,
        "tag_ref": None,
        "break_glass_used": False,
        "details": {},
        "kind": kind,
        "v": VERSION,
        "permit_id": None,
        "principal": None,
        "attended": None,
    }
    entry.update(clean)
    return entry


def encoded(entry: dict[str, Any]) -> bytes:
    """``entry`` as JSON without its closing brace. What makes it too long is cut and says so: details, then whatever is longest."""
    body, cut = _encode(entry), set[str]()
    while len(body) > MAX_LINE:
        longest = max(entry.keys() - cut, key=lambda name: (name == "details", len(_encode(entry[name]))))
        entry[longest] = {"cut": f"{longest} were larger than {MAX_LINE} bytes"} if longest == "details" else "[cut]"
        cut.add(longest)
        body = _encode(entry)
    return body[:-1].encode("ascii")

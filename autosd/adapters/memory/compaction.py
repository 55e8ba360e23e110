"""Which exchanges are too many, and what is left of them.

An exchange goes only when each of its tags has a quota and it is older than the newest so many of that tag. Summaries are in no quota
and are never summarised: a new line is added to the last one until it is full, then a new one begins.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from autosd.adapters.memory import times
from autosd.adapters.memory.gpt_tables import SUMMARY, add_tags, digest_of
from autosd.adapters.memory.sqlite_file import Row
from autosd.domain.memories import PLACE

#: Stands for the tag of exchanges that have none.
UNTAGGED = "untagged"
Retention = int | Mapping[str, int]

_SUMMARY_CHARS = 8000
_LINE_CHARS = 120


def overflowing(newest_first: Iterable[tuple[int, Sequence[str]]], retention: Retention) -> list[int]:
    """The ids that go; ``retention`` is how many of each tag stay (a number: of every tag)."""
    seen: Counter[str] = Counter()
    gone = []
    for id, tags in newest_first:
        groups = groups_of(tags)
        seen.update(groups)
        if all((keep := kept_of(retention, tag)) is not None and seen[tag] > keep for tag in groups):
            gone.append(id)
    return gone


def groups_of(tags: Sequence[str]) -> Sequence[str]:
    """The tags that an exchange is counted in: not the one that says where it belongs."""
    return [tag for tag in tags if not tag.startswith(PLACE)] or (UNTAGGED,)


def kept_of(retention: Retention, tag: str) -> int | None:
    """None: no quota."""
    return retention if isinstance(retention, int) else retention.get(tag)


def checked(retention: Retention) -> Retention:
    """Raises ``ValueError`` for a negative quota."""
    if any(keep < 0 for keep in ([retention] if isinstance(retention, int) else retention.values())):
        raise ValueError(f"a retention below 0: {retention}")
    return retention


def compact(connection: sqlite3.Connection, retention: Retention, now: datetime) -> int:
    """How many exchanges went. In one transaction of the caller's."""
    tags: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute("SELECT interaction_id, tag FROM interaction_tags ORDER BY tag"):
        tags[row["interaction_id"]].append(row["tag"])
    ids = [row["id"] for row in connection.execute("SELECT id FROM interactions WHERE summary = 0 ORDER BY id DESC")]
    gone = overflowing(((id, tags[id]) for id in ids), retention)
    lines: dict[str, list[str]] = defaultdict(list)
    for id in reversed(gone):
        line = _line(connection.execute("SELECT prompt, response, alerts FROM interactions WHERE id = ?", (id,)).fetchone())
        for tag in groups_of(tags[id]):
            lines[tag].append(line)
    for tag in sorted(lines):
        _summarise(connection, tag, lines[tag], now)
    connection.executemany("DELETE FROM interactions WHERE id = ?", [(id,) for id in gone])
    return len(gone)


def _line(row: Row) -> str:
    """An exchange in one line; one with alerts is only counted, since its words must reach no model."""
    if json.loads(row["alerts"] or "[]"):
        return "- (kept back: it had alerts)"
    return f"- {_first_line(row['prompt'])}: {_first_line(row['response'])}"


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _LINE_CHARS else f"{line[: _LINE_CHARS - 1]}…"


def _summarise(connection: sqlite3.Connection, tag: str, lines: list[str], now: datetime) -> None:
    prompt = f"{SUMMARY}:{tag}"
    last = connection.execute(
        "SELECT id, response FROM interactions WHERE summary = 1 AND prompt = ? ORDER BY id DESC LIMIT 1", (prompt,)
    ).fetchone()
    if last and len(last["response"]) < _SUMMARY_CHARS:
        text = "\n".join([last["response"], *lines])
        values = (text, digest_of(prompt, text), times.written(now), last["id"])
        connection.execute("UPDATE OR IGNORE interactions SET response = ?, digest = ?, ts = ? WHERE id = ?", values)
        return
    text, tags = "\n".join(lines), (SUMMARY,) if tag == UNTAGGED else (tag, SUMMARY)
    added = connection.execute(
        "INSERT INTO interactions (prompt, response, tags, ts, alerts, digest, summary) VALUES (?, ?, ?, ?, '[]', ?, 1) "
        "ON CONFLICT (digest) DO UPDATE SET ts = excluded.ts RETURNING id",
        (prompt, text, ",".join(tags), times.written(now), digest_of(prompt, text)),
    )
    add_tags(connection, added.fetchone()["id"], tags)

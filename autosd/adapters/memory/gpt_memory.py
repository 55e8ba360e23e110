"""``GPTMemoryManager``: what was asked of models and what they answered, without secrets, found again by words, tags or meaning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from autosd.adapters.memory import compaction, gpt_tables, times
from autosd.adapters.memory.alerts import alerts_of
from autosd.adapters.memory.compaction import Retention
from autosd.adapters.memory.embedding import Embedder, cosine, vector_from, vector_of
from autosd.adapters.memory.gpt_tables import add_tags, digest_of, entry_of, tags_of
from autosd.adapters.memory.sqlite_file import Row, SqliteFile, storable
from autosd.adapters.memory.words import like_of, match_of, recency, weighed
from autosd.domain.memories import MemoryEntry
from autosd.governance.redaction import Redactor

#: The guides' tags.
FEEDBACK, IMPROVEMENT_PATH, ERROR_FIX, INSIGHT = "feedback", "improvement_path", "error_fix", "insight"
NEW = "memory:new"

_LOOKED_AT = 200  # best by words, before the rest is weighed
_VECTORS = 10_000  # newest, of those that are compared one by one
Tags = str | Iterable[str] | None


class EventBus(Protocol):
    """Hears of every new entry."""

    def publish(self, topic: str, payload: Mapping[str, Any], /) -> object: ...


class GPTMemoryManager:
    """The guides' class. With ``retention`` it compacts itself when it is written to, at most once in ``compact_seconds``.

    ``known`` are literal secrets that must never be kept, besides what looks like one; ``now`` is a test's clock.
    """

    def __init__(
        self,
        db_path: str | Path = "gpt_memory.db",
        *,
        embedder: Embedder | None = None,
        event_bus: EventBus | None = None,
        retention: Retention | None = None,
        compact_seconds: float = 3600.0,
        known: Iterable[str] = (),
        now: times.Now | None = None,
    ) -> None:
        self.file = SqliteFile(db_path, gpt_tables.prepare)
        self._embedder, self._bus, self._redactor = embedder, event_bus, Redactor(known)
        self._retention = None if retention is None else compaction.checked(retention)
        self._compact_every, self.now = timedelta(seconds=compact_seconds), now or (lambda: datetime.now(UTC))
        self._compact_from = datetime.min.replace(tzinfo=UTC)

    # ---- writing ----------------------------------------------------------------------------------------------------------------

    def log_interaction(self, prompt: str, response: str, tags: Tags = None) -> int:
        """The entry's id. An exchange that is there already is not added again; it only gets the tags that it lacks."""
        prompt, response, tags = self._clean(prompt), self._clean(response), tags_of(tags)
        alerts = alerts_of(prompt, response)
        vector = json.dumps(vector_of(self._embedder, f"{prompt}\n{response}")) if self._embedder and not alerts else None
        with self.file.writing() as connection:
            digest = digest_of(prompt, response)
            there = connection.execute("SELECT id, tags FROM interactions WHERE digest = ?", (digest,)).fetchone()
            if there:
                id, all_tags = int(there["id"]), tags_of([there["tags"], *tags])
                connection.execute("UPDATE interactions SET tags = ? WHERE id = ?", (",".join(all_tags), id))
            else:
                sql = "INSERT INTO interactions (prompt, response, tags, ts, embedding, alerts, digest) VALUES (?, ?, ?, ?, ?, ?, ?)"
                values = (prompt, response, ",".join(tags), times.written(self.now()), vector, json.dumps(alerts), digest)
                id = int(connection.execute(sql, values).lastrowid or 0)
            add_tags(connection, id, tags)
        if not there and self._bus is not None:
            self._bus.publish(NEW, {"prompt": prompt, "tags": list(tags)})
        self._compact_if_due()
        return id

    def store(self, key: str, data: str, tags: Tags = None) -> int:
        """An entry whose prompt is ``key``."""
        return self.log_interaction(key, data, tags)

    def compact(self, retention: Retention) -> int:
        """Keep the newest so many of each tag, or of the tags named; how many entries went into summaries (see ``compaction``)."""
        retention = compaction.checked(retention)
        if not isinstance(retention, int):
            retention = {tag: keep for name, keep in retention.items() for tag in tags_of(name)}
        with self.file.writing() as connection:
            return compaction.compact(connection, retention, self.now())

    def prune_old_entries(self, max_rows: int) -> int:
        """``compact`` with one quota for all tags."""
        return self.compact(max_rows)

    # ---- reading ----------------------------------------------------------------------------------------------------------------

    def search_context(self, query: str, limit: int = 5, tags: Tags = None, use_embeddings: bool = False) -> list[MemoryEntry]:
        """The best first: by words and recency, or by meaning. Entries have all of ``tags``; none that has alerts is shown.

        Without words: the newest.
        """
        return [entry for _score, entry in self.get_similar_entries(query, limit, tags, use_embeddings=use_embeddings)]

    def retrieve(self, query: str, limit: int = 5, tags: Tags = None) -> list[MemoryEntry]:
        """What ``search_context`` finds."""
        return self.search_context(query, limit, tags)

    def get_similar_entries(
        self, query: str, limit: int = 5, tags: Tags = None, *, use_embeddings: bool | None = None
    ) -> list[tuple[float, MemoryEntry]]:
        """Each with its score, the highest first. By meaning where there is an embedder, unless ``use_embeddings`` says otherwise."""
        if limit <= 0:
            return []
        wanted = tags_of(tags)
        by_meaning = self._embedder is not None and use_embeddings is not False
        found = self._by_meaning(query, limit, wanted) if by_meaning and query.strip() else self._by_words(query, limit, wanted)
        return [(entry.score, entry) for entry in found]

    def entry(self, id: int) -> MemoryEntry | None:
        """The entry of this id, also one with alerts: for people."""
        return next((entry_of(row) for row in self.file.rows("SELECT * FROM interactions WHERE id = ?", (id,))), None)

    def entries(self, limit: int = 50, tags: Tags = None) -> list[MemoryEntry]:
        """The newest first, also those with alerts: for people."""
        wanted = tags_of(tags)
        sql = f"SELECT * FROM interactions WHERE {_having(wanted)} ORDER BY id DESC LIMIT ?"  # noqa: S608
        return [entry_of(row) for row in self.file.rows(sql, (*wanted, limit))]

    # ---- its life ---------------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Safe to repeat."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # ---- inside -----------------------------------------------------------------------------------------------------------------

    def _by_words(self, query: str, limit: int, tags: tuple[str, ...]) -> list[MemoryEntry]:
        words, now = match_of(query), self.now()
        rows = self._shown("1", tags, limit) if not query.strip() else []
        if not query.strip():
            return [entry_of(row, recency(times.read(row["ts"]), now)) for row in rows]
        scored = [(weighed(row["found"], times.read(row["ts"]), now), row) for row in self._ranked(words, tags)]
        scored.sort(key=lambda pair: (-pair[0], -pair[1]["id"]))
        best = [entry_of(row, score) for score, row in scored[:limit]]
        if len(best) < limit:  # also inside a word, as the guide's search finds it
            there = {entry.id for entry in best}
            like = "(prompt LIKE ? ESCAPE '\\' OR response LIKE ? ESCAPE '\\')"
            rows = self._shown(like, tags, limit + len(there), like_of(query), like_of(query))
            best += [entry_of(row) for row in rows if row["id"] not in there]
        return best[:limit]

    def _by_meaning(self, query: str, limit: int, tags: tuple[str, ...]) -> list[MemoryEntry]:
        assert self._embedder is not None
        wanted = vector_of(self._embedder, self._clean(query))
        rows = self._shown("embedding IS NOT NULL", tags, _VECTORS)
        scored = [(cosine(wanted, vector_from(row["embedding"])), row) for row in rows]
        scored.sort(key=lambda pair: (-pair[0], -pair[1]["id"]))
        return [entry_of(row, score) for score, row in scored[:limit]]

    def _ranked(self, words: str, tags: tuple[str, ...]) -> list[Row]:
        if not words:
            return []
        best = f"SELECT rowid AS id, rank AS found FROM interactions_words WHERE interactions_words MATCH ? AND {_ranked_fit(tags)}"  # noqa: S608
        sql = f"SELECT interactions.*, found FROM ({best} ORDER BY rank LIMIT ?) JOIN interactions USING (id)"  # noqa: S608 - texts are not sorted along
        return self.file.rows(sql, (words, *tags, _LOOKED_AT))

    def _shown(self, where: str, tags: tuple[str, ...], limit: int, *values: object) -> list[Row]:
        sql = f"SELECT * FROM interactions WHERE {where} AND {_FIT} AND {_having(tags)} ORDER BY id DESC LIMIT ?"  # noqa: S608
        return self.file.rows(sql, (*values, *tags, limit))

    def _compact_if_due(self) -> None:
        """Once in an interval over all processes: whoever writes the time first does it."""
        if self._retention is None or (now := self.now()) < self._compact_from:
            return
        self._compact_from = now + self._compact_every
        with self.file.writing() as connection:
            last = connection.execute("SELECT value FROM memory_state WHERE name = 'compacted'").fetchone()
            if last and now - times.read(last["value"]) < self._compact_every:
                return
            connection.execute("INSERT OR REPLACE INTO memory_state VALUES ('compacted', ?)", (times.written(now),))
        self.compact(self._retention)

    def _clean(self, text: str) -> str:
        return storable(self._redactor.whole_text(text))


_FIT = f"NOT ({gpt_tables.ALERTED})"


def _ranked_fit(tags: tuple[str, ...]) -> str:
    """The same of the index's rows."""
    all_tags = ["rowid IN (SELECT interaction_id FROM interaction_tags WHERE tag = ?)"] * len(tags)
    return " AND ".join([f"rowid NOT IN (SELECT id FROM interactions WHERE {gpt_tables.ALERTED})", *all_tags])  # noqa: S608


def _having(tags: tuple[str, ...]) -> str:
    """All of ``tags``, each as a whole word."""
    return " AND ".join(["interactions.id IN (SELECT interaction_id FROM interaction_tags WHERE tag = ?)"] * len(tags)) or "1"

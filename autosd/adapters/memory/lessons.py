"""Lessons: entries of the memory that are shown again only as long as changes made with them end better than changes do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autosd.adapters.memory import times
from autosd.adapters.memory.bounds import beta_quantile
from autosd.adapters.memory.gpt_memory import GPTMemoryManager
from autosd.adapters.memory.sqlite_file import storable
from autosd.domain.memories import Lesson, MemoryEntry

WIN, LOSS = "win", "loss"
#: A lesson is proven when the chance that it ends worse than changes do is below this ...
DOUBT = 0.1
#: ... and it was judged so often; and it is not tried further when it was judged more often than that without being proven.
JUDGED_AT_LEAST, TRIED_AT_MOST = 3, 12
_CANDIDATES = 50


@dataclass(frozen=True)
class LessonBook:
    """Satisfies ``Lessons``. ``exploration`` is the share of attempts in which one unproven lesson may be shown."""

    memory: GPTMemoryManager
    exploration: float = 0.1

    def lessons_for(self, words: str, tags: Iterable[str] = (), limit: int = 3, *, attempt: str = "") -> Sequence[Lesson]:
        """See ``Lessons``."""
        if limit <= 0 or not words.strip():
            return []
        found = [entry for _score, entry in self.memory.get_similar_entries(words, _CANDIDATES, tags) if not entry.summary]
        known = self._with_tallies(found)
        lessons = [lesson for lesson in known if lesson.proven][:limit]
        if len(lessons) < limit and self._explores(attempt or words):
            lessons += [lesson for lesson in known if self._open(lesson)][:1]
        return lessons

    def shown(self, lessons: Iterable[Lesson], *, attempt: str, strategy: str) -> None:
        """See ``Lessons``."""
        now = times.written(self.memory.now())
        rows = [(lesson.entry.id, attempt, strategy, now) for lesson in lessons]
        with self.memory.file.writing() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO lesson_showings (interaction_id, attempt, strategy, ts) "
                "SELECT id, ?2, ?3, ?4 FROM interactions WHERE id = ?1",  # it may have been compacted meanwhile
                rows,
            )

    def came_out(self, attempt: str, *, won: bool, strategy: str = "") -> None:
        """See ``Lessons``."""
        now, outcome = times.written(self.memory.now()), WIN if won else LOSS
        with self.memory.file.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?)", (storable(attempt), won, now))
            connection.execute(
                "UPDATE lesson_showings SET outcome = CASE WHEN ?1 = '' OR strategy = ?1 THEN ?2 END WHERE attempt = ?3",
                (strategy, outcome, attempt),
            )

    def base_rate(self, lesson: Lesson | None = None) -> float:
        """The chance of an attempt to end well; with ``lesson``, of those in which it was not shown."""
        row = self.memory.file.rows("SELECT coalesce(sum(won), 0) AS won, count(*) AS all_of_them FROM attempts")[0]
        won, total = int(row["won"]), int(row["all_of_them"])
        if lesson is not None:
            won, total = won - lesson.wins, total - lesson.wins - lesson.losses
        return (max(won, 0) + 1) / (max(total, won, 0) + 2)

    def tally(self, entry: MemoryEntry) -> Lesson:
        """What is known of one entry."""
        [lesson] = self._with_tallies([entry])
        return lesson

    def times_shown(self, id: int) -> int:
        """In how many attempts it stood in a prompt."""
        sql = "SELECT count(DISTINCT attempt) AS number FROM lesson_showings WHERE interaction_id = ?"
        return int(self.memory.file.rows(sql, (id,))[0]["number"])

    def shown_in(self, attempt: str, strategy: str) -> list[int]:
        """The entries that stood in this strategy's prompts."""
        sql = "SELECT interaction_id FROM lesson_showings WHERE attempt = ? AND strategy = ? ORDER BY interaction_id"
        return [row["interaction_id"] for row in self.memory.file.rows(sql, (attempt, strategy))]

    def _with_tallies(self, entries: Sequence[MemoryEntry]) -> list[Lesson]:
        sql = """
            SELECT interaction_id, count(DISTINCT CASE outcome WHEN 'win' THEN attempt END) AS wins,
                   count(DISTINCT CASE outcome WHEN 'loss' THEN attempt END) AS losses
            FROM lesson_showings WHERE interaction_id IN (SELECT value FROM json_each(?)) GROUP BY interaction_id"""
        rows = self.memory.file.rows(sql, (json.dumps([each.id for each in entries]),))
        tallies = {row["interaction_id"]: (row["wins"], row["losses"]) for row in rows}
        lessons = [Lesson(entry, *tallies.get(entry.id, (0, 0))) for entry in entries]
        return [replace(lesson, proven=self._proven(lesson)) for lesson in lessons]

    def _proven(self, lesson: Lesson) -> bool:
        judged = lesson.wins + lesson.losses
        return judged >= JUDGED_AT_LEAST and beta_quantile(DOUBT, lesson.wins, lesson.losses) >= self.base_rate(lesson)

    def _open(self, lesson: Lesson) -> bool:
        """Neither proven nor found to be of no use."""
        judged = lesson.wins + lesson.losses
        hope = beta_quantile(1 - DOUBT, lesson.wins, lesson.losses)
        return not lesson.proven and judged < TRIED_AT_MOST and hope >= self.base_rate(lesson)

    def _explores(self, attempt: str) -> bool:
        """The same attempt draws the same lot, so that a run that is done again shows the same."""
        lot = int.from_bytes(hashlib.sha256(storable(attempt).encode()).digest()[:8], "big")
        return lot < self.exploration * 2**64

"""What a repository's past says of its files: which were changed lately, and which were changed together."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autosd.adapters.codeindex.tables import writing

#: The commit that a folder's past ends with, empty where there is none: read from files, at no cost.
Head = Callable[[Path], str]
#: Of the last commits, newest first, the files that each changed, relative to the folder.
Commits = Callable[[Path], Sequence[Sequence[str]]]

_MOST_TOGETHER = 20  # files; a commit that changed more says nothing of any two of them


@dataclass(frozen=True)
class Past:
    """Questions to the commits that the index holds of one folder."""

    connection: sqlite3.Connection
    root: int

    def recency(self, path: str) -> float:
        """1 for a file of the last commit, falling with each commit since."""
        row = self.connection.execute("SELECT min(age) FROM commits WHERE root = ? AND path = ?", (self.root, path)).fetchone()
        return 0.0 if row[0] is None else 10 / (10 + int(row[0]))

    def together(self, paths: Iterable[str]) -> dict[str, float]:
        """Files that were changed with one of ``paths``: in how large a part of its commits."""
        shares: dict[str, float] = {}
        for path in dict.fromkeys(paths):
            ages = self.connection.execute("SELECT age FROM commits WHERE root = ? AND path = ? LIMIT 30", (self.root, path)).fetchall()
            for (age,) in ages:
                asked = "SELECT path FROM commits WHERE root = ? AND age = ? LIMIT ?"
                rows = self.connection.execute(asked, (self.root, age, _MOST_TOGETHER + 1)).fetchall()
                for (other,) in rows if len(rows) <= _MOST_TOGETHER else ():
                    if other != path:
                        shares[other] = shares.get(other, 0.0) + 1 / len(ages)
        return {path: min(1.0, share) for path, share in shares.items()}


def bring_past_up_to_date(connection: sqlite3.Connection, id: int, folder: Path, head: Head, commits: Commits) -> None:
    """Read anew only when the folder's last commit is another one."""
    name, now = f"head of {id}", head(folder)
    if _fact(connection, name) == now:
        return
    rows = [(id, age, path) for age, files in enumerate(commits(folder) if now else ()) for path in dict.fromkeys(files)]
    with writing(connection):
        connection.execute("DELETE FROM commits WHERE root = ?", (id,))
        connection.executemany("INSERT INTO commits (root, age, path) VALUES (?, ?, ?)", rows)
        connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, now))


def _fact(connection: sqlite3.Connection, name: str) -> str:
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""

"""Tables that are made when they are missing, and completed when an older file lacks some of their columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from autosd.adapters.memory.words import TOKENIZER

#: All names in these statements are constants of this package: nothing that a user wrote comes into them.


def ensure_table(connection: sqlite3.Connection, table: str, columns: Mapping[str, str], *, key: str = "") -> bool:
    """Whether the table was made or completed just now: then its rows, if any, are somebody else's."""
    there = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
    if not there:
        body = ", ".join(f"{name} {kind}" for name, kind in columns.items()) + (f", PRIMARY KEY ({key})" if key else "")
        connection.execute(f"CREATE TABLE {table} ({body})")
        return True
    missing = {name: kind for name, kind in columns.items() if name not in there}
    for name, kind in missing.items():
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
    return bool(missing)


def ensure_words(connection: sqlite3.Connection, table: str, *columns: str) -> None:
    """A full-text index over ``columns`` that follows the table by triggers; filled at once where rows are there already."""
    name, listed = f"{table}_words", ", ".join(columns)
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
        return
    new, old = (", ".join(f"{each}.{column}" for column in columns) for each in ("new", "old"))
    forget = f"INSERT INTO {name}({name}, rowid, {listed}) VALUES ('delete', old.id, {old});"  # noqa: S608
    keep = f"INSERT INTO {name}(rowid, {listed}) VALUES (new.id, {new});"  # noqa: S608
    for statement in (
        f"CREATE VIRTUAL TABLE {name} USING fts5({listed}, content='{table}', content_rowid='id', tokenize='{TOKENIZER}')",
        f"CREATE TRIGGER {name}_added AFTER INSERT ON {table} BEGIN {keep} END",
        f"CREATE TRIGGER {name}_gone AFTER DELETE ON {table} BEGIN {forget} END",
        f"CREATE TRIGGER {name}_changed AFTER UPDATE OF {listed} ON {table} BEGIN {forget} {keep} END",
        f"INSERT INTO {name}({name}) VALUES ('rebuild')",  # noqa: S608
    ):
        connection.execute(statement)

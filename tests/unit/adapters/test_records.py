"""Databases that others keep: looked through whatever they are called, never written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from autosd.adapters.records import count_rows, rows_about


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / 'odd "name"?.db'
    with closing(sqlite3.connect(file)) as connection:
        connection.execute('CREATE TABLE "my errors" (id INTEGER PRIMARY KEY, message TEXT, times INTEGER)')
        connection.execute("INSERT INTO \"my errors\" (message, times) VALUES ('KeyError while parsing dates', 3), ('disk full', 1)")
        connection.execute("CREATE TABLE pairs (a TEXT PRIMARY KEY, b TEXT) WITHOUT ROWID")
        connection.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
        connection.execute("INSERT INTO words VALUES ('parsing dates')")
        connection.commit()
    return file


def test_rows_with_the_words_are_found_the_best_first(database: Path) -> None:
    [found] = rows_about(database, "parsing dates fails", 5)
    assert (found.table, found.row, found.text) == ("my errors", 1, "KeyError while parsing dates")
    assert found.share == pytest.approx(2 / 3)
    assert rows_about(database, "nothing alike", 5) == [] and count_rows(database) == 2


def test_a_file_that_is_no_database_or_not_there_has_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to have a header of its own" * 20)
    for name in ("text.db", "absent.db"):
        assert rows_about(tmp_path / name, "database", 5) == [] and count_rows(tmp_path / name) == 0
    assert not (tmp_path / "absent.db").exists()


def test_it_is_only_read(database: Path) -> None:
    before = database.read_bytes()
    rows_about(database, "dates", 5)
    assert database.read_bytes() == before and [each.name for each in database.parent.iterdir()] == [database.name]

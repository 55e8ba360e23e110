"""From any text to a question that the full-text index can answer."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from autosd.adapters.memory.words import MAX_TERMS, like_of, match_of, recency, terms, weighed

BASE = sqlite3.connect(":memory:")
BASE.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def test_words_are_taken_apart_at_underscores_and_humps() -> None:
    assert terms("normalizeText of HTTPServer, snake_case_2! of") == [
        "normalizetext", "normalize", "text", "of", "httpserver", "http", "server", "snake", "case", "2",
    ]  # fmt: skip


def test_a_short_word_must_be_whole_and_a_longer_one_is_a_beginning() -> None:
    assert match_of("is sort") == '"is" OR "sort"*'


@given(st.text(max_size=300))
def test_any_text_is_a_valid_question_or_none(text: str) -> None:
    question = match_of(text)
    assert question.count(" OR ") < MAX_TERMS
    if question:
        BASE.execute("SELECT * FROM words WHERE words MATCH ?", (question,)).fetchall()


@given(st.text(alphabet=r"ab%_\\", max_size=20))
def test_like_takes_a_text_literally(text: str) -> None:
    [[found]] = BASE.execute("SELECT ? LIKE ? ESCAPE '\\'", (f"x{text}y", like_of(text)))
    [[other]] = BASE.execute("SELECT ? LIKE ? ESCAPE '\\'", ("xqqqy", like_of(text)))
    assert found and (not other or not text.strip())


def test_recency_halves_in_a_month_and_nothing_is_newer_than_now() -> None:
    assert recency(NOW - timedelta(days=30), NOW) == 0.5
    assert recency(NOW + timedelta(days=1), NOW) == recency(NOW, NOW) == 1.0


def test_success_can_turn_the_order_and_recency_only_that_of_near_equals() -> None:
    old = NOW - timedelta(days=4000)
    assert weighed(-1.0, old, NOW, success=0.9) > weighed(-1.0, NOW, NOW, success=0.5)
    assert weighed(-1.3, old, NOW) > weighed(-1.0, NOW, NOW) > weighed(-1.2, old, NOW)

"""Events are remembered in order, within a cap and a time, without secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autosd.adapters.memory.event_memory import Event, EventMemory

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Clock:
    time = NOON

    def __call__(self) -> datetime:
        return self.time


def test_an_event_is_found_by_its_request_and_after_reopening(tmp_path: Path) -> None:
    event = Event("integrated", {"change": "c1", "files": ["a.py"]}, source="ann", request_id="r1", ts=NOON)
    with EventMemory(tmp_path / "e.db") as events:
        events.remember(event)
        events.remember(Event("error", request_id="r2"))
    with EventMemory(tmp_path / "e.db") as events:
        [found] = events.recall(request_id="r1")
        assert (found.event, dict(found.payload), found.type, found.importance, found.source, found.ts) == (
            "integrated", {"change": "c1", "files": ["a.py"]}, "selfcoding", 0.6, "ann", NOON,
        )  # fmt: skip


def test_over_the_cap_the_oldest_go() -> None:
    with EventMemory(":memory:", most=3) as events:
        for number in range(5):
            events.remember(Event(f"e{number}"))
        assert [each.event for each in events.recall()] == ["e4", "e3", "e2"]
    with EventMemory(":memory:", most=0) as events:
        events.remember(Event("e"))
        assert events.recall() == []


def test_what_is_too_old_is_not_recalled_and_goes_with_the_next_event() -> None:
    clock = Clock()
    with EventMemory(":memory:", keep_seconds=60, now=clock) as events:
        events.remember(Event("early"))
        clock.time += timedelta(seconds=61)
        assert events.recall() == events.recall("early") == []
        events.remember(Event("late"))
        clock.time -= timedelta(seconds=61)
        assert [each.event for each in events.recall()] == ["late"]


def test_what_matters_more_comes_first_and_of_equals_the_newer() -> None:
    clock = Clock()
    with EventMemory(":memory:", now=clock) as events:
        for name, importance in (("sort low", 0.1), ("sort high", 0.9), ("sort early", 0.5), ("sort late", 0.5)):
            clock.time += timedelta(days=1)
            events.remember(Event(name, importance=importance))
        assert [each.event for each in events.recall("sort")] == ["sort high", "sort late", "sort early", "sort low"]
        assert [each.event for each in events.recall("ort ear")] == ["sort early"], "a part of a text is found too"


def test_secrets_are_in_no_event() -> None:
    with EventMemory(":memory:") as events:
        events.remember(Event("x", {"api_key": "abcdef123", "log": "password=hunter22"}))
        assert "hunter22" not in repr(events.recall()) and "abcdef123" not in repr(events.recall())


@pytest.mark.parametrize("importance", [-0.1, 1.1])
def test_importance_lies_between_nothing_and_all(importance: float) -> None:
    with EventMemory(":memory:") as events, pytest.raises(ValueError):
        events.remember(Event("x", importance=importance))

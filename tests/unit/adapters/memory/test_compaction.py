"""What holds for every memory and every retention: the newest stay, nothing is lost without a line, and once is enough."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.adapters.memory.compaction import UNTAGGED, kept_of, overflowing
from autosd.adapters.memory.gpt_memory import GPTMemoryManager

TAGS = st.sampled_from(["a", "b", "c"])
ROWS = st.lists(st.lists(TAGS, unique=True, max_size=3), max_size=25)
QUOTA = st.integers(0, 6)
RETENTION = QUOTA | st.dictionaries(TAGS | st.just(UNTAGGED), QUOTA)


def ranks(rows: list[list[str]]) -> list[dict[str, int]]:
    """Of each row, counted from the newest: the how manyth of each of its tags it is."""
    seen: Counter[str] = Counter()
    found = []
    for tags in rows:
        groups = tags or [UNTAGGED]
        seen.update(groups)
        found.append({tag: seen[tag] for tag in groups})
    return found


@given(ROWS, RETENTION)
def test_a_row_goes_exactly_when_it_is_too_old_for_all_its_tags(rows: list[list[str]], retention: int | dict[str, int]) -> None:
    gone = set(overflowing(enumerate(rows), retention))
    for id, ranked in enumerate(ranks(rows)):
        quotas = {tag: kept_of(retention, tag) for tag in ranked}
        assert (id in gone) == all(quota is not None and ranked[tag] > quota for tag, quota in quotas.items())


@given(ROWS, RETENTION)
def test_what_is_left_has_nothing_too_much(rows: list[list[str]], retention: int | dict[str, int]) -> None:
    gone = set(overflowing(enumerate(rows), retention))
    left = [(id, tags) for id, tags in enumerate(rows) if id not in gone]
    assert overflowing(left, retention) == []


@given(ROWS, QUOTA, QUOTA)
def test_a_smaller_quota_never_keeps_more(rows: list[list[str]], one: int, other: int) -> None:
    assert set(overflowing(enumerate(rows), max(one, other))) <= set(overflowing(enumerate(rows), min(one, other)))


@settings(max_examples=40, deadline=None)
@given(ROWS, st.lists(RETENTION, min_size=1, max_size=3))
def test_a_memory_loses_no_entry_without_a_line_in_a_summary_of_each_of_its_tags(
    rows: list[list[str]], retentions: list[int | dict[str, int]]
) -> None:
    with GPTMemoryManager(":memory:", now=lambda: datetime(2026, 3, 4, tzinfo=UTC)) as memory:
        tags_of = {memory.log_interaction(f"<{number}>", "r", tags): tags for number, tags in enumerate(rows)}
        all_prompts = {id: f"<{number}>" for number, id in enumerate(tags_of)}
        for retention in retentions:
            before = {entry.id for entry in memory.entries(1000) if not entry.summary}
            old_lines = [line for entry in memory.entries(1000) if entry.summary for line in entry.response.splitlines()]
            removed = memory.compact(retention)
            entries = memory.entries(1000)
            after = {entry.id for entry in entries if not entry.summary}
            summaries = {entry.prompt: entry.response for entry in entries if entry.summary}
            assert after <= before and removed == len(before) - len(after)
            assert not Counter(old_lines) - Counter(line for text in summaries.values() for line in text.splitlines())
            for id in before - after:
                assert all(f"- {all_prompts[id]}: r" in summaries[f"summary:{tag}"].splitlines() for tag in tags_of[id] or [UNTAGGED])
            assert memory.compact(retention) == 0

"""Values under keys: each version stays, and is found by words and tags."""

from __future__ import annotations

from pathlib import Path

from autosd.adapters.memory.kept_values import MenaceMemoryManager


def test_every_version_of_a_key_is_kept_and_the_newest_is_fetched(tmp_path: Path) -> None:
    with MenaceMemoryManager(tmp_path / "mem.db") as memory:
        assert [memory.store("plan", f"step {number}", "plans") for number in range(3)] == [1, 2, 3]
    with MenaceMemoryManager(tmp_path / "mem.db") as memory:
        newest, first = memory.fetch("plan"), memory.fetch("plan", 1)
        assert newest and first and (newest.data, newest.version, first.data) == ("step 2", 3, "step 0")
        assert [each.version for each in memory.query("plan")] == [3, 2, 1] and memory.fetch("other") is None


def test_values_are_searched_by_words_parts_of_words_and_whole_tags() -> None:
    with MenaceMemoryManager(":memory:") as memory:
        memory.store("cart", "rounds half up", ["error_fix", "insight"])
        memory.store("sort", "by name", "fix")
        assert [each.key for each in memory.search("rounding halves")] == [each.key for each in memory.search("ound")] == ["cart"]
        assert [each.key for each in memory.search_by_tag("fix")] == ["sort"] and memory.search_by_tag("insight")[0].key == "cart"
        assert memory.search("'\"*(") == [] and memory.search_by_tag("%") == []


def test_secrets_are_taken_out() -> None:
    with MenaceMemoryManager(":memory:") as memory:
        memory.store("k", "token=abcdefgh1234")
        found = memory.fetch("k")
        assert found and found.data == "token=[redacted]"

"""What is kept of a change, and that keeping it never stands in the way."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autosd.acts.remembering import FAILED, Asked, remember, taken_back
from autosd.adapters.memory.event_memory import Event
from autosd.adapters.memory.opening import lessons_in, open_events, open_memory, open_patches
from autosd.domain.changes import LANDED, Change, ChangeResult, Cost, GateReport, TestEvidence, Word
from autosd.domain.memories import Lesson, project_tag
from autosd.domain.patches import Contributor, PatchOutcome, PatchRecord, Source
from autosd.settings import Settings, load_settings

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
DIFF = (
    "diff --git a/shop/cart.py b/shop/cart.py\n--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1,2 +1,2 @@\n-x = 1\n-y = 1\n+x = 2\n+y = 2\n"
    "diff --git a/README b/README\n--- a/README\n+++ b/README\n@@ -0,0 +1 @@\n+rounds\n"
)
CHANGE = Change(
    id="c1",
    project="shop",
    base="b" * 40,
    result=ChangeResult(Word.COMMITTED),
    strategy="edit",
    diff=DIFF,
    commit="c" * 40,
    reports=(GateReport("deltas", True, detail="complexity -2, lines +1"),),
    evidence=TestEvidence(("t::a", "t::b"), ("t::b",), (), (), 8),
    cost=Cost(3, 4.5, 0.02),
    created_at=NOON,
    extra={"tree": "t1", "model": "openai:x"},
)
NONE = Change(
    "c2", "shop", "c" * 40, ChangeResult(Word.NO_CANDIDATE), evidence=TestEvidence(("t::b",), total=8), extra={"tree": "t2"}
)  # fmt: skip
ASKED = Asked("ann", "fix", "Round half up", "r1")


@dataclass(frozen=True)
class House:
    settings: Settings

    @property
    def clock(self) -> House:
        return self

    def now(self) -> datetime:
        return NOON


@pytest.fixture
def house(tmp_path: Path) -> House:
    return house_with(tmp_path, {})


def house_with(tmp_path: Path, env: Mapping[str, str]) -> House:
    return House(load_settings({"AUTOSD_HOME": str(tmp_path / "home"), **env}))


def patches_of(house: House) -> list[PatchRecord]:
    with open_patches(house.settings) as patches:
        return patches.list_patches()


def events_of(house: House) -> list[Event]:
    with open_events(house.settings) as events:
        return events.recall()


def lesson_shown(house: House, tree: str, strategy: str = "edit") -> None:
    with open_memory(house.settings) as memory:
        book = lessons_in(memory, house.settings)
        entry = memory.entry(memory.log_interaction("rounding", "use Decimal", ["error_fix"]))
        assert entry is not None
        book.shown([book.tally(entry)], attempt=tree, strategy=strategy)


def lesson_of(house: House) -> Lesson:
    with open_memory(house.settings) as memory:
        entry = memory.entry(1)
        assert entry is not None
        return lessons_in(memory, house.settings).tally(entry)


def test_a_landed_change_is_a_patch_with_its_figures_its_people_and_its_sources(house: House) -> None:
    lesson_shown(house, "t1")
    remember(house, CHANGE, ASKED)
    [patch] = patches_of(house)
    assert (patch.filename, patch.description, patch.strategy, patch.change_id) == ("shop/cart.py", "Round half up", "edit", "c1")
    assert (patch.errors_before, patch.errors_after, patch.tests_failed_before, patch.tests_failed_after) == (2, 1, 2, 1)
    assert (patch.roi_before, patch.roi_after, patch.roi_delta) == (0.75, 0.875, 0.125)
    assert (patch.complexity_delta, patch.lines_changed, patch.tests_passed, patch.outcome) == (-2.0, 5, True, PatchOutcome.SUCCESS)
    assert (patch.commit_sha, patch.base, patch.time_to_completion, patch.usd, patch.ts) == ("c" * 40, "b" * 40, 4.5, 0.02, NOON)
    with open_patches(house.settings) as patches:
        assert patches.files(patch.id) == {"shop/cart.py": 4, "README": 1} and patches.provenance(patch.id) == [Source("memory", "1")]
        assert set(patches.contributors(patch.id)) == {
            Contributor("ann", "asked"), Contributor("edit", "strategy"), Contributor("openai:x", "model"),
        }  # fmt: skip
    [event] = events_of(house)
    assert (event.event, event.payload["change"], event.request_id) == ("integrated", "c1", "r1")


def test_said_again_nothing_is_doubled(house: House) -> None:
    lesson_shown(house, "t1")
    for _ in range(3):
        remember(house, CHANGE, ASKED)
        remember(house, NONE, ASKED)
    assert len(patches_of(house)) == len(events_of(house)) == 2 and lesson_of(house).wins == 1
    with open_patches(house.settings) as patches:
        assert patches.failed_strategies() == {"any:no_candidate_found": 1}


def test_the_same_diff_that_lands_further_is_the_same_patch(house: House) -> None:
    remember(house, replace(CHANGE, id="c0", commit=None, result=ChangeResult(Word.ARTIFACTS_WRITTEN)))
    remember(house, CHANGE)
    [patch] = patches_of(house)
    assert (patch.change_id, patch.commit_sha) == ("c1", "c" * 40)


def test_a_patch_builds_on_the_one_whose_commit_is_its_base_else_on_the_last_of_its_file(house: House) -> None:
    remember(house, CHANGE)
    remember(house, replace(CHANGE, id="c3", base="c" * 40, diff=DIFF.replace("x = 2", "x = 3"), commit="d" * 40))
    remember(house, replace(CHANGE, id="c4", base="e" * 40, diff=DIFF.replace("x = 2", "x = 4"), commit="f" * 40))
    with open_patches(house.settings) as patches:
        [last] = [each for each in patches.list_patches() if each.change_id == "c4"]
        assert [each.change_id for each in patches.get_ancestry_chain(last.id)] == ["c4", "c3", "c1"]


def test_an_attempt_without_a_candidate_is_a_failure_and_a_loss_for_what_was_shown(house: House) -> None:
    lesson_shown(house, "t2")
    remember(house, NONE, ASKED)
    [patch] = patches_of(house)
    assert (patch.outcome, patch.reason, patch.errors_before, patch.errors_after, patch.roi_delta) == (
        PatchOutcome.FAIL, "no_candidate_found", 1, 1, 0.0,
    )  # fmt: skip
    assert (lesson_of(house).wins, lesson_of(house).losses) == (0, 1) and events_of(house)[0].event == "error"


def test_what_another_strategy_won_says_nothing_of_the_lesson(house: House) -> None:
    lesson_shown(house, "t1", strategy="agent")
    remember(house, CHANGE)
    assert (lesson_of(house).wins, lesson_of(house).losses) == (0, 0)


def test_a_landed_change_is_a_lesson_to_be_in_its_own_project(house: House) -> None:
    remember(house, CHANGE, ASKED)
    remember(house, NONE, ASKED)
    with open_memory(house.settings) as memory:
        [entry] = memory.search_context("round half", tags=["error_fix", project_tag("shop")])
        assert entry.prompt == "Round half up\nt::a\nt::b\nshop/cart.py\nREADME" and entry.response == DIFF
        assert memory.search_context("round half", tags=[project_tag("till")]) == [] and len(memory.entries()) == 1
        assert memory.compact({"error_fix": 0}) == 1, "the project's tag needs no quota"
        assert [each.prompt for each in memory.entries()] == ["summary:error_fix"]


def test_a_change_that_was_taken_back_is_a_loss_after_all(house: House) -> None:
    lesson_shown(house, "t1")
    remember(house, CHANGE)
    taken_back(house, CHANGE, "the shop broke")
    [patch] = patches_of(house)
    assert (patch.reverted, patch.outcome, patch.reason) == (True, PatchOutcome.FAIL, "the shop broke")
    assert (lesson_of(house).wins, lesson_of(house).losses) == (0, 1)


@pytest.mark.parametrize("word", [word for word in Word if word not in FAILED and word not in LANDED])
def test_ends_that_say_nothing_of_a_change_are_no_patches(house: House, word: Word) -> None:
    remember(house, replace(CHANGE, result=ChangeResult(word)))
    assert patches_of(house) == []


def test_a_proven_change_that_was_only_shown_is_a_win_for_its_lesson_and_no_patch(house: House) -> None:
    lesson_shown(house, "t1")
    remember(house, replace(CHANGE, result=ChangeResult(Word.PROVEN)))
    assert lesson_of(house).wins == 1 and patches_of(house) == []


def test_better_measures_of_whoever_made_the_change_hold(house: House) -> None:
    remember(house, replace(CHANGE, extra={**CHANGE.extra, "roi_before": "1.5", "roi_after": "4"}))
    assert patches_of(house)[0].roi_delta == 2.5


def test_the_days_log_is_written_where_a_folder_is_named(tmp_path: Path) -> None:
    house = house_with(tmp_path, {"SELF_CODING_LOG_DIR": str(tmp_path / "log")})
    for _ in range(2):
        remember(house, CHANGE, ASKED)
    [file] = (tmp_path / "log").iterdir()
    text = file.read_text()
    assert file.name == "self-coding-log-2026-03-04.md" and text.count("+x = 2") == 1 and "Round half up (committed)" in text


def test_a_memory_that_cannot_be_used_stops_nothing_and_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "bad.db").write_bytes(b"no database at all" * 100)
    house = house_with(tmp_path, {"PATCH_HISTORY_DB_PATH": str(tmp_path / "bad.db")})
    with caplog.at_level(logging.WARNING):
        remember(house, CHANGE)
    assert "patch history" in caplog.text and "AUTOSD-STORE-CORRUPT" in caplog.text and len(events_of(house)) == 1

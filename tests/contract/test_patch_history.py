"""What the patch history keeps of every patch, and how it is asked."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.domain.patches import Contributor, PatchOutcome, PatchRecord, Source

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
FULL = PatchRecord(
    filename="shop/cart.py", description="round half up", roi_before=0.5, roi_after=0.75, roi_delta=0.25, errors_before=2, errors_after=1,
    tests_failed_before=2, tests_failed_after=1, complexity_before=7.0, complexity_after=8.0, complexity_delta=1.0, predicted_roi=0.1,
    predicted_errors=1.5, reverted=False, ts=NOON, source_bot="ann", version="1.1", code_id=3, code_hash="f" * 64, parent_patch_id=None,
    reason="because", trigger="fix", diff="--- a/x\n+++ b/x\n", summary="it rounds", outcome=PatchOutcome.SUCCESS, lines_changed=2,
    tests_passed=True, context_tokens=900, start_time=NOON, time_to_completion=3.5, error_trace_count=1, enhancement_name="rounding",
    prompt_headers="system", prompt_order="snippets,task", change_id="c1", project="shop", strategy="edit", base="b" * 40,
    commit_sha="a" * 40, model="openai:x", usd=0.02,
)  # fmt: skip


@pytest.fixture(params=["file", "in memory"])
def patches(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PatchHistoryDB]:
    times = iter(NOON + timedelta(minutes=number) for number in range(10_000))
    with PatchHistoryDB(tmp_path / "p.db" if request.param == "file" else ":memory:", now=lambda: next(times)) as opened:
        yield opened


def test_a_patch_is_read_back_as_it_was_written_every_figure_of_it(patches: PatchHistoryDB) -> None:
    assert all(getattr(FULL, field.name) is not None for field in fields(FULL) if field.name != "parent_patch_id")
    id = patches.add(FULL)
    assert patches.get(id) == replace(FULL, id=id) and patches.get(id + 1) is None
    assert patches.by_change("c1") == patches.get(id)


def test_the_time_is_that_of_the_insertion_and_differences_are_those_of_before_and_after(patches: PatchHistoryDB) -> None:
    first, second = (patches.add(PatchRecord("x.py", roi_before=1, roi_after=3, complexity_before=2, complexity_after=5)) for _ in "ab")
    found = [patches.get(first), patches.get(second)]
    assert [each.ts for each in found if each] == [NOON, NOON + timedelta(minutes=1)]
    assert found[0] and (found[0].roi_delta, found[0].complexity_delta, found[0].outcome) == (2, 3, PatchOutcome.SUCCESS)


def test_a_change_is_kept_once_and_whoever_knows_more_of_it_adds_that(patches: PatchHistoryDB) -> None:
    id = patches.add(FULL)
    assert patches.add(PatchRecord("shop/cart.py", change_id="c1", roi_before=1.0, roi_after=4.0, reverted=True, reason="worse")) == id
    assert patches.list_patches() == [
        replace(FULL, id=id, roi_before=1.0, roi_after=4.0, roi_delta=3.0, reverted=True, outcome=PatchOutcome.FAIL, reason="worse")
    ]
    assert patches.add(PatchRecord("y.py")) != patches.add(PatchRecord("y.py"))


def test_top_and_worst_are_by_return_and_top_is_of_what_was_kept(patches: PatchHistoryDB) -> None:
    for name, roi, reverted in (("a", 0.1, False), ("b", 0.9, True), ("c", 0.5, False), ("d", -0.3, False)):
        patches.add(PatchRecord(name, roi_delta=roi, reverted=reverted, project="p"))
    assert [each.filename for each in patches.top_patches(2)] == ["c", "a"]
    assert [each.filename for each in patches.worst_patches(2)] == ["d", "a"]
    assert patches.top_patches(project="q") == patches.worst_patches(project="q") == []


def test_the_success_rate_is_the_share_of_the_newest_with_a_return_above_nothing(patches: PatchHistoryDB) -> None:
    assert patches.success_rate() == 0.0
    for roi in [1.0] * 10 + [0.0, -1.0, 0.5, 0.5]:
        patches.add(PatchRecord("x.py", roi_delta=roi))
    assert patches.success_rate(4) == 0.5 and patches.success_rate() == 12 / 14


def test_patches_are_filtered_by_any_file_they_changed_and_by_how_they_ended(patches: PatchHistoryDB) -> None:
    first = patches.add(PatchRecord("a.py", strategy="edit"), files={"a.py": 9, "b.py": 1})
    second = patches.add(PatchRecord("b.py", reverted=True, project="p"))
    assert [each.id for each in patches.filter(filename="b.py")] == [second, first]
    assert [each.id for each in patches.filter(reverted=True)] == [each.id for each in patches.filter(project="p")] == [second]
    assert [each.id for each in patches.filter(outcome=PatchOutcome.FAIL)] == [second]
    assert [each.id for each in patches.filter(strategy="edit")] == [first] and patches.files(first) == {"a.py": 9, "b.py": 1}


@pytest.mark.parametrize("term", ["Rounding", "cart", "art.p", "half up", "rounds"])
def test_a_search_finds_words_and_parts_of_words(patches: PatchHistoryDB, term: str) -> None:
    patches.add(replace(FULL, description="rounding half up"))
    patches.add(PatchRecord("other.py", description="something else"))
    assert [each.change_id for each in patches.search(term)] == ["c1"]


@pytest.mark.parametrize("term", ["'", '"', "AND OR", "*", "(", "%", "", "\0", "\ud800", "x" * 100_000])
def test_no_term_is_an_error(patches: PatchHistoryDB, term: str) -> None:
    patches.add(FULL)
    patches.search(term)


def test_the_best_match_comes_first(patches: PatchHistoryDB) -> None:
    for number in range(4):
        patches.add(PatchRecord(f"f{number}.py", description="unrelated things with many words about carts and shops"))
    patches.add(PatchRecord("x.py", description="rounding cart"))
    patches.add(PatchRecord("y.py", description="a cart among many other things that have nothing to do with it at all"))
    assert patches.search("rounding cart")[0].filename == "x.py"


def test_patches_are_found_by_date_hash_and_commit(patches: PatchHistoryDB) -> None:
    ids = [patches.add(PatchRecord("x.py", code_hash=f"h{number % 2}", commit_sha=f"s{number}")) for number in range(4)]
    assert [each.id for each in patches.between_dates(NOON + timedelta(minutes=1), NOON + timedelta(minutes=2))] == ids[1:3]
    assert [each.id for each in patches.by_hash("h1")] == [ids[3], ids[1]] and patches.by_hash("") == []
    assert [each.id for each in patches.by_commit("s2")] == [ids[2]] and patches.by_commit("") == []


def test_the_ancestry_goes_back_to_the_first_and_through_several_parents_each_once(patches: PatchHistoryDB) -> None:
    first = patches.add(PatchRecord("a"))
    left, right = (patches.add(PatchRecord(name, parent_patch_id=first)) for name in ("left", "right"))
    last = patches.add(PatchRecord("b", parent_patch_id=left), parents=[right])
    assert [each.id for each in patches.get_ancestry_chain(last)] == [last, right, left, first]
    assert patches.get_ancestry_chain(99) == []


def test_a_circle_of_parents_ends(patches: PatchHistoryDB) -> None:
    first = patches.add(PatchRecord("a"), parents=[2])
    second = patches.add(PatchRecord("b"), parents=[first])
    assert [each.id for each in patches.get_ancestry_chain(first)] == [first, second]


def test_failed_strategies_are_counted(patches: PatchHistoryDB) -> None:
    assert [patches.record_failed_strategy("edit:tests_failed", "x") for _ in range(3)] == [1, 2, 3]
    patches.record_failed_strategy("agent:too_large")
    assert list(patches.failed_strategies().items()) == [("edit:tests_failed", 3), ("agent:too_large", 1)]


def test_what_a_patch_came_from_and_who_had_a_part_is_kept(patches: PatchHistoryDB) -> None:
    id = patches.add(FULL)
    sources = [Source("code", "7", 0.9, "MIT"), Source("memory", "3", 0.1)]
    people = [Contributor("edit", "strategy", 0.8), Contributor("ann", "asked", 0.2)]
    for _ in range(2):
        patches.record_provenance(id, sources)
        patches.record_contributors(id, people)
    assert (patches.provenance(id), patches.contributors(id)) == (sources, people)


def test_flakiness_is_the_mean_of_the_newest_looks(patches: PatchHistoryDB) -> None:
    for value in (1.0, 0.0, 0.5):
        patches.record_flakiness("a.py", value)
    assert patches.average_flakiness("a.py") == 0.5 and patches.average_flakiness("a.py", 2) == 0.25 and patches.average_flakiness("b") == 0
    with pytest.raises(ValueError):
        patches.record_flakiness("a.py", 1.1)


def test_a_patch_that_was_taken_back_is_a_failure(patches: PatchHistoryDB) -> None:
    id = patches.add(FULL)
    assert patches.mark_reverted(id, "it broke the shop") and not patches.mark_reverted(99)
    found = patches.get(id)
    assert found and (found.reverted, found.outcome, found.reason) == (True, PatchOutcome.FAIL, "it broke the shop")
    assert patches.top_patches() == []


def test_secrets_are_in_no_text_of_it(patches: PatchHistoryDB) -> None:
    secret = "ghp_" + "a" * 30
    id = patches.add(replace(FULL, description=secret, diff=f"+{secret}\n", reason=f"password={secret}"))
    patches.record_failed_strategy(secret)
    assert secret not in repr((patches.get(id), patches.failed_strategies()))


def test_an_older_file_of_the_guide_gets_what_it_lacks(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "p.db")) as old:
        old.execute(
            "CREATE TABLE patch_history (id INTEGER PRIMARY KEY, filename TEXT, description TEXT, roi_delta REAL, ts TEXT, diff TEXT)"
        )
        old.execute("INSERT INTO patch_history VALUES (4, 'old.py', 'normalize', 0.5, '2023-01-02T03:04:05', NULL)")
        old.commit()
    with PatchHistoryDB(tmp_path / "p.db") as patches:
        [found] = patches.search("normalize")
        assert (found.id, found.filename, found.roi_delta, found.ts) == (4, "old.py", 0.5, datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC))
        assert patches.add(FULL) == 5 and patches.success_rate() == 1.0


def _add(path: Path, writer: int) -> None:
    with PatchHistoryDB(path) as patches:
        for number in range(20):
            patches.add(PatchRecord(f"{writer}.py", change_id=f"{writer}-{number}"))
            patches.add(PatchRecord("all.py", change_id=f"all-{number}"))
            patches.record_failed_strategy("tag")


@pytest.mark.slow
def test_eight_processes_add_at_once(tmp_path: Path) -> None:
    writers = [multiprocessing.get_context("spawn").Process(target=_add, args=(tmp_path / "p.db", writer)) for writer in range(8)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(120)
    assert [each.exitcode for each in writers] == [0] * 8
    with PatchHistoryDB(tmp_path / "p.db") as patches:
        assert len(patches.list_patches(1000)) == 8 * 20 + 20 and patches.failed_strategies() == {"tag": 160}


def test_a_file_is_as_good_as_what_was_kept_of_its_changes(patches: PatchHistoryDB) -> None:
    good = replace(FULL, change_id=None, code_hash="")
    for _ in range(2):
        patches.add(good, files={"a.py": 1, "b.py": 1})
    patches.mark_reverted(patches.add(good, files={"b.py": 1}), "it broke the shop")
    patches.mark_reverted(patches.add(good, files={"c.py": 1}), "so did this")
    patches.add(replace(good, outcome=PatchOutcome.FAIL), files={"d.py": 1})  # never landed: it says nothing of the file
    patches.add(replace(good, project="another"), files={"e.py": 1})
    assert patches.kept_by_file("shop") == pytest.approx({"a.py": 2 / 4, "b.py": 1 / 5, "c.py": -1 / 3})

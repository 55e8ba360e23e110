"""The search for the commit that broke a test, and for the smallest part of it."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import pytest

from autosd.coding.revert.bisecting import Culprit, Verdict, find_culprit
from autosd.coding.revert.pieces import Piece, applied, pieces_of, readable
from autosd.coding.revert.shrinking import smallest
from autosd.ports import Changed


def search(verdicts: Sequence[Verdict], *, dirty: bool = False, seconds: float = 60.0) -> tuple[Culprit | None, int]:
    asked: list[int] = []

    def ask(index: int) -> dict[str, Verdict]:
        asked.append(index)
        return {"t": verdicts[index]}

    found = find_culprit("t", ask, len(verdicts), dirty=dirty, deadline=time.monotonic() + seconds)
    return found, len(set(asked))


@pytest.mark.parametrize("count", [2, 3, 10, 200])
def test_every_breaking_commit_is_found_in_logarithmic_steps(count: int) -> None:
    for breaking in range(count - 1):
        found, asked = search([False] * (breaking + 1) + [True] * (count - breaking - 1))
        assert found == Culprit(breaking + 1, breaking)
        assert asked <= 2 * count.bit_length() + 1


def test_the_head_is_asked_only_when_there_is_uncommitted_work() -> None:
    assert search([True, True], dirty=True) == (Culprit(0, -1), 1)
    assert search([False, True], dirty=True)[0] == Culprit(1, 0)


def test_what_cannot_be_run_is_skipped_and_leaves_a_range_only_beside_the_culprit() -> None:
    assert search([False, None, False, None, True, True])[0] == Culprit(4, 2)
    assert search([False, False, None, True, None, True])[0] == Culprit(3, 1)
    generator = random.Random(4)
    for _ in range(300):
        breaking, count = generator.randrange(30), 31
        truth: list[Verdict] = [False] * (breaking + 1) + [True] * (count - breaking)
        seen = [verdict if generator.random() > 0.3 else None for verdict in truth]
        found, _ = search(seen)
        if found is not None:
            assert found.bad <= breaking < found.good
            assert all(verdict is None for verdict in seen[found.bad + 1 : found.good])
        else:
            assert True not in seen


def test_a_test_that_is_older_in_its_failure_than_the_history_has_no_culprit() -> None:
    assert search([False] * 20)[0] is None
    assert search([None] * 20)[0] is None
    assert search([False] * 5 + [True] * 5, seconds=0.0)[0] is None


def test_a_short_time_of_passing_between_two_of_failing_is_found() -> None:
    assert search([False] * 4 + [True] * 2 + [False] * 20)[0] == Culprit(4, 3)


def test_the_smallest_part_that_works_is_found() -> None:
    for size in (1, 2, 7, 24):
        for needed in ({0}, {size - 1}, {0, size - 1}, {size // 2, size // 3}):
            calls = 0

            def works(chosen: Sequence[int], needed: set[int] = needed) -> bool:
                nonlocal calls
                calls += 1
                return needed <= set(chosen)

            assert set(smallest(range(size), works) or ()) == needed
            assert calls <= 12 * max(1, size)


def test_where_the_whole_does_not_work_single_parts_are_asked() -> None:
    assert smallest([1, 2, 3], lambda chosen: list(chosen) == [2]) == [2]
    assert smallest([1, 2, 3], lambda chosen: False) is None


OLD = "a = 1\nb = 2\n\n\nc = 3\nd = 4\n"
NEW = "a = 10\nb = 2\n\n\nc = 3\ne = 5\nd = 4\n"


def change(now_path: str | None = "m.py", **words: str | None) -> Changed:
    values: dict[str, str | None] = {"old": OLD, "new": NEW, "before": "m.py", **words}
    return Changed("m.py", str(values["before"]), values["old"], values["new"], now_path)


def test_each_hunk_is_taken_back_by_itself_and_together_they_give_the_old_text() -> None:
    base = {"m.py": NEW}
    first, second = pieces_of([change()], base)
    assert applied([first], base) == {"m.py": NEW.replace("10", "1")}
    assert applied([second], base) == {"m.py": NEW.replace("e = 5\n", "")}
    assert applied([first, second], base) == {"m.py": OLD}


def test_later_work_stays_and_what_it_changed_again_is_no_piece() -> None:
    later = "first = 0\n" + NEW.replace("e = 5", "e = 6") + "last = 1\n"
    [only] = pieces_of([change()], {"m.py": later})
    assert applied([only], {"m.py": later}) == {"m.py": later.replace("10", "1")}


def test_lines_that_were_deleted_come_back_between_their_neighbours_only() -> None:
    gone = change(old="a\nb\nc\n", new="a\nc\n")
    [piece] = pieces_of([gone], {"m.py": "x\na\nc\ny\n"})
    assert applied([piece], {"m.py": "x\na\nc\ny\n"}) == {"m.py": "x\na\nb\nc\ny\n"}
    assert pieces_of([gone], {"m.py": "a\nnew\nc\n"}) == ()


def test_files_that_came_went_or_moved_are_pieces_of_their_own() -> None:
    assert pieces_of([change(None, new=None)], {"m.py": None}) == (Piece("m.py", OLD, whole=True),)
    assert pieces_of([change(old=None)], {"m.py": NEW}) == (Piece("m.py", None, whole=True),)
    assert pieces_of([change(None, new=None)], {"m.py": "another by now\n"}) == ()
    moved = change(before="was.py", new=OLD)
    assert pieces_of([moved], {"m.py": OLD, "was.py": None}) == (Piece("was.py", OLD, whole=True), Piece("m.py", None, whole=True))


def test_halves_that_cannot_be_parsed_are_known_without_a_run() -> None:
    assert readable({"a.py": "x = 1\n", "b.py": None, "c.txt": "x ="}) and not readable({"a.py": "x =\n"})

"""The subject's files: what is read, what counts as a test, what edits make of the texts."""

from __future__ import annotations

from pathlib import Path

from autosd.coding.repair import subject
from autosd.domain.changes import TextEdit


def test_sources_are_read_with_their_line_ends_and_environments_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_bytes(b"a = 1\r\nb = 2\r\n")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "pyvenv.cfg").write_text("")
    (tmp_path / "odd" / "lib.py").write_text("x = 1\n")
    (tmp_path / "latin.py").write_bytes(b"# -*- coding: latin-1 -*-\nname = '\xe9'\n")
    (tmp_path / "link.py").symlink_to("/etc/hostname")
    assert subject.load(tmp_path) == {"m.py": "a = 1\r\nb = 2\r\n"}


def test_tests_are_known_by_the_runner_by_name_and_by_folder() -> None:
    texts = ["shop/stock.py", "checks.py", "test_a.py", "pkg/tests/helpers.py", "conftest.py", "pkg/contest.py", "pkg/testing.py"]
    texts += ["java_testcases/load.py", "unit-tests/kit.py", "test_project/core.py", "latest/core.py"]
    found = subject.test_files(dict.fromkeys(texts, ""), ["checks.py::Case::test_it"])
    assert found == {"checks.py", "test_a.py", "pkg/tests/helpers.py", "conftest.py", "java_testcases/load.py", "unit-tests/kit.py"}


SORT = "def sort(items):\n    for item in items:\n        pass\n    return sorted(items)\n"


def test_what_tests_compare_with_is_no_code_to_be_repaired() -> None:
    wrong = SORT.replace("sorted(items)", "items")
    compared = {"src/sort.py": wrong, "correct/sort.py": SORT, "lib/heap.py": wrong, "lib/heap_reference.py": SORT}
    assert subject.test_files(compared, []) == {"correct/sort.py", "lib/heap_reference.py"}


def test_a_path_alone_makes_no_reference() -> None:
    other = "class Reference:\n    target = None\n"
    assert (
        subject.test_files({"solution.py": SORT, "expected/sort.py": SORT, "sql/reference/base.py": other, "sql/base.py": SORT}, [])
        == set()
    )


def test_edits_of_several_files_are_made_from_the_end() -> None:
    texts = {"a.py": "one two three", "b.py": "x"}
    edits = [TextEdit("a.py", 0, 3, "1"), TextEdit("a.py", 8, 13, "3"), TextEdit("b.py", 0, 0, "y")]
    assert subject.apply(texts, edits) == {"a.py": "1 two 3", "b.py": "yx"}


def test_edits_that_touch_overlap() -> None:
    assert subject.overlap([TextEdit("a.py", 0, 3, "")], [TextEdit("a.py", 3, 5, "")])
    assert not subject.overlap([TextEdit("a.py", 0, 3, "")], [TextEdit("a.py", 4, 5, "")])
    assert not subject.overlap([TextEdit("a.py", 0, 3, "")], [TextEdit("b.py", 0, 3, "")])

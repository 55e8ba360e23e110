"""What a model may do, and what becomes of calls that are wrong in every way."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest

from autosd.coding.agent.fence import Fence
from autosd.coding.agent.matching import NoMatch, replaced
from autosd.coding.agent.stubs import stubs
from autosd.coding.agent.tools import Finished, Toolbox
from autosd.coding.agent.trying import Trying
from autosd.coding.agent.workspace import NotAllowed, Workspace
from autosd.domain.models import ToolCall
from autosd.testing import folder_state

from .talk_kit import FAILING, Trees, judged_by_text, task_in


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with everything that must not be reached, and with bait beside it."""
    task = task_in(tmp_path)
    base = task.snapshot.root
    (tmp_path / "outside.txt").write_text("bait-outside")
    for path in (".env", "deploy/server.pem", ".github/workflows/ci.yml", ".git/config"):
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        (base / path).write_text("bait-inside")
    (base / "link.txt").symlink_to(tmp_path / "outside.txt")
    (base / "folder").symlink_to(tmp_path)
    (base / "data.bin").write_bytes(bytes(range(256)))
    os.mkfifo(base / "pipe")
    return base


def workspace(root: Path) -> Workspace:
    return Workspace(root, lambda path: path.startswith("tests/"))


def toolbox(root: Path) -> tuple[Toolbox, Workspace]:
    space = workspace(root)
    task = task_in(root.parent)
    trying = Trying(Trees(root.parent / "trees"), judged_by_text, task, space, time.monotonic() + 600)  # type: ignore[arg-type]
    return Toolbox(space, trying, Fence("x"), snapshot=task.snapshot, retriever=None, most=4000), space


def said(box: Toolbox, tool: str, **arguments: object) -> str:
    answer = box.answer(ToolCall("1", tool, json.dumps(arguments)))
    assert isinstance(answer, str)
    return answer


BAD_PATHS = (
    "../outside.txt", "/etc/passwd", "a/../../outside.txt", "link.txt", "folder/outside.txt", ".env", "deploy/server.pem", ".git/config",
    ".github/workflows/ci.yml", "sums.py/more.py", "x/" * 600 + "x",
    "./../outside.txt", "~/x", "sums.py/", "", ".", "..", "tests//x.py", "\\\\host\\share", "C:x.py", ".GIT/config",
    "ﬁle\u200b.py", "x" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("path", BAD_PATHS)
def test_no_path_leads_to_what_may_not_be_read_or_written(root: Path, path: str) -> None:
    box, space = toolbox(root)
    for name, more in {"read_file": {}, "write_file": {"text": "x"}, "edit_file": {"old": "bait", "new": "y"}, "undo_file": {}}.items():
        answer = said(box, name, path=path, **more)
        assert answer.startswith("error:") and "bait-" not in answer.replace(repr(path), "")
    assert space.changed() == {}


def test_lists_and_searches_pass_over_what_may_not_be_read(root: Path) -> None:
    box, _ = toolbox(root)
    assert said(box, "search_text", words="bait-").startswith("error: nothing was found")
    listed = sorted(said(box, "list_files").splitlines()[1:-1])
    assert listed == ["data.bin", "notes/readme.txt", "pipe", "sums.py", "tests/test_sums.py"]
    for name in ("data.bin", "pipe", "notes"):
        assert said(box, "read_file", path=name).startswith("error:")


def test_tests_can_be_read_and_not_changed(root: Path) -> None:
    box, space = toolbox(root)
    assert "def test_total" in said(box, "read_file", path="tests/test_sums.py")
    assert "may not be changed" in said(box, "edit_file", path="tests/test_sums.py", old="== 3", new="== 4")
    assert "may not be changed" in said(box, "write_file", path="tests/test_more.py", text="x = 1\n")
    assert space.changed() == {}


def test_an_edit_that_does_not_compile_is_told_at_once(root: Path) -> None:
    box, space = toolbox(root)
    assert "does not compile" in said(box, "edit_file", path="sums.py", old="return result", new="return (")
    assert "as it was" in said(box, "undo_file", path="sums.py")
    assert space.changed() == {}


def test_files_that_are_there_are_edited_and_not_written_anew(root: Path) -> None:
    box, space = toolbox(root)
    assert "change it with edit_file" in said(box, "write_file", path="sums.py", text="x = 1\n")
    assert "written" in said(box, "write_file", path="new/more.py", text="x = 1\n")
    assert "written" in said(box, "write_file", path="new/more.py", text="x = 2\n")
    assert space.changed() == {"new/more.py": "x = 2\n"}
    assert "1\tx = 2" in said(box, "read_file", path="new/more.py")


def test_the_mask_of_a_secret_is_never_written_over_the_secret(root: Path) -> None:
    box, space = toolbox(root)
    assert "stands for a secret" in said(box, "edit_file", path="sums.py", old="result = 1", new="result = '[redacted]'")
    assert space.changed() == {}


def test_symbols_are_found_with_their_lines(root: Path) -> None:
    box, _ = toolbox(root)
    said(box, "write_file", path="shapes.py", text="LIMIT: int = 3\n\n\nclass Round:\n    def area(self):\n        return 3\n")
    assert "shapes.py:5-6 function Round.area" in said(box, "find_symbol", name="area")
    assert "shapes.py:5-6 function Round.area" in said(box, "find_symbol", name="Round.area")
    assert "shapes.py:1-1 name LIMIT" in said(box, "find_symbol", name="LIMIT")
    assert said(box, "find_symbol", name="Square.area").startswith("error:")
    assert said(box, "find_symbol", name="(a+)+$").startswith("error:")


def test_only_tests_that_the_suite_has_are_run(root: Path) -> None:
    box, _ = toolbox(root)
    assert "0 passed, 1 failed" in said(box, "run_tests", tests=[FAILING])
    assert "0 passed, 1 failed" in said(box, "run_tests", tests="tests/test_sums.py")
    for test in ("--pdb", "-p no:terminal", "tests/test_sum", "../x"):
        assert "has no test" in said(box, "run_tests", tests=[test])


def test_a_long_answer_is_cut_in_its_middle(root: Path) -> None:
    (root / "long.txt").write_text("".join(f"line {number}\n" for number in range(3000)))
    box, _ = toolbox(root)
    answer = said(box, "read_file", path="long.txt")
    assert len(answer) < 4200 and "ask for them with start=401" in answer and "left out" in answer
    assert "2999\tline 2998" in said(box, "read_file", path="long.txt", start=2990)


ODD = (
    "", "{", "[]", "null", "3", '"x"', "{}", "nan", "\x00", "\ud800", "1" * 5000, "[" * 100_000, '{"a":' * 100_000,
    '{"path": 3}', '{"path": null}', '{"path": ["a"]}', '{"path": {"a": 1}}', '{"path": "\\ud800"}', '{"path": "\\u0000"}',
    '{"tests": [[]]}', '{"tests": {"a": 1}}', '{"path": "' + "x" * 500_000 + '"}', '{"start": ' + "9" * 5000 + "}",
    *('{"path": "sums.py", "start": ' + number + ', "end": -7}' for number in ("1e400", "-5", "99999999999999999999", "true", "[]")),
)  # fmt: skip
WORDS = (
    "sums.py",
    "result = 1",
    "",
    " ",
    "total",
    "../x",
    "new.py",
    "x = 1\n",
    "tests/test_sums.py",
    "a" * 3000,
    "é\u2028",
    "\r\n",
    "*",
    "[",
    "(a+)+$",
)


def odd_call(dice: random.Random, names: list[str]) -> ToolCall:
    """A call as a bad model makes them: names, arguments, types and JSON of every kind."""
    name = dice.choice([*names, *names, *names, "", "rm -rf", "finish\n", "read_file ", "x" * 300])
    if dice.random() < 0.25:
        return ToolCall(dice.choice(("", "1", "1")), name, dice.choice(ODD))
    keys = ("path", "old", "new", "text", "words", "name", "summary", "under", "glob", "start", "end", "any_case", "more")
    values: list[object] = [*WORDS, 3, -1, 1.0, 2.5, True, None, [], {}, ["x"]]
    arguments = {key: dice.choice(WORDS if dice.random() < 0.8 else values) for key in keys if dice.random() < 0.8}
    text = json.dumps(arguments)
    return ToolCall("1", name, text[: dice.randrange(len(text) + 1)] if dice.random() < 0.1 else text)


def hammer(root: Path, count: int, seed: int) -> None:
    dice = random.Random(seed)
    outside = folder_state(root, ignore=())
    done = 0
    while done < count:
        box, space = toolbox(root)
        names = [tool.name for tool in box.tools if tool.name != "run_tests"]
        for _ in range(500):
            answer = box.answer(odd_call(dice, names))
            assert isinstance(answer, Finished) or (answer and len(answer) < 4500)
            assert "bait-" not in str(answer)
            done += 1
        assert not any(path.startswith(("tests/", "..", "/")) or ".git/" in path for path in space.changed())
    assert folder_state(root, ignore=()) == outside, "nothing on the disk has changed"


def test_no_call_is_odd_enough_to_break_a_tool_or_to_get_out(root: Path) -> None:
    (root / "pipe").unlink()
    hammer(root, 10_000, 1)


@pytest.mark.soak
def test_no_call_of_very_many_is_odd_enough_to_break_a_tool_or_to_get_out(root: Path) -> None:
    (root / "pipe").unlink()
    hammer(root, 100_000, 2)


def test_the_old_text_must_stand_there_exactly_once() -> None:
    text = "a = 1\nb = 1\n\ndef f():\n    return 1   \n"
    assert replaced(text, "a = 1", "a = 2").startswith("a = 2\nb = 1")
    assert replaced(text, "def f():\n    return 1\n", "def f():\n    return 2\n").endswith("    return 2\n"), "blanks at the end of a line"
    for old in ("= 1", "c = 1", "", "   "):
        with pytest.raises(NoMatch):
            replaced(text, old, "x")


def test_line_ends_stay_as_they_are() -> None:
    assert replaced("a\r\nb\r\n", "a\nb", "c\nd") == "c\r\nd\r\n"
    with pytest.raises(NoMatch, match="two kinds"):
        replaced("a\r\nb\nc\n", "b", "d")


def test_a_stub_is_told_from_code() -> None:
    assert stubs("def f():\n    return 1\n", 'def f():\n    """Say."""\n    pass\n') == ("f",)
    assert stubs(None, "class A:\n    def g(self):\n        raise NotImplementedError('later')\n") == ("A.g",)
    assert stubs("def f(): pass\n", "def f(): ...\n") == (), "it was one before"
    assert stubs(None, "class P(Protocol):\n    def g(self): ...\n\n\n@overload\ndef h(): ...\n") == (), "these are meant to be empty"
    assert stubs(None, "def (") == ()


def test_a_file_may_not_become_a_folder_or_the_other_way_round(root: Path) -> None:
    space = workspace(root)
    with pytest.raises(NotAllowed, match="folder"):
        space.write("notes", "x")

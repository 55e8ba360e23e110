"""Replies in every form that models use become edits, or a sentence that says why not."""

from __future__ import annotations

import pytest

from autosd.coding.editing.edits import Delete, Patch, Redefine, Replace, Trouble, Whole
from autosd.coding.editing.parsing import MOST_CHARACTERS, MOST_EDITS, parse

BLOCK = "a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n"
EDIT = Replace("a.py", ((("x = 1",), ("x = 2",)),))


@pytest.mark.parametrize(
    "reply",
    [
        BLOCK,
        f"Here it is:\n\n{BLOCK}\nDone.",
        f"a.py\n```python\n{BLOCK.removeprefix('a.py')}```",
        f"```python\n{BLOCK}```",
        f"```python a.py\n{BLOCK.removeprefix('a.py')}```",
        f"```a.py\n{BLOCK.removeprefix('a.py')}```",
        BLOCK.replace("a.py\n", "**a.py**\n\n"),
        BLOCK.replace("a.py\n", "### `a.py`\n"),
        BLOCK.replace("a.py\n", "File: a.py\n"),
        BLOCK.replace("a.py\n", "# a.py:\n"),
        BLOCK.removeprefix("a.py\n").replace("SEARCH", "SEARCH a.py"),
        BLOCK.replace("\n", "\r\n"),
        BLOCK.replace("<<<<<<<", "<<<<<<<<<").replace("=======", "=========").replace(">>>>>>>", ">>>>>>>>>"),
        BLOCK.replace(">>>>>>> REPLACE", ">>>>>>>"),
    ],
)
def test_a_block_is_found_however_it_is_wrapped(reply: str) -> None:
    assert parse(reply).edits == (EDIT,) and not parse(reply).problems


def test_a_second_block_without_a_path_is_of_the_same_file() -> None:
    found = parse(BLOCK + BLOCK.removeprefix("a.py\n"))
    assert found.edits == (EDIT, EDIT)


def test_a_sentence_before_a_block_is_no_path() -> None:
    found = parse(BLOCK.replace("a.py\n", "I change this:\n"))
    assert not found.edits and found.problems[0].trouble is Trouble.NO_FILES


def test_a_line_of_equals_signs_in_the_text_gives_several_ways_to_read_it() -> None:
    found = parse("r.rst\n<<<<<<< SEARCH\nTitle\n=======\nold\n=======\nTitle\n=======\nnew\n>>>>>>> REPLACE")
    (edit,) = found.edits
    assert isinstance(edit, Replace) and (("Title", "=======", "old"), ("Title", "=======", "new")) in edit.ways


def test_the_other_blocks() -> None:
    found = parse(
        "m.py\n<<<<<<< SYMBOL A.b\ndef b(self): ...\n>>>>>>> END\n"
        "n.py\n<<<<<<< FILE\n```python\nx = 1\n```\n>>>>>>> END\n"
        "o.py\n<<<<<<< DELETE\n>>>>>>> END\n"
    )
    assert found.edits == (Redefine("m.py", "A.b", ("def b(self): ...",)), Whole("n.py", ("x = 1",)), Delete("o.py"))


@pytest.mark.parametrize("reply", ["", "   \n", "No change is needed.", "```python\nx = 1\n```", "--- a rule\nand text"])
def test_without_an_edit_there_is_no_diff(reply: str) -> None:
    assert [each.trouble for each in parse(reply).problems] == [Trouble.NO_DIFF]


def test_a_block_that_is_not_closed_is_told_and_not_guessed() -> None:
    found = parse("a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n")
    assert not found.edits and "cut off" in found.problems[0].message
    second = parse("a.py\n<<<<<<< SEARCH\nx = 1\n=======\n" + BLOCK)
    assert second.problems and second.edits == (EDIT,)


def test_what_is_too_much_is_refused() -> None:
    assert parse("x" * (MOST_CHARACTERS + 1)).problems[0].trouble is Trouble.TOO_LARGE
    assert parse(BLOCK * (MOST_EDITS + 5)).problems[0].trouble is Trouble.TOO_LARGE


PATCH = "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x = 1\n+x = 2\n y = 1\n"


@pytest.mark.parametrize(
    "reply",
    [
        PATCH,
        f"```diff\n{PATCH}```",
        f"```\n{PATCH}```",
        f"~~~patch\n{PATCH}~~~",
        f"Here is the diff:\n\n```diff\ndiff --git a/a.py b/a.py\nindex 123..456 100644\n{PATCH}```\nIt sets x.",
        f"Sure.\n{PATCH}\nThat is all.",
        PATCH.replace("\n", "\r\n"),
        PATCH.replace("@@ -1,2 +1,2 @@", "@@ -1,9 +1,77 @@ def f():"),
        PATCH.replace("@@ -1,2 +1,2 @@", "@@"),
        PATCH.replace("@@ -1,2 +1,2 @@", "@@ ... @@"),
        f"a.py\n```diff\n{PATCH.partition('b/a.py' + chr(10))[2]}```",
    ],
)
def test_a_diff_is_read_in_all_the_forms_of_the_guide(reply: str) -> None:
    found = parse(reply)
    assert not found.problems, found.problems
    (patch,) = found.edits
    assert isinstance(patch, Patch) and patch.path.removeprefix("b/") == "a.py"
    assert [hunk.lines for hunk in patch.hunks] == [("-x = 1", "+x = 2", " y = 1")]


def test_a_diff_without_headers_has_no_files() -> None:
    assert parse("```diff\n@@ -1 +1 @@\n-a\n+b\n```").problems[0].trouble is Trouble.NO_FILES


def test_escapes_in_a_diff_are_text_and_split_nothing() -> None:
    """Guide S1's engine lost every file name to doubled backslashes, and texts that held them to its split."""
    lines = ("-PATTERN = '\\\\n(\\\\d+)\\n'", "+PATTERN = '\\\\n+(\\\\d+)\\n'", " SPLIT = re.compile(r'diff --git a/(.*) b/(.*)\\n')")
    found = parse("```diff\n--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n" + "\n".join(lines) + "\n```")
    (patch,) = found.edits
    assert isinstance(patch, Patch) and patch.hunks[0].lines == lines


def test_a_removed_line_that_looks_like_a_header_is_a_line() -> None:
    found = parse("--- a/q.sql\n+++ b/q.sql\n@@ -1,3 +1,3 @@\n one\n--- old comment\n+++ new comment\n two\n")
    (patch,) = found.edits
    assert isinstance(patch, Patch) and patch.hunks[0].lines == (" one", "--- old comment", "+++ new comment", " two")


def test_several_files_new_ones_and_gone_ones() -> None:
    found = parse(
        "diff --git a/n.py b/n.py\nnew file mode 100644\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x = 1\n"
        "diff --git a/o.py b/o.py\ndeleted file mode 100644\n--- a/o.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n"
        "diff --git a/p.py b/q.py\nsimilarity index 100%\nrename from p.py\nrename to q.py\n"
        'diff --git "a/caf\\303\\251.py" "b/caf\\303\\251.py"\n--- "a/caf\\303\\251.py"\n+++ "b/caf\\303\\251.py"\n@@ -1 +1 @@\n-a\n+b\n'
    )
    assert [(each.before, each.after) for each in found.edits if isinstance(each, Patch)] == [
        (None, "b/n.py"), ("a/o.py", None), ("p.py", "q.py"), ("a/café.py", "b/café.py"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "header",
    ["new file mode 120000", "new file mode 160000", "old mode 100644\nnew mode 100755", "new file mode 100755", "GIT binary patch"],
)
def test_links_submodules_modes_and_binaries_are_said_to_be_odd(header: str) -> None:
    found = parse(f"diff --git a/x b/x\n{header}\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+/etc/passwd\n")
    (patch,) = found.edits
    assert isinstance(patch, Patch) and patch.odd


def test_a_diff_is_text_where_a_block_holds_it() -> None:
    found = parse(f"fixture.patch\n<<<<<<< FILE\n{PATCH}>>>>>>> END\n")
    assert found.edits == (Whole("fixture.patch", tuple(PATCH.splitlines())),)

"""Edits on the texts of a tree: exact, tolerant of white space, never ambiguous, never outside; what is not edited stays byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosd.coding.editing.applying import edited
from autosd.coding.editing.edits import Edited, Trouble
from autosd.coding.editing.paths import Tree

SHOP = '''class Cart:
    """A cart."""

    def __init__(self, items):
        self.items = items

    @property
    def total(self):
        if not self.items:
            return 0
        return sum(self.items)

    def clear(self):
        self.items = []


def total(items):
    return Cart(items).total
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "shop.py").write_text(SHOP)
    (root / "pkg" / "mod.py").write_text("x = 1\n")
    return root


def done(root: Path, reply: str, path: str = "shop.py") -> str | None:
    found = edited(reply, Tree(root))
    assert not found.problems, [str(each) for each in found.problems]
    assert list(found.files) == [path]
    return found.files[path]


def refused(root: Path, reply: str, tree: Tree | None = None) -> Edited:
    found = edited(reply, tree or Tree(root))
    assert found.problems and not found.files
    return found


def block(old: str, new: str, path: str = "shop.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


def test_exact_lines_are_replaced(root: Path) -> None:
    assert done(root, block("            return 0", "            return 0.0")) == SHOP.replace("return 0", "return 0.0")


def test_lines_written_for_another_indentation_are_moved_to_the_files_own(root: Path) -> None:
    new = done(root, block("if not self.items:\n    return 0", "if not self.items:\n    empty = 0\n    return empty"))
    assert new == SHOP.replace("            return 0\n", "            empty = 0\n            return empty\n")


def test_the_steps_of_a_file_with_tabs_are_kept(root: Path) -> None:
    (root / "t.py").write_text("def f():\n\tif 1:\n\t\treturn 2\n")
    new = done(root, block("def f():\n    if 1:\n        return 2", "def f():\n    if 1:\n        x = 2\n        return x", "t.py"), "t.py")
    assert new == "def f():\n\tif 1:\n\t\tx = 2\n\t\treturn x\n"


def test_spaces_at_line_ends_and_blank_lines_around_do_not_matter(root: Path) -> None:
    (root / "t.py").write_text("a = 1   \nb = 2\n")
    assert done(root, block("\na = 1\nb = 2\n", "\na = 1\nb = 3\n", "t.py"), "t.py") == "a = 1   \nb = 3\n"


@pytest.mark.parametrize("old", ["self.items = items", "        self.items"])
def test_other_lines_than_those_of_the_file_are_told(root: Path, old: str) -> None:
    (root / "shop.py").write_text(SHOP.replace("self.items", "self.things"))
    assert "not in the file" in str(refused(root, block(old, "x")).problems[0])


def test_two_places_are_refused_and_named(root: Path) -> None:
    (root / "t.py").write_text("a = 1\nb = 2\na = 1\n")
    problem = refused(root, block("a = 1", "a = 2", "t.py")).problems[0]
    assert problem.trouble is Trouble.NOT_APPLIED and "2 places (lines 1, 3)" in problem.message
    (root / "u.py").write_text("if x:\n    a = 1\nelse:\n        a = 1\n")
    assert "2 places" in str(refused(root, block("a = 1", "a = 2", "u.py")).problems[0])


def test_one_exact_place_beats_others_that_differ_in_indentation(root: Path) -> None:
    (root / "u.py").write_text("a = 1\nif x:\n    a = 1\n")
    assert done(root, block("a = 1", "a = 2", "u.py"), "u.py") == "a = 2\nif x:\n    a = 1\n"


def test_a_line_of_equals_signs_in_the_text_is_no_obstacle(root: Path) -> None:
    (root / "r.md").write_text("Title\n=======\nold\n")
    assert done(root, block("Title\n=======\nold", "Title\n=======\nnew", "r.md"), "r.md") == "Title\n=======\nnew\n"


def test_line_ends_and_byte_order_mark_and_missing_last_break_stay(root: Path) -> None:
    (root / "w.py").write_bytes("\ufeffa = 1\r\nb = 2\nc = 3".encode())
    new = done(root, block("c = 3", "c = 4\nd = 5", "w.py"), "w.py")
    assert new == "\ufeffa = 1\r\nb = 2\nc = 4\r\nd = 5" or new == "\ufeffa = 1\r\nb = 2\nc = 4\nd = 5"
    assert done(root, block("a = 1", "a = 9\nz = 0", "w.py"), "w.py") == "\ufeffa = 9\r\nz = 0\r\nb = 2\nc = 3"


def test_a_file_in_its_own_encoding_stays_in_it_and_gets_nothing_it_cannot_hold(root: Path) -> None:
    (root / "l.py").write_bytes("# -*- coding: latin-1 -*-\nname = 'é'\nx = 1\n".encode("latin-1"))
    assert done(root, block("x = 1", "x = 'è'", "l.py"), "l.py") == "# -*- coding: latin-1 -*-\nname = 'é'\nx = 'è'\n"
    assert "cannot hold" in str(refused(root, block("x = 1", "x = '漢'", "l.py")).problems[0])


def test_a_function_gets_new_source_and_keeps_decorators_and_indentation(root: Path) -> None:
    new = done(root, "shop.py\n<<<<<<< SYMBOL Cart.total\ndef total(self):\n    return sum(self.items)\n>>>>>>> END")
    assert new is not None and "    @property\n    def total(self):\n        return sum(self.items)\n\n    def clear" in new


def test_a_class_and_a_function_of_the_module_are_told_apart(root: Path) -> None:
    new = done(root, "shop.py\n<<<<<<< SYMBOL total\n```python\ndef total(items):\n    return sum(items)\n```\n>>>>>>> END")
    assert new == SHOP.replace("return Cart(items).total", "return sum(items)")


def test_texts_over_several_lines_are_not_moved_with_the_code(root: Path) -> None:
    body = 'def clear(self):\n    """Empty\n    it."""\n    self.items = []\n    self.text = """\nleft\n  two\n"""'
    new = done(root, f"shop.py\n<<<<<<< SYMBOL Cart.clear\n{body}\n>>>>>>> END")
    assert new is not None and '        """Empty\n        it."""\n' in new and '        self.text = """\nleft\n  two\n"""\n' in new


@pytest.mark.parametrize(
    ("symbol", "source", "why"),
    [
        ("Cart.sum", "def sum(self): ...", "there is no function or class"),
        ("Cart.clear", "def clean(self):\n    pass", "defines 'clean'"),
        ("Cart.clear", "def clear(self):\n    pass\nx = 1", "exactly one"),
        ("Cart.clear", "def clear(self:\n    pass", "can be parsed"),
        ("Cart.twice", "def twice(self):\n    return 2", "defined 2 times"),
    ],
)
def test_source_that_does_not_fit_is_told(root: Path, symbol: str, source: str, why: str) -> None:
    (root / "shop.py").write_text(SHOP.replace("    def clear", "    def twice(self): ...\n\n    def twice(self): ...\n\n    def clear"))
    assert why in str(refused(root, f"shop.py\n<<<<<<< SYMBOL {symbol}\n{source}\n>>>>>>> END").problems[0])


def test_files_come_and_go(root: Path) -> None:
    reply = "pkg/new.py\n<<<<<<< FILE\nx = 1\n>>>>>>> END\npkg/mod.py\n<<<<<<< DELETE\n>>>>>>> END\n"
    assert edited(reply, Tree(root)).files == {"pkg/new.py": "x = 1\n", "pkg/mod.py": None}
    assert done(root, block("", "y = 2", "pkg/other.py"), "pkg/other.py") == "y = 2\n"


def test_of_several_edits_all_are_made_or_none(root: Path) -> None:
    good, bad = block("            return 0", "            return 1"), block("nowhere", "x")
    assert len(refused(root, good + bad).problems) == 1
    second = block("            return 1", "            return 2")
    assert done(root, good + second) == SHOP.replace("return 0", "return 2")


@pytest.mark.parametrize("path", [
    "../out.py", "/etc/passwd", "a/../../out.py", "pkg/./mod.py", "~/x.py", "C:\\x.py", "pkg\\mod.py", "a\0b.py", ".git/config",
    ".GIT/x.py", ".env", "deploy/prod.env", "_secure/key.py", "id_rsa", "keys/server.pem", "link.py", "linked/x.py", "pkg", "shop.py/x.py",
    "x" * 300 + ".py",
    "pkg/\u202egnp.py", "pkg/\ud800.py", "..\uff0fout.py",
])  # fmt: skip
def test_no_path_leads_outside_or_to_secrets(root: Path, path: str) -> None:
    (root / "link.py").symlink_to("/etc/passwd")
    (root / "linked").symlink_to("/tmp")
    for reply in (
        f"{path}\n<<<<<<< FILE\nx = 1\n>>>>>>> END",
        f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x = 1\n",
        block("x", "y", path),
    ):
        found = edited(reply, Tree(root))
        assert not found.files and found.problems, (reply, found)


def test_what_the_house_forbids_is_told_with_its_reason(root: Path) -> None:
    tree = Tree(root, refused=lambda path: "it judges changes." if path == "shop.py" else None)
    assert str(refused(root, block("def total(items):", "def total(x):"), tree).problems[0]) == "shop.py: it judges changes."


def test_a_project_in_a_folder_of_its_checkout_is_found_by_both_spellings(root: Path) -> None:
    tree = Tree(root, prefix="services/shop")
    for path in ("shop.py", "services/shop/shop.py", "./shop.py"):
        assert list(edited(block("            return 0", "            return 1", path), tree).files) == ["shop.py"]
    found = edited("services/shop/new.py\n<<<<<<< FILE\nx = 1\n>>>>>>> END", tree)
    assert list(found.files) == ["new.py"]


def test_code_that_was_left_out_is_not_taken_for_the_file(root: Path) -> None:
    for line in (
        "# ... rest of the code ...",
        "# ... existing code ...",
        "    # ... (remaining methods unchanged) ...",
        "... the rest of the file",
    ):
        found = refused(root, f"shop.py\n<<<<<<< FILE\nclass Cart:\n    x = 1\n{line}\n>>>>>>> END")
        assert "left out" in str(found.problems[0]), line


def test_a_masked_secret_is_not_written_over_by_its_mask(root: Path) -> None:
    (root / "conf.py").write_text("KEY = 'sk-abcdefghijklmnopqrstuvwx'\nx = 1\n")
    found = refused(root, "conf.py\n<<<<<<< FILE\nKEY = '[redacted]'\nx = 2\n>>>>>>> END")
    assert "stands for a secret" in str(found.problems[0])


def test_what_would_not_compile_is_told_with_its_line(root: Path) -> None:
    assert "would not compile" in str(refused(root, block("    def clear(self):", "    def clear(self)")).problems[0])


def test_nothing_changed_is_no_change(root: Path) -> None:
    assert refused(root, block("            return 0", "            return 0")).problems[0].trouble is Trouble.NO_DIFF


# ---- diffs --------------------------------------------------------------------------------------------------------------------------


def diff(hunk: str, path: str = "shop.py") -> str:
    return f"--- a/{path}\n+++ b/{path}\n{hunk}"


RETURN = "         if not self.items:\n-            return 0\n+            return 1\n         return sum(self.items)\n"
WANTED = SHOP.replace("return 0", "return 1")


@pytest.mark.parametrize("head", ["@@ -9,3 +9,3 @@", "@@ -1,7 +1,9 @@", "@@", "@@ -900,3 +900,3 @@ class Cart:"])
def test_a_hunk_goes_where_its_lines_are_whatever_its_head_says(root: Path, head: str) -> None:
    assert done(root, diff(f"{head}\n{RETURN}")) == WANTED


def test_context_that_drifted_is_left_out_at_the_edges_and_lines_that_go_never(root: Path) -> None:
    assert done(root, diff("@@ -9,3 +9,3 @@\n" + RETURN.replace("return sum(self.items)", "return total(self.items)"))) == WANTED
    assert done(root, diff("@@ -9,3 +9,3 @@\n         if self.items is None:\n" + RETURN.partition("\n")[2])) == WANTED
    assert "does not fit" in str(
        refused(root, diff("@@ -9,3 +9,3 @@\n" + RETURN.replace("-            return 0", "-            return 7"))).problems[0]
    )


def test_spaces_that_were_lost_do_not_matter(root: Path) -> None:
    lost = RETURN.replace("         if", "if").replace("        return sum", "return sum")
    assert done(root, "```diff\n" + diff(f"@@ -9,3 +9,3 @@\n{lost}") + "```") == WANTED


def test_of_two_places_the_head_decides_or_nothing(root: Path) -> None:
    (root / "t.py").write_text("a = 1\nb = 2\n\na = 1\nb = 2\n")
    assert done(root, diff("@@ -4,2 +4,2 @@\n-a = 1\n+a = 3\n b = 2\n", "t.py"), "t.py") == "a = 1\nb = 2\n\na = 3\nb = 2\n"
    assert "fits in 2 places" in str(refused(root, diff("@@\n-a = 1\n+a = 3\n b = 2\n", "t.py")).problems[0])
    assert "fits in 2 places" in str(refused(root, diff("@@ -3,2 +3,2 @@\n-a = 1\n+a = 3\n b = 2\n", "t.py")).problems[0])


def test_later_hunks_count_what_earlier_ones_added(root: Path) -> None:
    (root / "t.py").write_text("a = 1\n\nb = 2\n\nb = 2\n")
    hunks = "@@ -1,1 +1,3 @@\n a = 1\n+x = 1\n+y = 1\n@@ -5,1 +7,1 @@\n-b = 2\n+b = 3\n"
    assert done(root, diff(hunks, "t.py"), "t.py") == "a = 1\nx = 1\ny = 1\n\nb = 2\n\nb = 3\n"


def test_an_insertion_needs_to_say_where(root: Path) -> None:
    assert "context" in str(refused(root, diff("@@ -3,0 +4,1 @@\n+x = 1\n")).problems[0])


def test_moves_and_files_that_are_there_already(root: Path) -> None:
    moved = edited("diff --git a/pkg/mod.py b/pkg/new.py\nrename from pkg/mod.py\nrename to pkg/new.py\n", Tree(root))
    assert moved.files == {"pkg/mod.py": None, "pkg/new.py": "x = 1\n"}
    over = edited("diff --git a/pkg/mod.py b/shop.py\nrename from pkg/mod.py\nrename to shop.py\n", Tree(root))
    assert "there already" in str(over.problems[0])


def test_a_folder_that_is_called_a_is_not_taken_for_the_letter_of_a_diff(root: Path) -> None:
    (root / "a").mkdir()
    (root / "a" / "only.py").write_text("x = 1\n")
    assert done(
        root,
        "--- a/only.py\n+++ b/only.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n".replace("a/only", "a/a/only").replace("b/only", "b/a/only"),
        "a/only.py",
    )
    assert list(edited("--- a/only.py\n+++ a/only.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n", Tree(root)).files) == ["a/only.py"]

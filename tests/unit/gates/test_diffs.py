"""A diff is read with every name it has on both sides; nothing in its body is taken for a header."""

from __future__ import annotations

import subprocess
from pathlib import Path

from autosd.gates.diffs import read_diff, unquoted

SIMPLE = """diff --git a/src/a.py b/src/a.py
index 1111111..2222222 100644
--- a/src/a.py
+++ b/src/a.py
@@ -1,2 +1,3 @@
 first
-second
+2nd
+third
"""


def test_a_plain_change_has_one_path_and_its_lines() -> None:
    diff = read_diff(SIMPLE)
    assert [file.paths for file in diff.files] == [["src/a.py"]]
    assert diff.files[0].added == ["2nd", "third"] and diff.files[0].removed == 1 and diff.lines == 3


def test_both_sides_of_a_rename_are_named() -> None:
    text = "diff --git a/old.py b/.env\nsimilarity index 90%\nrename from old.py\nrename to .env\n"
    assert set(read_diff(text).files[0].paths) == {"old.py", ".env"}
    assert read_diff(text).files[0].renamed


def test_headers_inside_a_hunk_are_content() -> None:
    text = SIMPLE.replace("+third", "+++ b/.env").replace("-second", "--- a/.env")
    diff = read_diff(text)
    assert [file.paths for file in diff.files] == [["src/a.py"]]
    assert diff.files[0].added == ["2nd", "++ b/.env"]


def test_two_sides_that_disagree_are_both_named() -> None:
    text = SIMPLE.replace("+++ b/src/a.py", "+++ b/.github/workflows/ci.yml")
    assert ".github/workflows/ci.yml" in read_diff(text).files[0].paths


def test_modes_links_submodules_and_binaries_are_seen() -> None:
    link = "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n"
    module = "diff --git a/m b/m\nnew file mode 160000\n--- /dev/null\n+++ b/m\n@@ -0,0 +1 @@\n+Subproject commit 1\n"
    mode = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
    binary = "diff --git a/b.png b/b.png\nindex 1..2\nBinary files a/b.png and b/b.png differ\n"
    files = read_diff(link + module + mode + binary).files
    assert [file.modes for file in files] == [["120000"], ["160000"], ["100644", "100755"], []]
    assert [file.binary for file in files] == [False, False, False, True]
    assert files[0].created and files[0].paths == ["l"]


def test_a_diff_without_gits_headers_is_read_too() -> None:
    text = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n--- a/y.py\n+++ b/y.py\n@@ -1 +1 @@\n-a\n+b\n"
    assert [file.paths for file in read_diff(text).files] == [["x.py"], ["y.py"]]


def test_quoted_names_are_unquoted() -> None:
    assert unquoted('"b/\\303\\244 \\"x\\".py"') == 'b/ä "x".py'
    assert unquoted("b/plain name.py") == "b/plain name.py"


def test_what_git_itself_writes_is_read_back(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    names = ["plain.py", "with space.py", "ünïcode.py", 'quo"te.py', "tab\there.py"]
    for name in names:
        (tmp_path / name).write_text("a\nb\n")
    git("add", "-A")
    for name in names:
        (tmp_path / name).write_text("a\nc\n")
    diff = read_diff(git("diff"))
    assert sorted(file.paths[0] for file in diff.files) == sorted(names)
    assert all(len(file.paths) == 1 and file.added == ["c"] for file in diff.files)

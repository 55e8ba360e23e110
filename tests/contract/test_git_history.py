"""The history that the coders get, from real repositories; and a commit that broke a test, taken back by the whole road."""

from __future__ import annotations

from pathlib import Path

from autosd.adapters.git.repository import GitRepository
from autosd.ports import Hunk
from tests.contract.git_kit import git, make, put

TEXT = "def f(a):\n    b = a + 1\n    return b\n"


def history(home: Path, folder: Path, **wanted: object) -> tuple[Hunk, ...]:
    repository = GitRepository(home)
    with repository.snapshot(folder, clean=False) as snapshot:
        return repository.history(snapshot, **wanted)  # type: ignore[arg-type]


def commit(folder: Path, files: dict[str, str]) -> None:
    put(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "next")


def test_hunks_come_newest_first_with_what_is_not_committed_yet(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", {"m.py": TEXT, "notes.txt": "one\n"})
    commit(folder, {"m.py": TEXT.replace("+ 1", "+ 2"), "notes.txt": "two\n"})
    put(folder, {"m.py": TEXT.replace("+ 1", "+ 3")})
    newest, older = history(tmp_path / "home", folder)
    assert (newest.path, newest.age, older.age) == ("m.py", 0, 1)
    assert "a + 2" in newest.old and "a + 3" in newest.new and newest.old.replace("+ 2", "+ 3") == newest.new
    assert older.old == TEXT and older.new == TEXT.replace("+ 1", "+ 2")


def test_paths_are_those_of_the_project_when_it_is_a_subfolder(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", {"in[1]/pkg/m.py": TEXT, "other.py": TEXT})
    commit(folder, {"in[1]/pkg/m.py": TEXT.replace("+ 1", "+ 2"), "other.py": "A = 1\n"})
    assert [hunk.path for hunk in history(tmp_path / "home", folder / "in[1]")] == ["pkg/m.py"]
    assert history(tmp_path / "home", folder / "in[1]", paths=["pkg/n.py"]) == ()


def test_it_is_bounded_and_files_that_came_or_went_whole_are_left_out(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", {"m.py": TEXT})
    for number in range(2, 7):
        commit(folder, {"m.py": TEXT.replace("+ 1", f"+ {number}"), f"new_{number}.py": TEXT})
    found = history(tmp_path / "home", folder, limit=3)
    assert [hunk.age for hunk in found] == [0, 1, 2] and {hunk.path for hunk in found} == {"m.py"}


def test_a_last_line_without_a_break_is_told_as_it_stands(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", {"m.py": "A = 1\nB = 2"})
    commit(folder, {"m.py": "A = 1\r\nB = 2"})
    (hunk,) = history(tmp_path / "home", folder)
    assert (hunk.old, hunk.new) == ("A = 1\nB = 2", "A = 1\r\nB = 2")


def test_outside_git_without_commits_and_with_broken_objects_there_is_none(tmp_path: Path) -> None:
    put(tmp_path / "plain", {"m.py": TEXT})
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    put(empty, {"m.py": TEXT})
    broken = make(tmp_path / "broken", {"m.py": TEXT})
    first = git(broken, "rev-parse", "HEAD:m.py").strip()
    commit(broken, {"m.py": TEXT.replace("+ 1", "+ 2")})
    (broken / ".git" / "objects" / first[:2] / first[2:]).unlink()
    assert [history(tmp_path / "home", folder) for folder in (tmp_path / "plain", empty, broken)] == [(), (), ()]


def test_no_driver_or_filter_of_the_subject_runs(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", {"m.py": TEXT, ".gitattributes": "*.py diff=evil\n"})
    commit(folder, {"m.py": TEXT.replace("+ 1", "+ 2")})
    for name in ("textconv", "command"):
        git(folder, "config", f"diff.evil.{name}", f"touch {tmp_path / 'ran'};cat")
    assert len(history(tmp_path / "home", folder)) == 1
    assert not (tmp_path / "ran").exists()

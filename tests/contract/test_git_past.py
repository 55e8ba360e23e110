"""The base's past through real git: commits by first parents, worktrees of them, and what differs between two."""

from __future__ import annotations

from pathlib import Path

from autosd.adapters.git.repository import GitRepository
from autosd.testing import make_repository

LONG = "".join(f"LINE_{number} = {number}\n" for number in range(30))


def test_commits_are_told_by_first_parents_newest_first(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"a.py": "A = 1\n"})
    repository.git("checkout", "-q", "-b", "side")
    repository.write({"b.py": "B = 1\n"})
    repository.commit("on the side")
    repository.git("checkout", "-q", "main")
    repository.write({"a.py": "A = 2\n"})
    second = repository.commit("second")
    repository.git("merge", "-q", "--no-ff", "-m", "merged", "side")
    git = GitRepository(tmp_path / "home")
    with git.snapshot(repository.path) as base:
        found = git.commits(base)
        assert [each.subject for each in found] == ["merged", "second", "first"]
        assert found[0].parent == second and found[-1].parent is None
        assert found[0].author_date.isoformat() == "2026-01-02T03:04:05+00:00"
        assert [each.subject for each in git.commits(base, limit=1)] == ["merged"]
        assert [each.path for each in git.changed(base, found[0].parent, found[0].sha)] == ["b.py"]


def test_a_folder_outside_git_has_no_past(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.py").write_text("A = 1\n")
    git = GitRepository(tmp_path / "home")
    with git.snapshot(tmp_path / "p") as base:
        assert git.commits(base) == ()


def test_an_earlier_state_stands_in_a_worktree_of_its_own(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"pkg/a.py": "A = 1\n", "pkg/gone.py": "G = 1\n"})
    first = repository.git("rev-parse", "HEAD")
    (repository.path / "pkg" / "gone.py").unlink()
    repository.write({"pkg/a.py": "A = 2\n"})
    repository.commit("second")
    before = repository.state()
    git = GitRepository(tmp_path / "home")
    with git.snapshot(repository.path / "pkg") as base:
        with git.at(base, first) as root:
            assert (root / "a.py").read_text() == "A = 1\n" and (root / "gone.py").exists()
            with git.apply(base, {"a.py": "A = 3\n"}) as other:
                assert other != root and (other / "a.py").read_text() == "A = 3\n"
        assert not root.exists()
    assert repository.state() == before


def test_changes_name_both_sides_moves_and_where_a_file_is_now(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"moved.py": LONG, "gone.py": "G = 1\n", "same.py": "S = 1\n", "edited.py": LONG})
    repository.git("mv", "moved.py", "there.py")
    repository.git("rm", "-q", "gone.py")
    (repository.path / "image.bin").write_bytes(b"\0\1\2")
    repository.write({"there.py": LONG + "MORE = 1\n", "new.py": "N = 1\n", "edited.py": "FIRST = 1\n" + LONG})
    culprit = repository.commit("all at once")
    repository.git("mv", "edited.py", "elsewhere.py")
    repository.commit("moved later")
    git = GitRepository(tmp_path / "home")
    with git.snapshot(repository.path) as base:
        found = {each.path: each for each in git.changed(base, f"{culprit}~1", culprit)}
    assert set(found) == {"there.py", "gone.py", "new.py", "edited.py"}
    assert (found["there.py"].before, found["there.py"].old, found["there.py"].now) == ("moved.py", LONG, "there.py")
    assert (found["gone.py"].old, found["gone.py"].new, found["gone.py"].now) == ("G = 1\n", None, None)
    assert (found["new.py"].old, found["new.py"].new, found["new.py"].now) == (None, "N = 1\n", "new.py")
    assert found["edited.py"].now == "elsewhere.py"


def test_the_first_commit_differs_from_nothing_by_all_it_has(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"a.py": "# -*- coding: latin-1 -*-\nA = 1\n", "b.txt": "b\r\n"})
    (repository.path / "a.py").write_bytes("# -*- coding: latin-1 -*-\nA = 'é'\n".encode("latin-1"))
    first = repository.commit("first again")
    git = GitRepository(tmp_path / "home")
    with git.snapshot(repository.path) as base:
        found = {each.path: each.new for each in git.changed(base, None, first)}
    assert found == {"a.py": "# -*- coding: latin-1 -*-\nA = 'é'\n", "b.txt": "b\r\n"}

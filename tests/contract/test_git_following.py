"""What became of a commit on a branch, through real git: merged, squashed, picked, taken back, brought in again."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosd.adapters.git.repository import GitRepository
from autosd.testing import TinyRepository, make_repository

WHOLE = "".join(f"LINE_{number} = {number}\n" for number in range(20))
CHANGED = WHOLE.replace("LINE_3 = 3", "LINE_3 = 33")


@pytest.fixture
def repository(tmp_path: Path) -> TinyRepository:
    """``work`` holds one commit over ``main``, which has gone on since."""
    repository = make_repository(tmp_path / "p", {"a.py": WHOLE})
    repository.git("checkout", "-q", "-b", "work")
    repository.write({"a.py": CHANGED})
    repository.commit("the change")
    repository.git("checkout", "-q", "main")
    repository.write({"b.py": "B = 1\n"})
    repository.commit("other work")
    return repository


def followed(repository: TinyRepository, tmp_path: Path, branch: str = "main"):
    return GitRepository(tmp_path / "home").landed(repository.path, repository.git("rev-parse", "work"), branch)


def test_what_is_on_its_own_branch_only_has_not_landed(repository: TinyRepository, tmp_path: Path) -> None:
    assert followed(repository, tmp_path) is None
    assert followed(repository, tmp_path, "no-such-branch") is None


def test_a_merge_has_the_commit_itself(repository: TinyRepository, tmp_path: Path) -> None:
    commit = repository.git("rev-parse", "work")
    repository.git("merge", "-q", "--no-ff", "-m", "merged", "work")
    found = followed(repository, tmp_path)
    assert found and (found.sha, found.parent, found.taken_back_by) == (commit, repository.git("rev-parse", "work^"), "")
    assert followed(repository, tmp_path, "") == found, "what is checked out"


@pytest.mark.parametrize("how", [("merge", "-q", "--squash"), ("cherry-pick", "-n")])
def test_a_squash_and_a_pick_are_found_by_their_patch(repository: TinyRepository, tmp_path: Path, how: tuple[str, ...]) -> None:
    repository.git(*how, "work")
    sha = repository.commit("squashed (#7)")
    repository.write({"c.py": "C = 1\n"})
    repository.commit("later")
    found = followed(repository, tmp_path)
    assert found and (found.sha, found.parent, found.taken_back_by) == (sha, repository.git("rev-parse", f"{sha}^"), "")


def test_a_revert_is_found_by_its_words_and_by_its_patch_and_may_be_reverted_itself(repository: TinyRepository, tmp_path: Path) -> None:
    repository.git("merge", "-q", "--no-ff", "-m", "merged", "work")
    repository.git("revert", "--no-edit", "work")
    by_words = repository.git("rev-parse", "HEAD")
    assert followed(repository, tmp_path).taken_back_by == by_words  # type: ignore[union-attr]
    repository.write({"a.py": CHANGED})
    repository.commit("once more")
    assert followed(repository, tmp_path).taken_back_by == ""  # type: ignore[union-attr]
    repository.write({"a.py": WHOLE})
    by_patch = repository.commit("no, really")
    assert followed(repository, tmp_path).taken_back_by == by_patch  # type: ignore[union-attr]


def test_what_was_merged_on_the_remote_counts_once_it_was_fetched(repository: TinyRepository, tmp_path: Path) -> None:
    there = TinyRepository(tmp_path / "there")
    repository.git("clone", "-q", str(repository.path), str(there.path))
    there.git("merge", "-q", "--no-ff", "-m", "merged there", "origin/work")
    repository.git("remote", "add", "origin", str(there.path))
    assert followed(repository, tmp_path) is None
    repository.git("fetch", "-q", "origin")
    assert followed(repository, tmp_path) is not None


def test_a_commit_that_is_not_there_and_a_folder_without_git_have_landed_nowhere(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    git = GitRepository(tmp_path / "home")
    assert git.landed(tmp_path / "plain", "a" * 40, "main") is None
    assert git.landed(make_repository(tmp_path / "p", {"a.py": ""}).path, "a" * 40, "main") is None

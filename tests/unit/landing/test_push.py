"""Pushing to a real bare remote: once, never over anybody else's work, and without a hook of the user's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autosd.adapters.git.repository import GitRepository
from autosd.domain.decisions import Action
from autosd.domain.errors import AutosdError
from autosd.landing.push import push_change
from autosd.testing import TinyRepository, make_repository

BRANCH = "selfbuild/123e4567-change"


@pytest.fixture
def repo(tmp_path: Path) -> TinyRepository:
    repo = make_repository(tmp_path / "project", {"a.txt": "one\n"})
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "remote.git")], check=True)
    repo.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    return repo


def commit(repo: TinyRepository, text: str, message: str) -> str:
    repo.write({"a.txt": text})
    return repo.commit(message)


def push(leave, repo: TinyRepository, sha: str, branch: str = BRANCH, *, action: Action = Action.PUSH) -> str:
    git = GitRepository(repo.path.parent / "home")
    with leave(action) as permit:
        return push_change(permit, git, "calc", repo.path, branch=branch, sha=sha, seconds=30)


def remote(repo: TinyRepository) -> TinyRepository:
    return TinyRepository(repo.path.parent / "remote.git")


def test_a_commit_is_pushed_once_and_found_again(leave, repo: TinyRepository) -> None:
    sha = commit(repo, "two\n", "x\n\nAutosd-Proposal: p1")

    first, again = push(leave, repo, sha), push(leave, repo, sha)

    assert first == again and first.startswith("origin (")
    assert remote(repo).branches() == [BRANCH] and remote(repo).git("rev-parse", BRANCH) == sha


def test_a_branch_with_a_commit_of_somebody_else_is_left_alone(leave, repo: TinyRepository) -> None:
    theirs = commit(repo, "theirs\n", "a person's work")
    repo.git("push", "-q", "origin", f"{theirs}:refs/heads/{BRANCH}")
    ours = commit(repo, "ours\n", "x\n\nAutosd-Proposal: p1")

    with pytest.raises(AutosdError, match="not of this change") as no:
        push(leave, repo, ours)

    assert no.value.code == "AUTOSD-PUSH-FOREIGN" and remote(repo).git("rev-parse", BRANCH) == theirs


def test_an_earlier_try_at_the_same_proposal_makes_room(leave, repo: TinyRepository) -> None:
    base = repo.git("rev-parse", "HEAD")
    push(leave, repo, commit(repo, "first\n", "x\n\nAutosd-Proposal: p1"))
    repo.git("reset", "-q", "--hard", base)
    second = commit(repo, "second\n", "x\n\nAutosd-Proposal: p1")

    push(leave, repo, second)

    assert remote(repo).git("rev-parse", BRANCH) == second


def test_no_hook_and_no_setting_of_the_repository_takes_part(leave, repo: TinyRepository, tmp_path: Path) -> None:
    hook = repo.path / ".git/hooks/pre-push"
    hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/hook-ran'\nexit 1\n")
    hook.chmod(0o755)
    repo.git("config", "remote.origin.receivepack", f"touch '{tmp_path}/option-ran';false")

    push(leave, repo, repo.git("rev-parse", "HEAD"))

    assert not (tmp_path / "hook-ran").exists() and not (tmp_path / "option-ran").exists()


@pytest.mark.parametrize("url", ["ext::sh -c true", "--upload-pack=true", "http://127.0.0.1:1/x"])
def test_a_remote_that_would_run_something_is_refused(leave, repo: TinyRepository, url: str) -> None:
    repo.git("config", "remote.origin.url", url)

    with pytest.raises(AutosdError) as no:
        push(leave, repo, repo.git("rev-parse", "HEAD"))

    assert no.value.code == "AUTOSD-PUSH-FAILED"


def test_without_a_remote_it_says_so(leave, repo: TinyRepository) -> None:
    repo.git("remote", "remove", "origin")

    with pytest.raises(AutosdError) as no:
        push(leave, repo, repo.git("rev-parse", "HEAD"))

    assert no.value.code == "AUTOSD-PUSH-NO-REMOTE"


def test_only_branches_of_ours_and_only_with_a_permit_to_push(leave, repo: TinyRepository) -> None:
    sha = repo.git("rev-parse", "HEAD")

    with pytest.raises(AutosdError) as foreign:
        push(leave, repo, sha, "main")
    with pytest.raises(AutosdError) as other:
        push(leave, repo, sha, action=Action.COMMIT)

    assert (foreign.value.code, other.value.code) == ("AUTOSD-PUSH-FAILED", "AUTOSD-PERMIT-INVALID")
    assert remote(repo).branches() == []

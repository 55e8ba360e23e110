"""The commit says where it comes from, lands on a branch of its own, and leaves the user's tree as it was."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from autosd.adapters.git.repository import GitRepository
from autosd.domain.decisions import Action
from autosd.domain.errors import AutosdError
from autosd.landing.commit import WIDTH, branch_of, commit_change, commit_message
from autosd.landing.evidence import Landing, evidence_digest
from autosd.testing import TinyRepository, make_repository

from .conftest import Leave


@pytest.fixture
def subject(tmp_path: Path) -> TinyRepository:
    return make_repository(tmp_path / "subject", {"pkg/calc.py": "def add(a, b):\r\n    return a - b\r\n", "README.md": "x\n"})


def trailers(message: str) -> dict[str, str]:
    out = subprocess.run(["git", "interpret-trailers", "--parse"], input=message, capture_output=True, text=True, check=True).stdout
    return dict(line.split(": ", 1) for line in out.splitlines())


def test_the_trailers_are_what_git_reads(landing: Landing) -> None:
    assert trailers(commit_message(landing)) == {
        "Autosd-Id": "fix-1",
        "Autosd-Strategy": "repair",
        "Autosd-Base": "b" * 40,
        "Autosd-Tests": "1 fixed, 0 broken, 1 flaky, 7 total",
        "Autosd-Gates": "static passed, suite passed",
        "Autosd-Sandbox": "bubblewrap",
        "Autosd-Overfit": "suspect",
        "Autosd-Evidence": f"sha256:{evidence_digest(landing.change)}",
        "Autosd-Cost": "0.000000 USD, 3.5 s, 12 candidates",
    }


def test_no_summary_can_forge_a_trailer_or_a_line(landing: Landing) -> None:
    sly = replace(landing, candidate=replace(landing.candidate, summary="add\n\nAutosd-Overfit: checked\nSigned-off-by: someone"))
    message = commit_message(sly)
    assert message.splitlines()[0].startswith("fix: add Autosd-Overfit: checked") and message.splitlines()[1] == ""
    assert len(message.splitlines()[0]) <= WIDTH and trailers(message)["Autosd-Overfit"] == "suspect"


def test_the_evidence_digest_changes_with_what_was_proven(landing: Landing) -> None:
    assert evidence_digest(replace(landing.change, diff="x")) != evidence_digest(landing.change)
    assert evidence_digest(replace(landing.change, id="other")) == evidence_digest(landing.change)


def test_the_commit_lands_on_its_branch_and_nothing_else_moves(
    leave: Leave, landing: Landing, subject: TinyRepository, tmp_path: Path
) -> None:
    before, head = subject.state(), subject.git("rev-parse", "HEAD")
    repository = GitRepository(tmp_path / "home")
    with repository.snapshot(subject.path, clean=False) as snapshot, leave(Action.COMMIT) as permit:
        sha = commit_change(permit, repository, snapshot, landing)
        assert commit_change(permit, repository, snapshot, landing) == sha  # safe to repeat
    assert branch_of(landing.change) == "autosd/fix-1" and sorted(subject.branches()) == ["autosd/fix-1", "main"]
    assert subject.git("rev-parse", "autosd/fix-1^") == head and subject.state() == before
    assert trailers(subject.git("log", "-1", "--format=%B", sha))["Autosd-Id"] == "fix-1"
    assert subject.git("diff", "--name-only", head, sha) == "pkg/calc.py"


def test_without_a_live_permit_nothing_is_committed(leave: Leave, landing: Landing, subject: TinyRepository, tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "home")
    with leave(Action.COMMIT) as ended:
        pass
    with repository.snapshot(subject.path, clean=False) as snapshot, leave(Action.ARTIFACT) as other:
        for permit in (ended, other):
            with pytest.raises(AutosdError, match="AUTOSD-PERMIT-INVALID"):
                commit_change(permit, repository, snapshot, landing)
    assert subject.branches() == ["main"]

"""Diffs apply where they came from; commits hold the candidate's change alone and leave the person's work as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autosd.adapters.git.commits import Identity
from autosd.adapters.git.repository import GitRepository
from autosd.domain.decisions import Action, Permit, Principal
from autosd.domain.errors import AutosdError

from .git_kit import NoonClock, digest, git, make, permit, put, repository

TEN = "".join(f"line{number} = {number}\n" for number in range(10))


def test_a_diff_is_gits_and_applies_in_the_persons_folder(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"pkg/a.py": TEN, "gone.py": "g\n", "run.sh": "#!/bin/sh\n", "no_newline.py": "x = 1"})
    (subject / "run.sh").chmod(0o755)
    git(subject, "commit", "-qam", "mode")
    put(subject, {"pkg/a.py": TEN.replace("line9 = 9", "line9 = 'mine'")})
    files = {"pkg/a.py": TEN.replace("line1 = 1", "line1 = 11").replace("line9 = 9", "line9 = 'mine'"), "gone.py": None, "new/b.py": "b\n",
             "run.sh": "#!/bin/sh\ntrue\n", "no_newline.py": "x = 2"}  # fmt: skip
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        patch = repo.diff(snapshot, files)
        assert repo.diff(snapshot, files) == patch and repo.diff(snapshot, {}) == ""
    assert "--- a/pkg/a.py\n+++ b/pkg/a.py\n" in patch and "rename" not in patch and "mode 100644 → 100755" not in patch
    git(subject, "apply", "-", stdin=patch)
    assert {name: (subject / name).read_text() if (subject / name).exists() else None for name in files} == files
    assert (subject / "run.sh").stat().st_mode & 0o100


@pytest.mark.parametrize("text", ["a = 1\r\nb = 2\r\n", "\ufeffa = 1\nb = 2\n", "# coding: latin-1\na = 'é'\nb = 2\n"])
def test_line_ends_marks_and_encodings_of_untouched_lines_stay_byte_for_byte(tmp_path: Path, autosd_home: Path, text: str) -> None:
    subject = make(tmp_path / "s")
    encoding = "latin-1" if "latin" in text else "utf-8"
    (subject / "t.py").write_bytes(text.encode(encoding))
    git(subject, "add", "-A")
    git(subject, "commit", "-qm", "t")
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        assert (snapshot.root / "t.py").read_bytes() == text.encode(encoding)
        candidate = {"t.py": text.replace("b = 2", "b = 3").removeprefix("\ufeff")}
        assert repo.diff(snapshot, candidate).count("\n-") == 2, "the header and the one line"
        with repo.apply(snapshot, candidate) as root:
            assert (root / "t.py").read_bytes() == text.replace("b = 2", "b = 3").encode(encoding)
        with permit("t.py") as leave:
            sha = repo.commit(leave, snapshot, candidate, branch="fix", message="m\n")
    assert git(subject, "show", "--stat", "--format=", sha).count("1 insertion(+), 1 deletion(-)") == 1


def test_files_checked_out_with_other_line_ends_than_committed_give_a_small_diff(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {".gitattributes": "*.py text eol=crlf\n", "a.py": "a = 1\nb = 2\n"})
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        text = (snapshot.root / "a.py").read_bytes().decode()
        assert text == "a = 1\r\nb = 2\r\n"
        assert repo.diff(snapshot, {"a.py": text.replace("b = 2", "b = 3")}).count("\n-") == 2


def test_a_commit_stands_on_head_on_its_own_branch_and_nothing_else_moves(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": TEN, "b.py": "b\n"})
    put(subject, {"b.py": "uncommitted\n", "c.py": "untracked\n"})
    head = git(subject, "rev-parse", "HEAD").strip()
    state = (git(subject, "status", "--porcelain"), digest(subject / "a.py", subject / "b.py"), (subject / ".git/index").read_bytes())
    repo = GitRepository(autosd_home, clock=NoonClock(), identity=Identity("Bot", "bot@example.org"))
    fixed = TEN.replace("line3 = 3", "line3 = 33")
    with repo.snapshot(subject) as snapshot, permit("a.py") as leave:
        sha = repo.commit(leave, snapshot, {"a.py": fixed}, branch=f"autosd/{snapshot.id}", message="fix: three\n\nWhy: x\n")
        assert repo.commit(leave, snapshot, {"a.py": fixed}, branch=f"autosd/{snapshot.id}", message="fix: three\n\nWhy: x\n") == sha
        assert git(subject, "rev-parse", f"refs/heads/autosd/{snapshot.id}").strip() == sha
    assert git(subject, "rev-parse", f"{sha}^").strip() == head == git(subject, "rev-parse", "HEAD").strip()
    assert git(subject, "diff", "--name-only", head, sha).split() == ["a.py"]
    assert git(subject, "show", f"{sha}:a.py") == fixed
    assert (
        git(subject, "show", "-s", "--format=%an %ae %cn %cI%n%B", sha).strip()
        == "Bot bot@example.org Bot 2026-03-04T12:00:00+00:00\nfix: three\n\nWhy: x"
    )
    assert (
        git(subject, "status", "--porcelain"),
        digest(subject / "a.py", subject / "b.py"),
        (subject / ".git/index").read_bytes(),
    ) == state
    git(subject, "fsck", "--strict", "--no-dangling")


def test_the_same_commit_has_the_same_name_wherever_it_is_made(tmp_path: Path, autosd_home: Path) -> None:
    names = []
    for place in ("one", "two"):
        subject = make(tmp_path / place, {"a.py": TEN})
        repo = repository(autosd_home)
        with repo.snapshot(subject) as snapshot, permit("a.py") as leave:
            names.append(repo.commit(leave, snapshot, {"a.py": "x\n"}, branch="fix/x", message="m\n"))
    assert names[0] == names[1]


def test_uncommitted_work_in_the_fixed_file_stays_out_of_the_commit(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": TEN})
    mine = TEN.replace("line9 = 9", "line9 = 'mine'")
    put(subject, {"a.py": mine})
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot, permit("a.py") as leave:
        sha = repo.commit(leave, snapshot, {"a.py": mine.replace("line1 = 1", "line1 = 11")}, branch="fix", message="m\n")
    assert git(subject, "show", f"{sha}:a.py") == TEN.replace("line1 = 1", "line1 = 11")
    assert (subject / "a.py").read_text() == mine


@pytest.mark.parametrize("case", ["same lines", "untracked", "deleted"])
def test_a_fix_that_cannot_be_told_from_uncommitted_work_is_a_conflict_that_names_the_file(
    tmp_path: Path, autosd_home: Path, case: str
) -> None:
    subject = make(tmp_path / "s", {"a.py": TEN})
    name = "u.py" if case == "untracked" else "a.py"
    put(subject, {name: TEN.replace("line1 = 1", "line1 = 'mine'")})
    text = None if case == "deleted" else TEN.replace("line1 = 1", "line1 = 11")
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot, permit(name) as leave, pytest.raises(AutosdError) as refused:
        repo.commit(leave, snapshot, {name: text}, branch="fix", message="m\n")
    assert refused.value.code == "AUTOSD-COMMIT-CONFLICT" and name in refused.value.message
    assert "fix" not in git(subject, "branch")


def test_a_bug_that_is_only_in_uncommitted_work_has_nothing_to_commit(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": TEN})
    put(subject, {"a.py": TEN.replace("line1 = 1", "line1 = 'bug'")})
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot, permit("a.py") as leave, pytest.raises(AutosdError) as refused:
        repo.commit(leave, snapshot, {"a.py": TEN}, branch="fix", message="m\n")
    assert refused.value.code == "AUTOSD-COMMIT-EMPTY"


def test_a_branch_of_somebody_else_is_never_moved(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": TEN})
    git(subject, "branch", "fix")
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot, permit("a.py") as leave, pytest.raises(AutosdError) as refused:
        repo.commit(leave, snapshot, {"a.py": "x\n"}, branch="fix", message="m\n")
    assert refused.value.code == "AUTOSD-BRANCH-EXISTS"
    assert git(subject, "rev-parse", "fix") == git(subject, "rev-parse", "HEAD")


def test_our_own_branch_for_the_same_change_follows_the_person_to_a_new_head(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": TEN})
    repo = repository(autosd_home)
    shas = []
    for number in range(2):
        put(subject, {"b.py": f"{number}\n"})
        git(subject, "add", "-A")
        git(subject, "commit", "-qm", str(number))
        with repo.snapshot(subject) as snapshot, permit("a.py") as leave:
            shas.append(repo.commit(leave, snapshot, {"a.py": "x\n"}, branch="autosd/7", message="m\n\nChange: 7\n"))
    assert shas[0] != shas[1] and git(subject, "rev-parse", "autosd/7^") == git(subject, "rev-parse", "HEAD")


@pytest.mark.parametrize("branch", ["-x", "a..b", "a b", "x.lock", "a/", "/a", "a~1", "a:b", "@{x}", "", "a//b", "HEAD^", "a\n"])
def test_what_is_no_name_for_a_branch_is_refused(tmp_path: Path, autosd_home: Path, branch: str) -> None:
    subject = make(tmp_path / "s", {"a.py": TEN})
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot, permit("a.py") as leave, pytest.raises(AutosdError) as refused:
        repo.commit(leave, snapshot, {"a.py": "x\n"}, branch=branch, message="m\n")
    assert refused.value.code == "AUTOSD-BRANCH-INVALID"


def test_without_a_live_permit_for_these_files_nothing_is_committed(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": TEN})
    repo = repository(autosd_home)
    before = digest(subject)
    with permit("a.py") as ended:
        pass
    forged = Permit("p1", Action.COMMIT, "project", Principal("x", True), ("a.py",))
    with repo.snapshot(subject) as snapshot, permit("b.py") as other_file, permit("a.py", action=Action.PUSH) as other_action:
        for leave in (ended, forged, other_file, other_action):
            with pytest.raises(AutosdError) as refused:
                repo.commit(leave, snapshot, {"a.py": "x\n"}, branch="fix", message="m\n")
            assert refused.value.code == "AUTOSD-PERMIT-INVALID"
    assert digest(subject) == before


def test_a_folder_without_git_or_without_a_commit_says_why_it_cannot_be_committed_to(tmp_path: Path, autosd_home: Path) -> None:
    plain, unborn = tmp_path / "plain", tmp_path / "unborn"
    for folder in (plain, unborn):
        put(folder, {"a.py": "a\n"})
    git(unborn, "init", "-q")
    repo = repository(autosd_home)
    for folder, code in ((plain, "AUTOSD-COMMIT-NO-REPO"), (unborn, "AUTOSD-COMMIT-NO-HEAD")):
        with repo.snapshot(folder) as snapshot, permit("a.py") as leave, pytest.raises(AutosdError) as refused:
            repo.commit(leave, snapshot, {"a.py": "b\n"}, branch="fix", message="m\n")
        assert refused.value.code == code


def test_commits_work_from_linked_worktrees_shallow_clones_sha256_and_subfolders(tmp_path: Path, autosd_home: Path) -> None:
    origin = make(tmp_path / "origin", {"sub/a.py": TEN})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{origin}", "shallow")
    git(tmp_path, "clone", "-q", "--shared", str(origin), "borrowing")
    modern = make(tmp_path / "modern", {"sub/a.py": TEN}, "--object-format=sha256")
    git(origin, "worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    repo = repository(autosd_home)
    for subject in (tmp_path / "shallow", tmp_path / "borrowing", modern, tmp_path / "linked"):
        with repo.snapshot(subject / "sub") as snapshot, permit("a.py") as leave:
            sha = repo.commit(leave, snapshot, {"a.py": "x\n"}, branch="fix", message="m\n")
        assert git(subject, "show", f"{sha}:sub/a.py") == "x\n" and git(subject, "rev-parse", "fix").strip() == sha
        assert git(subject, "status", "--porcelain") == ""
        git(subject, "fsck", "--no-dangling")


def test_a_snapshot_cannot_be_used_after_its_block(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s")
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        pass
    with pytest.raises(RuntimeError):
        repo.diff(snapshot, {"a.py": "x\n"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave files that their owner cannot write over")
def test_root_leaves_nothing_of_its_own_in_somebodys_repository(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"pkg/sub/a.py": TEN})
    for place in (subject, *subject.rglob("*")):
        os.chown(place, 65534, 65534, follow_symlinks=False)
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot, permit("pkg/sub/a.py") as leave:
        sha = repo.commit(leave, snapshot, {"pkg/sub/a.py": "x\n"}, branch="autosd/deep/x", message="m\n")
    assert [str(place) for place in subject.rglob("*") if place.lstat().st_uid != 65534] == []
    assert git(subject, "-c", "safe.directory=*", "rev-parse", "autosd/deep/x").strip() == sha

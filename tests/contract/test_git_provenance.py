"""Provenance on real repositories: what squashes, rebases, copies and clones keep, and what git notes leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from autosd.adapters.git.provenance import NOTES
from autosd.adapters.git.repository import GitRepository
from autosd.adapters.keyring import FileKeyring
from autosd.domain.decisions import Action
from autosd.domain.errors import AutosdError
from autosd.domain.provenance import Authenticity, Provenance, Signed
from autosd.governance.provenance.envelope import read, signed, written
from autosd.governance.provenance.parts import hunks_of, parts_of
from autosd.governance.provenance.statement import trailer_lines
from autosd.governance.provenance.verifying import Finding, judged

from .git_kit import digest, git, make, permit, put, repository

AUTHENTIC, PARTIAL, TAMPERED, UNKNOWN = Authenticity
TEXT = "".join(f"line {n}\n" for n in range(1, 31))
FIXED = TEXT.replace("line 10\n", "line ten\n").replace("line 20\n", "line 20\nand more\n")


@dataclass
class Subject:
    """A repository with a signed commit on a branch, and how to ask about any commit of any clone."""

    path: Path
    home: Path
    repo: GitRepository
    keys: FileKeyring

    def land(self, files: dict[str, str | None], *, change: str = "c1", branch: str = "autosd/c1", note: bool = True) -> str:
        with self.repo.snapshot(self.path, clean=False) as base, permit(*files) as leave:
            changed = self.repo.planned(base, files, over_head=True)
            said = Provenance(change, repository=self.repo.first_commit(base), parts=parts_of(hunks_of(changed)))
            envelope = signed(said, self.keys.sign, self.keys.public())
            text = "fix: it\n\n" + "\n".join(trailer_lines(said, envelope.key, envelope.signature)) + "\n"
            sha = self.repo.commit(leave, base, files, branch=branch, message=text)
            assert self.repo.read_commit(self.path, sha).files == changed, "what was planned is what was committed"
            if note:
                self.repo.ensure_note(leave, self.path, sha, written(envelope))
        return sha

    def ask(self, name: str, path: Path | None = None) -> Finding:
        where = path or self.path
        commit = self.repo.read_commit(where, name)
        note = self.repo.note(where, commit.sha)
        kept: list[tuple[str, Signed | str]] = [("note", read(note))] if note else []
        return judged(commit, kept, [self.keys.public()], lambda root: self.repo.descends(where, commit.sha, root))


@pytest.fixture
def subject(tmp_path: Path) -> Iterator[Subject]:
    home = tmp_path / "home"
    path = make(tmp_path / "subject", {"a.py": TEXT, "b.py": "b = 1\n"})
    yield Subject(path, home, repository(home), FileKeyring(home))


def test_a_commit_is_authentic_here_and_in_a_clone_without_notes(subject: Subject, tmp_path: Path) -> None:
    sha = subject.land({"a.py": FIXED, "new.py": "x = 1\n"})
    assert subject.ask("autosd/c1").result is AUTHENTIC and subject.ask(sha[:9]).covered == ("a.py:10", "a.py:21", "new.py")
    git(tmp_path, "clone", "-q", str(subject.path), "clone")
    assert git(tmp_path / "clone", "for-each-ref", NOTES) == "" and subject.ask(sha, tmp_path / "clone").result is AUTHENTIC


def test_a_squash_merge_alone_is_enough_and_more_in_it_is_named(subject: Subject) -> None:
    sha = subject.land({"a.py": FIXED})
    put(subject.path, {"other.py": "o\n"})
    git(subject.path, "add", "-A")
    git(subject.path, "commit", "-q", "-m", "other work on main")
    body = git(subject.path, "log", "-1", "--format=%B", sha)
    git(subject.path, "merge", "-q", "--squash", "autosd/c1")
    git(subject.path, "commit", "-q", "-m", f"It is fixed (#12)\n\n* {body}\nCo-authored-by: a person <p@example.org>")
    git(subject.path, "branch", "-D", "autosd/c1")
    assert subject.ask("HEAD").result is AUTHENTIC
    put(subject.path, {"b.py": "b = 2\n"})
    git(subject.path, "add", "-A")
    git(subject.path, "commit", "-q", "--amend", "--no-edit")
    found = subject.ask("HEAD")
    assert (found.result, found.uncovered, found.covered) == (PARTIAL, ("b.py:1",), ("a.py:10", "a.py:21"))


def test_a_rebase_and_a_cherry_pick_over_other_work_keep_it(subject: Subject) -> None:
    subject.land({"a.py": FIXED})
    put(subject.path, {"a.py": "a new first line\n" + TEXT.replace("line 15\n", "line fifteen\n"), "other.py": "o\n"})
    git(subject.path, "add", "-A")
    git(subject.path, "commit", "-q", "-m", "other work in the same file")
    git(subject.path, "checkout", "-q", "-b", "picked")
    git(subject.path, "cherry-pick", "autosd/c1")
    assert (
        subject.ask("picked").result is AUTHENTIC
        and subject.repo.note(subject.path, git(subject.path, "rev-parse", "HEAD").strip()) is None
    )
    git(subject.path, "rebase", "-q", "main", "autosd/c1")
    assert subject.ask("autosd/c1").result is AUTHENTIC


def test_an_amended_byte_a_moved_file_and_a_foreign_repository_are_tampered(subject: Subject, tmp_path: Path) -> None:
    sha = subject.land({"a.py": FIXED})
    text = git(subject.path, "log", "-1", "--format=%B", sha)
    git(subject.path, "checkout", "-q", "autosd/c1")
    put(subject.path, {"a.py": FIXED.replace("line ten", "line Ten")})
    git(subject.path, "commit", "-q", "-a", "--amend", "--no-edit")
    assert subject.ask("HEAD").result is TAMPERED
    put(subject.path, {"a.py": TEXT, "c/a.py": FIXED})
    git(subject.path, "add", "-A")
    git(subject.path, "commit", "-q", "--amend", "--no-edit")
    assert subject.ask("HEAD").result is TAMPERED
    other = make(tmp_path / "other", {"a.py": TEXT, "unlike": "x"})
    put(other, {"a.py": FIXED})
    git(other, "commit", "-q", "-a", "-m", text)
    found = subject.ask("HEAD", other)
    assert found.result is TAMPERED and "another repository" in found.reasons[0]
    assert subject.ask("main").result is UNKNOWN


def test_a_shallow_clone_cannot_tell_the_repository_and_says_the_rest(subject: Subject, tmp_path: Path) -> None:
    sha = subject.land({"a.py": FIXED})
    put(subject.path, {"b.py": "b = 2\n"})
    git(subject.path, "checkout", "-q", "autosd/c1")
    git(subject.path, "commit", "-q", "-a", "-m", "one more")
    git(tmp_path, "clone", "-q", "--depth", "2", "--branch", "autosd/c1", f"file://{subject.path}", "shallow")
    assert subject.repo.descends(tmp_path / "shallow", sha, "f" * 40) is None
    assert subject.ask("HEAD", tmp_path / "shallow").result is UNKNOWN
    with pytest.raises(AutosdError, match="AUTOSD-COMMIT-SHALLOW"):
        subject.ask("HEAD~1", tmp_path / "shallow")
    git(tmp_path / "shallow", "fetch", "-q", "--deepen", "1")
    assert subject.ask("HEAD~1", tmp_path / "shallow").result is AUTHENTIC


def test_uncommitted_work_in_the_same_file_is_not_a_part_of_what_is_signed(subject: Subject) -> None:
    put(subject.path, {"a.py": TEXT.replace("line 28\n", "being worked on\n")})
    subject.land({"a.py": FIXED.replace("line 28\n", "being worked on\n")})
    assert subject.ask("autosd/c1").result is AUTHENTIC


def test_a_note_comes_beside_the_commit_and_nothing_else_of_the_repository_moves(subject: Subject) -> None:
    sha = subject.land({"a.py": FIXED}, note=False)
    git(subject.path, "notes", "add", "-m", "a person's own note", sha)
    before = digest(subject.path)
    with permit() as leave:
        for _ in range(2):
            subject.repo.ensure_note(leave, subject.path, sha, b"one\n")
        after = digest(subject.path)
        touched = {name for name in {**before, **after} if before.get(name) != after.get(name)}
        files = {Path(name).relative_to(subject.path / ".git").as_posix() for name in touched if Path(name).is_file()}
        assert {name for name in files if not name.startswith("objects/")} <= {NOTES, f"logs/{NOTES}"}
        subject.repo.ensure_note(leave, subject.path, sha, b"two\n")
    assert subject.repo.note(subject.path, sha) == b"two\n"
    assert git(subject.path, "notes", "show", sha) == "a person's own note\n"
    with permit(action=Action.ARTIFACT) as other, pytest.raises(AutosdError, match="AUTOSD-PERMIT-INVALID"):
        subject.repo.ensure_note(other, subject.path, sha, b"three\n")


def test_notes_that_are_written_at_once_are_all_kept(subject: Subject) -> None:
    shas = [subject.land({"b.py": f"b = {n}\n"}, change=f"c{n}", branch=f"autosd/c{n}", note=False) for n in range(2, 8)]

    def note(sha: str) -> None:
        with permit() as leave:
            GitRepository(subject.home).ensure_note(leave, subject.path, sha, sha.encode())

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(note, shas))
    assert [subject.repo.note(subject.path, sha) for sha in shas] == [f"{sha}\n".encode() for sha in shas]


def test_what_is_no_commit_is_said_so(subject: Subject, tmp_path: Path) -> None:
    for name in ("nothing", "--all", "HEAD:a.py", "-h"):
        with pytest.raises(AutosdError, match="AUTOSD-COMMIT-UNKNOWN"):
            subject.repo.read_commit(subject.path, name)
    (tmp_path / "plain").mkdir()
    with pytest.raises(AutosdError, match="AUTOSD-COMMIT-NO-REPO"):
        subject.repo.read_commit(tmp_path / "plain", "HEAD")


def test_a_first_commit_a_merge_a_link_and_a_submodule_can_be_read(subject: Subject) -> None:
    (subject.path / "link").symlink_to("a.py")
    git(subject.path, "add", "-A")
    git(subject.path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    git(subject.path, "commit", "-q", "-m", "odd things")
    found = {file.path: file for file in subject.repo.read_commit(subject.path, "HEAD").files}
    assert found["link"].modes == ("000000", "120000") and not found["sub"].read and found["sub"].blobs[1] == "1" * 40
    assert len(subject.repo.read_commit(subject.path, "HEAD~1").files) == 2
    assert len(hunks_of(found.values())) == 2

"""The Repository port on the git command: bases, worktrees and diffs; the user's tree and repository are only read."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from autosd.adapters.git import extras, provenance
from autosd.adapters.git import files as texts
from autosd.adapters.git.base import Base, take_base
from autosd.adapters.git.command import Git
from autosd.adapters.git.commits import Identity, Work, commit_files, planned_tree
from autosd.adapters.git.following import read_landed
from autosd.adapters.git.history import read_history
from autosd.adapters.git.locate import Subject, at_branch, branch_tip, branch_tips, locate, plain, read_ref
from autosd.adapters.git.own import own_repository
from autosd.adapters.git.past import read_changed, read_commits
from autosd.adapters.git.pushing import push_commit
from autosd.adapters.git.staging import stage
from autosd.adapters.git.worktrees import clean_leftovers, remove_tree, slot
from autosd.domain.decisions import Action, Permit
from autosd.domain.errors import AutosdError
from autosd.domain.provenance import CommitRead, FileChange
from autosd.governance.permits import require
from autosd.ports import Changed, Clock, Commit, Hunk, Landed, Snapshot


@dataclass(frozen=True)
class _Held:
    """What this run knows of a snapshot beyond what others may see."""

    git: Git
    subject: Subject
    folder: Path
    extra: tuple[str, ...]
    filtered: tuple[str, ...]


class GitRepository:
    """Satisfies ``Repository``. ``home`` is AUTOSD_HOME; ``identity`` is the author of commits."""

    def __init__(self, home: Path, *, clock: Clock | None = None, identity: Identity | None = None, include_ignored: bool = True) -> None:
        self._home = home
        self._clock = clock
        self._identity = identity or Identity()
        self._include_ignored = include_ignored
        self._held: dict[Path, _Held] = {}

    @contextlib.contextmanager
    def snapshot(self, path: Path, *, clean: bool = False, at: str = "", ignored: bool = True) -> Iterator[Snapshot]:
        """See ``Repository``. Raises ``AUTOSD-PATH-INVALID``, ``AUTOSD-REPO-BARE``, ``AUTOSD-REPO-BROKEN`` and their like."""
        subject = at_branch(locate(path), at) if at else locate(path)
        with _clear_errors(self._home):
            self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
            clean_leftovers(self._home)
            git = own_repository(self._home, subject)
        with contextlib.ExitStack() as stack:
            with _clear_errors(self._home):
                scratch, lock = stack.enter_context(slot(self._home, f"taking-{os.getpid()}"))
                git = replace(git, locks=(lock,))
                base, left_out = self._take(git, subject, scratch, clean, ignored)
                if subject.inside and subject.git_dir and not _holds(git, base.tree, subject.inside):
                    subject = plain(subject.path)  # a folder that its repository ignores: a project of its own
                    git = replace(own_repository(self._home, subject), locks=(lock,))
                    base, left_out = self._take(git, subject, scratch, clean, ignored)
                id = hashlib.sha256(os.fsencode(subject.path) + b"\0" + base.tree.encode()).hexdigest()[:12]
                folder, lock = stack.enter_context(slot(self._home, id))
                git = replace(git, locks=(lock,))
                extra = extras.wanted(subject.top, left_out, base.linked_repositories)
                held = _Held(git, subject, folder, tuple(extra), base.filtered)
                top = self._check_out(held, base.tree, "base")
            root = top / subject.inside
            notes = base.notes + ((f"{len(extra)} files that git ignores are visible to the tests, not part of any diff",) if extra else ())
            snapshot = Snapshot(id, subject.path, subject.head, base.tree, top, root, base.tree != base.head_tree, notes)
            self._held[top] = held
            try:
                yield snapshot
            finally:
                self._held.pop(top, None)

    def diff(self, snapshot: Snapshot, files: Mapping[str, str | None]) -> str:
        """See ``Repository``."""
        with _clear_errors(self._home):
            git, folder = self._of(snapshot).git, self._of(snapshot).folder
            index = folder / "diff.index"
            shutil.copyfile(folder / "base.index", index)
            git = git.using(work_tree=snapshot.top, index=index)
            stage(git, _placed(snapshot, files), snapshot.top)
            out = git.run(
                "diff", "--cached", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--text", "--full-index",
                "--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "--ignore-submodules=all", snapshot.tree, "--",
            )  # fmt: skip
            return out.decode("utf-8", "surrogateescape")

    @contextlib.contextmanager
    def apply(self, snapshot: Snapshot, files: Mapping[str, str | None]) -> Iterator[Path]:
        """See ``Repository``."""
        with self.at(snapshot, snapshot.tree, files) as root:
            yield root

    @contextlib.contextmanager
    def at(self, snapshot: Snapshot, tree: str, files: Mapping[str, str | None] | None = None) -> Iterator[Path]:
        """See ``Repository``."""
        held = self._of(snapshot)
        number = 1
        while (held.folder / f"applied-{number}").exists():
            number += 1
        with _clear_errors(self._home):
            top = self._check_out(held, tree, f"applied-{number}")
        try:
            with _clear_errors(self._home):
                texts.write(top, _placed(snapshot, files or {}))
            yield top / held.subject.inside
        finally:
            remove_tree(top)

    def commit(self, permit: Permit, snapshot: Snapshot, files: Mapping[str, str | None], *, branch: str, message: str) -> str:
        """See ``Repository``. Raises ``AUTOSD-COMMIT-CONFLICT``, ``AUTOSD-BRANCH-EXISTS``, ``AUTOSD-COMMIT-EMPTY``."""
        with _clear_errors(self._home):
            return commit_files(permit, self._of(snapshot).git, self._work(snapshot, files, branch, message))

    def planned(self, snapshot: Snapshot, files: Mapping[str, str | None], *, over_head: bool) -> tuple[FileChange, ...]:
        """See ``Repository``. Over HEAD it raises what ``commit`` would raise of the content."""
        held = self._of(snapshot)
        with _clear_errors(self._home):
            if over_head and snapshot.head is not None:
                tree = planned_tree(held.git, self._work(snapshot, files), snapshot.head)
                return provenance.differences(held.git, snapshot.head, tree)
            index = held.folder / "planned.index"
            shutil.copyfile(held.folder / "base.index", index)
            git = held.git.using(work_tree=snapshot.top, index=index)
            stage(git, _placed(snapshot, files), snapshot.top)
            return provenance.differences(git, snapshot.tree, git.line("write-tree", "--missing-ok"))

    def first_commit(self, snapshot: Snapshot) -> str:
        """See ``Repository``."""
        return provenance.first_commit(self._of(snapshot).git, snapshot.head) if snapshot.head else ""

    def read_commit(self, path: Path, name: str) -> CommitRead:
        """See ``Repository``."""
        subject = locate(path)
        with _clear_errors(self._home):
            return provenance.read_commit(self._own(subject), provenance.resolve(subject, name))

    def descends(self, path: Path, sha: str, ancestor: str) -> bool | None:
        """See ``Repository``."""
        subject = locate(path)
        with _clear_errors(self._home):
            return provenance.descends(self._own(subject), subject, sha, ancestor)

    def note(self, path: Path, sha: str) -> bytes | None:
        """See ``Repository``."""
        return provenance.read_note(locate(path), sha)

    def ensure_note(self, permit: Permit, path: Path, sha: str, data: bytes) -> None:
        """See ``Repository``."""
        require(permit, Action.COMMIT)
        subject, who = locate(path), self._identity
        named = {
            f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (("NAME", who.name), ("EMAIL", who.email))
        }
        with _clear_errors(self._home):
            provenance.ensure_note(self._own(subject), subject, sha, data, named)

    def _own(self, subject: Subject) -> Git:
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return own_repository(self._home, subject)

    def _work(self, snapshot: Snapshot, files: Mapping[str, str | None], branch: str = "", message: str = "") -> Work:
        held = self._of(snapshot)
        now = self._clock.now() if self._clock else datetime.now(UTC)
        return Work(held.subject, snapshot, _placed(snapshot, files), branch, message, self._identity, now, held.folder)

    def tip(self, snapshot: Snapshot, branch: str) -> str | None:
        """See ``Repository``; read from the files of the user's repository, whatever made them."""
        subject = self._of(snapshot).subject
        if subject.git_dir is None or subject.common_dir is None:
            return None
        return read_ref(subject.git_dir, subject.common_dir, f"refs/heads/{branch}")

    def has_branch(self, path: Path, branch: str) -> bool:
        """See ``Repository``."""
        return branch_tip(locate(path), branch) is not None

    def landed(self, path: Path, commit: str, branch: str) -> Landed | None:
        """See ``Repository``. A branch that has it and took it back is told before one that has it still."""
        subject = locate(path)
        tips = branch_tips(subject, branch) if branch else tuple(filter(None, (subject.head,)))
        git = own_repository(self._home, subject)
        found = [landed for tip in dict.fromkeys(tips) if (landed := read_landed(git, commit, tip))]
        return next((landed for landed in found if landed.taken_back_by), found[0] if found else None)

    def push(self, permit: Permit, path: Path, branch: str, sha: str, *, seconds: float) -> str:
        """See ``Repository``."""
        require(permit, Action.PUSH)
        subject = locate(path)
        with _clear_errors(self._home):
            return push_commit(own_repository(self._home, subject), subject, branch, sha, seconds=seconds)

    def history(self, snapshot: Snapshot, *, paths: Sequence[str] = (), limit: int = 50) -> tuple[Hunk, ...]:
        """See ``Repository``. Never fails: a repository that cannot tell has no history."""
        held = self._of(snapshot)
        return read_history(held.git, snapshot, held.subject.inside, paths, limit)

    def commits(self, snapshot: Snapshot, *, limit: int = 50) -> tuple[Commit, ...]:
        """See ``Repository``."""
        return read_commits(self._of(snapshot).git, snapshot, limit)

    def changed(self, snapshot: Snapshot, before: str | None, after: str) -> tuple[Changed, ...]:
        """See ``Repository``."""
        held = self._of(snapshot)
        with _clear_errors(self._home):
            return read_changed(held.git, snapshot, held.subject.inside, before, after)

    def _take(self, git: Git, subject: Subject, scratch: Path, clean: bool, ignored: bool) -> tuple[Base, list[str]]:
        """The base, and beside it (git answers both questions at once) what the subject's tree ignores."""
        asked = extras.ask_ignored(git.using(work_tree=subject.top)) if self._include_ignored and ignored else None
        try:
            base = take_base(git, subject, scratch, clean=clean)
        finally:
            code, out, _ = asked.result() if asked else (0, b"", b"")
        return base, [os.fsdecode(entry) for entry in out.split(b"\0") if entry] if code == 0 else []

    def _check_out(self, held: _Held, tree: str, name: str) -> Path:
        """A worktree of ``tree``. Read-tree checks every path of a tree, which a hostile index file would not have been."""
        top = held.folder / name
        top.mkdir(mode=0o700)
        held.git.using(work_tree=top, index=held.folder / f"{name}.index").run("read-tree", "-u", "--reset", tree)
        extras.bring(held.subject.top, top, held.extra)
        extras.bring(held.subject.top, top, held.filtered, over=True)
        (top / held.subject.inside).mkdir(parents=True, exist_ok=True)
        return top

    def _of(self, snapshot: Snapshot) -> _Held:
        if snapshot.top not in self._held:
            raise RuntimeError("the snapshot's block has ended")
        return self._held[snapshot.top]


def _placed(snapshot: Snapshot, files: Mapping[str, str | None]) -> dict[str, str | None]:
    """``files`` by their path in the repository instead of in the project."""
    inside = snapshot.root.relative_to(snapshot.top)
    return {(inside / texts.checked(path)).as_posix(): text for path, text in files.items()}


def _holds(git: Git, tree: str, inside: str) -> bool:
    code, out, _ = git.start("cat-file", "-t", f"{tree}:{inside}").result()
    return code == 0 and out.strip() == b"tree"


@contextlib.contextmanager
def _clear_errors(home: Path) -> Iterator[None]:
    """What the file system says, as one clear line with a code."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}:
            raise AutosdError("AUTOSD-DISK-FULL", str(error), "Free some space on the disk that holds AUTOSD_HOME.", exit_code=1) from error
        if error.filename is not None and Path(os.fsdecode(error.filename)).is_relative_to(home):
            raise AutosdError("AUTOSD-HOME-UNWRITABLE", str(error), "Set AUTOSD_HOME to a folder you may write.", exit_code=1) from error
        if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
            raise AutosdError(
                "AUTOSD-REPO-PERMISSION", str(error), "Check who owns that path and whether it may be read.", exit_code=1
            ) from error
        raise

"""Finds out what a folder is to git, by reading files only: no git process sees the subject's configuration."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from autosd.adapters.git.command import Git
from autosd.domain.errors import AutosdError

_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REF = re.compile(r"refs/(?!.*(\.\.|//|/\.))[^\x00-\x20~^:?*\[\\\x7f]+")


@dataclass(frozen=True)
class Subject:
    """The project's folder and, where there is one, the repository around it."""

    path: Path  # what was asked for, absolute
    top: Path  # the work tree's folder (``path`` itself outside git)
    git_dir: Path | None  # None: a plain folder
    common_dir: Path | None  # where objects and branches live (differs in linked worktrees)
    head: str | None  # None: no commit yet, or no git
    sha256: bool = False

    @property
    def inside(self) -> str:
        """The project's place in the work tree, POSIX, "" at its top."""
        place = self.path.relative_to(self.top).as_posix()
        return "" if place == "." else place


def locate(path: Path) -> Subject:
    """Where ``path`` is. Raises ``AUTOSD-PATH-INVALID`` / ``AUTOSD-REPO-BARE`` / ``AUTOSD-REPO-BROKEN``."""
    path = Path(os.path.realpath(path))
    if not path.is_dir():
        raise AutosdError("AUTOSD-PATH-INVALID", f"{path} is not a folder.", "Name the folder of a project.")
    for top in (path, *path.parents):
        if _is_git_dir(top):
            raise AutosdError(
                "AUTOSD-REPO-BARE", f"{top} is a bare repository, it has no files to work on.", "Clone it and name the clone."
            )
        if git_dir := _git_dir(top):
            return _subject(path, top, git_dir)
    return plain(path)


def branch_tip(subject: Subject, branch: str) -> str | None:
    """Where ``branch`` is, the repository's own or else that of origin."""
    return next(iter(branch_tips(subject, branch)), None)


def branch_tips(subject: Subject, branch: str) -> tuple[str, ...]:
    """Where ``branch`` is: the repository's own, then that of origin."""
    names = (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}")
    if subject.git_dir is None or subject.common_dir is None:
        return ()
    tips = (read_ref(subject.git_dir, subject.common_dir, name) for name in names if _REF.fullmatch(name))
    return tuple(tip for tip in tips if tip)


def at_branch(subject: Subject, branch: str) -> Subject:
    """``subject`` as if ``branch`` were checked out. Raises ``AUTOSD-BASE-UNKNOWN``."""
    if tip := branch_tip(subject, branch):
        return replace(subject, head=tip)
    remedy = "Set SELF_CODING_BASE_BRANCH to a branch that is there, or make that branch."
    raise AutosdError("AUTOSD-BASE-UNKNOWN", f"{subject.top} has no branch {branch!r}.", remedy)


def plain(path: Path) -> Subject:
    """``path`` as a folder without git."""
    return Subject(path, path, None, None, None)


def read_ref(git_dir: Path, common_dir: Path, name: str, depth: int = 0) -> str | None:
    """The commit a reference stands for, followed through symbolic ones; None when there is no such reference."""
    for folder in dict.fromkeys((git_dir, common_dir)):
        text = _text(folder / name)
        if text.startswith("ref:") and depth < 5:
            target = text[4:].strip()
            return read_ref(git_dir, common_dir, target, depth + 1) if _REF.fullmatch(target) else None
        if _SHA.fullmatch(text):
            return text
    for line in _text(common_dir / "packed-refs").splitlines():
        sha, _, packed = line.partition(" ")
        if packed == name and _SHA.fullmatch(sha):
            return sha
    return None


def _subject(path: Path, top: Path, git_dir: Path) -> Subject:
    common = git_dir
    if shared := _text(git_dir / "commondir"):
        common = Path(os.path.realpath(git_dir / shared))
    head = _ask_git(git_dir) if (common / "reftable").is_dir() else read_ref(git_dir, common, "HEAD")
    return Subject(path, top, git_dir, common, head, len(head) == 64 if head else _says_sha256(common))


def _git_dir(top: Path) -> Path | None:
    entry = top / ".git"
    if entry.is_dir():
        return Path(os.path.realpath(entry)) if _is_git_dir(entry) else None
    if not entry.is_file():
        return None
    pointer = _text(entry)
    if not pointer.startswith("gitdir:"):
        return None
    target = Path(os.path.realpath(top / pointer[7:].strip()))
    if not _is_git_dir(target):
        raise AutosdError(
            "AUTOSD-REPO-BROKEN", f"{entry} points at {target}, which is no repository.", "Repair it with `git worktree repair`."
        )
    if target.stat().st_uid not in {top.stat().st_uid, os.geteuid()}:
        raise AutosdError(
            "AUTOSD-REPO-BROKEN", f"{entry} points at {target}, which belongs to somebody else.", "Clone the repository anew."
        )
    return target


def _is_git_dir(folder: Path) -> bool:
    if not (folder / "HEAD").is_file() and not (folder / "HEAD").is_symlink():
        return False
    return (folder / "commondir").is_file() or ((folder / "objects").is_dir() and (folder / "refs").is_dir())


def _text(file: Path) -> str:
    """A small file's text; "" where there is none. Only regular files: a pipe would wait for ever."""
    try:
        if not file.is_file():
            return ""
        return file.read_bytes()[: 64 << 20].decode("utf-8", "surrogateescape").strip()
    except OSError:
        return ""


def _says_sha256(common: Path) -> bool:
    return re.search(r"(?im)^\s*objectformat\s*=\s*\"?sha256", _text(common / "config")) is not None


def _ask_git(git_dir: Path) -> str | None:
    """HEAD of a repository whose references only git can read (reftable)."""
    code, out, _ = Git(git_dir).start("rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}").result()
    return out.decode().strip() if code == 0 else None

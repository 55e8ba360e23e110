"""A git repository to try things on, made by the git command as a person would, and digests of what must not change."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from autosd.adapters.git.repository import GitRepository
from autosd.domain.decisions import Action, Permit, Principal
from autosd.governance.permits import _alive

ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
    "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_DATE": "1700000000 +0000",
}


class NoonClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 4, 12, tzinfo=UTC)


def git(folder: Path, *words: str, stdin: str | None = None, ok: bool = True) -> str:
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words], cwd=folder, env=ENV, capture_output=True, text=True, input=stdin
    )
    assert done.returncode == 0 or not ok, done.stderr
    return done.stdout


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, newline="")


def make(folder: Path, files: dict[str, str] | None = None, *init: str) -> Path:
    """A repository with one commit of ``files``."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", *init)
    put(folder, {"a.py": "A = 1\n" * 9} if files is None else files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def digest(*folders: Path) -> dict[str, str]:
    """Every file's content, link, mode and time under ``folders``: work tree and repository alike."""
    seen = {}
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            status = file.lstat()
            if file.is_symlink():
                seen[str(file)] = f"link {file.readlink()}"
            elif file.is_file():
                seen[str(file)] = f"{oct(status.st_mode)} {status.st_mtime_ns} {hashlib.sha256(file.read_bytes()).hexdigest()}"
            else:
                seen[str(file)] = oct(status.st_mode)
    return seen


def files_of(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): file.read_text() for file in folder.rglob("*") if file.is_file()}


def repository(home: Path, **options: bool) -> GitRepository:
    return GitRepository(home, clock=NoonClock(), **options)


@contextmanager
def permit(*paths: str, action: Action = Action.COMMIT) -> Iterator[Permit]:
    """A live permit, as the guard would hand it out."""
    made = Permit("p1", action, "project", Principal("ann", attended=True), paths)
    with _alive(made):
        yield made

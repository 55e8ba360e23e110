"""Small real git repositories for tests, and what a folder holds byte for byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_GIT_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A Person",
    "GIT_AUTHOR_EMAIL": "person@example.org",
    "GIT_COMMITTER_NAME": "A Person",
    "GIT_COMMITTER_EMAIL": "person@example.org",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05+00:00",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05+00:00",
}


@dataclass(frozen=True)
class TinyRepository:
    """A real git repository in a temporary folder, free of the configuration of the person who runs the tests."""

    path: Path

    def git(self, *words: str) -> str:
        """Git's stdout, stripped."""
        done = subprocess.run(
            ["git", *words],  # noqa: S607 - the person's own git
            cwd=self.path,
            env={**os.environ, **_GIT_ENV},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        write_files(self.path, files)

    def commit(self, message: str = "change") -> str:
        """Commit everything that is in the folder; returns the sha."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def branches(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def state(self, *, ignore: Sequence[str] = ("artifacts",)) -> dict[str, str]:
        """What belongs to its owner, byte for byte: every file, the index, HEAD, the configuration, the current branch."""
        return folder_state(self.path, ignore=ignore)


def make_repository(path: Path, files: Mapping[str, str]) -> TinyRepository:
    """A repository on branch ``main`` with ``files`` in its first commit."""
    path.mkdir(parents=True, exist_ok=True)
    repository = TinyRepository(path)
    repository.git("init", "-q", "-b", "main")
    repository.write(files)
    repository.commit("first")
    return repository


def write_files(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")


def folder_state(root: Path, *, ignore: Sequence[str] = ()) -> dict[str, str]:
    """A digest of every file below ``root`` by its path, of links and modes too.

    Of a git folder only what its owner would miss counts: new objects, other branches and autosd's notes are no change of theirs.
    """
    state = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] in ignore or _is_gits_own(name):
            continue
        if path.is_symlink():
            state[name] = f"link {path.readlink()}"
        elif path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            state[name] = f"{path.stat().st_mode:o} {digest}"
    return state


def _is_gits_own(name: str) -> bool:
    parts = name.split("/")
    if parts[0] != ".git" or len(parts) == 1:
        return False
    ours = (["refs", "heads", "autosd"], ["refs", "heads", "selfbuild"], ["refs", "notes", "autosd"])
    return parts[1] in ("objects", "worktrees") or parts[1:4] in ours or (parts[1] == "logs" and parts[2:5] in ours)

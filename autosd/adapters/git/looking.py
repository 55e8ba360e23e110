"""What the code index asks of git: which files are not ignored, and what the last commits changed. Only reads; no snapshot is needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from autosd.adapters.git.command import Git
from autosd.adapters.git.history import bounded
from autosd.adapters.git.locate import locate, plain
from autosd.adapters.git.own import own_repository
from autosd.domain.errors import AutosdError

COMMITS = 500


class GitLooks:
    """``home`` is AUTOSD_HOME: a folder outside git is looked at with an empty repository of ours, so that its ignore files count."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def files(self, root: Path) -> Sequence[str] | None:
        """Tracked or not ignored, relative to ``root``; None where git cannot tell."""
        try:
            subject = locate(root)
            if subject.git_dir is not None:
                git = Git(subject.git_dir, work_tree=subject.top, index=subject.git_dir / "index")
                listed = _listed(git, subject.inside)
                if listed:
                    return listed
            # Outside git, or in a part that the repository around it ignores: the folder stands for itself.
            return _listed(own_repository(self._home, plain(root)).using(work_tree=root), "")
        except (AutosdError, OSError):
            return None

    def head(self, root: Path) -> str:
        """The commit that is checked out; "" where there is none."""
        try:
            return locate(root).head or ""
        except (AutosdError, OSError):
            return ""

    def commits(self, root: Path) -> list[list[str]]:
        """Newest first, the files that each of the last commits changed, relative to ``root``; bounded in time and bytes."""
        try:
            subject = locate(root)
            if subject.git_dir is None or subject.head is None:
                return []
            place = f"{subject.inside}/" if subject.inside else ""
            where = [f":(top,literal){subject.inside}"] if subject.inside else []
            words = ("log", "-z", "--name-only", "--no-merges", "--no-renames", "--no-show-signature", f"--max-count={COMMITS}")
            out = bounded(Git(subject.git_dir), *words, "--format=%x01", subject.head, "--", *where)
        except (AutosdError, OSError):
            return []
        found = []
        for commit in out.split(b"\x01")[1:]:
            names = (os.fsdecode(name) for name in commit.strip(b"\0\n").split(b"\0"))
            found.append([name.removeprefix(place) for name in names if name and name.startswith(place)])
        return found


def _listed(git: Git, inside: str) -> list[str]:
    where = ["--", f":(top,literal){inside}"] if inside else []
    code, out, _ = git.start("ls-files", "-z", "-c", "-o", "--exclude-standard", "--deduplicate", *where).result()
    if code:
        return []
    names = os.fsdecode(out).split("\0")[:-1]
    place = f"{inside}/"
    return [name.removeprefix(place) for name in names if name.startswith(place)] if inside else names

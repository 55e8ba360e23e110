"""The push: a proven, committed change on its branch of the project's ``origin``, never on any other."""

from __future__ import annotations

from pathlib import Path

from autosd.domain.decisions import Action, Permit
from autosd.domain.errors import AutosdError
from autosd.governance.permits import require
from autosd.ports import Repository

#: Branches of ours begin so; nothing else is ever pushed.
OURS = ("selfbuild/", "autosd/", "review/")


def push_change(permit: Permit, repository: Repository, project: str, path: Path, *, branch: str, sha: str, seconds: float) -> str:
    """Where it went, for people. Found again when it is there already."""
    require(permit, Action.PUSH, project)
    if not branch.startswith(OURS) or not sha:
        raise AutosdError("AUTOSD-PUSH-FAILED", f"{branch!r} is no branch of ours.", "Build the proposal first.", exit_code=1)
    return repository.push(permit, path, branch, sha, seconds=seconds)

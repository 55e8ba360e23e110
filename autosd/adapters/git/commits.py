"""Commits a candidate's files on a branch of the user's repository, whose HEAD, index and files stay as they are.

The rules: the parent is the HEAD that the base was taken from; only the candidate's own files change; where the base held
uncommitted work in them, the candidate's change alone is carried over to HEAD's version, or nothing is committed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autosd.adapters.git.command import Git
from autosd.adapters.git.locate import Subject, read_ref
from autosd.adapters.git.ownership import hand_over
from autosd.adapters.git.staging import blob, put
from autosd.domain.decisions import Action, Permit
from autosd.domain.errors import AutosdError
from autosd.governance.permits import require
from autosd.ports import Snapshot

_BRANCH = re.compile(r"(?!.*(\.\.|//|@\{|/\.|\.lock(/|$)))[A-Za-z0-9][A-Za-z0-9._/@+-]*(?<![./])")


@dataclass(frozen=True)
class Identity:
    """Author and committer of what autosd commits."""

    name: str = "autosd"
    email: str = "autosd@localhost"


@dataclass(frozen=True)
class Work:
    """One commit to be made: where, of what, by whom and when."""

    subject: Subject
    snapshot: Snapshot
    files: Mapping[str, str | None]  # by their path in the repository
    branch: str
    message: str
    identity: Identity
    now: datetime
    folder: Path


def commit_files(permit: Permit, git: Git, work: Work) -> str:
    """The sha of the commit, made or found again."""
    _check(permit, work)
    subject, head = work.subject, work.snapshot.head
    if subject.git_dir is None or subject.common_dir is None:
        raise AutosdError(
            "AUTOSD-COMMIT-NO-REPO", f"{subject.path} is no git repository.", "Take the diff from the artifact, or run `git init`."
        )
    if head is None:
        raise AutosdError(
            "AUTOSD-COMMIT-NO-HEAD", f"{subject.top} has no commit yet.", "Commit your work first, or take the diff from the artifact."
        )
    target = _into(git, subject, work)
    tree = _tree(git, target, work, head)
    ref = f"refs/heads/{work.branch}"
    there = read_ref(subject.git_dir, subject.common_dir, ref)
    if there and (found := _ours(target, there, tree, head, work)):
        return found
    sha = target.line("commit-tree", tree, "-p", head, "-F", "-", stdin=work.message.encode())
    _point(subject, work, ref, sha, there)
    hand_over(target, subject.common_dir, ref, sha, head)
    return sha


def planned_tree(git: Git, work: Work, head: str) -> str:
    """The tree that ``commit_files`` would commit over ``head``, made in our own store only."""
    return _tree(git, git.using(work_tree=work.snapshot.top, index=work.folder / "planned.index"), work, head)


def _check(permit: Permit, work: Work) -> None:
    inside = work.snapshot.root.relative_to(work.snapshot.top)
    require(permit, Action.COMMIT, paths=[Path(path).relative_to(inside).as_posix() for path in work.files])
    if not _BRANCH.fullmatch(work.branch):
        raise AutosdError(
            "AUTOSD-BRANCH-INVALID", f"{work.branch!r} is no name for a branch.", "Use letters, digits, '-', '_', '.' and '/'."
        )


def _into(git: Git, subject: Subject, work: Work) -> Git:
    """Our repository (its settings, its index) writing its objects straight into the user's object store."""
    assert subject.common_dir
    date = f"{int(work.now.timestamp())} +0000"
    return git.using(
        work_tree=work.snapshot.top,
        index=work.folder / "commit.index",
        extra={
            "GIT_OBJECT_DIRECTORY": str(subject.common_dir / "objects"),
            "GIT_AUTHOR_NAME": work.identity.name,
            "GIT_AUTHOR_EMAIL": work.identity.email,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": work.identity.name,
            "GIT_COMMITTER_EMAIL": work.identity.email,
            "GIT_COMMITTER_DATE": date,
        },
    )


def _tree(git: Git, target: Git, work: Work, head: str) -> str:
    """HEAD's tree with the candidate's change of its own files."""
    at_head = _blobs(git, head, work.files)
    at_base = _blobs(git, work.snapshot.tree, work.files)
    blobs: dict[str, str | None] = {}
    conflicts = []
    for path, text in work.files.items():
        if at_head[path] == at_base[path]:
            blobs[path] = blob(target, path, text, work.snapshot.top)
            continue
        wanted = blob(git, path, text, work.snapshot.top)
        merged = _carried_over(git, work.folder, at_head[path], at_base[path], wanted)
        if merged is None:
            conflicts.append(path)
        else:
            blobs[path] = target.line("hash-object", "-w", "--stdin", "--no-filters", stdin=merged)
    if conflicts:
        raise AutosdError(
            "AUTOSD-COMMIT-CONFLICT",
            f"Uncommitted work and the fix touch the same lines: {', '.join(sorted(conflicts))}.",
            "Commit your work first and run again, or apply the diff of the artifact by hand.",
            exit_code=1,
        )
    target.run("read-tree", head)
    put(target, blobs, work.snapshot.top)
    tree = target.line("write-tree", "--missing-ok")
    if tree == git.line("rev-parse", "--verify", "--end-of-options", f"{head}^{{tree}}"):
        raise AutosdError(
            "AUTOSD-COMMIT-EMPTY",
            "HEAD already has this content: the bug is in uncommitted work only.",
            "Apply the diff of the artifact.",
            exit_code=1,
        )
    return tree


def _blobs(git: Git, treeish: str, paths: Mapping[str, str | None]) -> dict[str, str | None]:
    """The object id of each path in ``treeish``, None where there is no file."""
    out = git.run("ls-tree", "-z", "--full-tree", "-r", treeish, "--", *(f":(top,literal){path}" for path in paths))
    found: dict[str, str | None] = dict.fromkeys(paths)
    for entry in out.split(b"\0"):
        meta, _, path = entry.partition(b"\t")
        if (name := os.fsdecode(path)) in found and meta.split()[1] == b"blob":
            found[name] = meta.split()[2].decode()
    return found


def _carried_over(git: Git, folder: Path, head: str | None, base: str | None, wanted: str | None) -> bytes | None:
    """HEAD's version with the change from ``base`` to ``wanted``; None when they touch the same lines or a side is missing."""
    if head is None or base is None or wanted is None:
        return None
    names = []
    for name, sha in (("head", head), ("base", base), ("fix", wanted)):
        (folder / f"merge-{name}").write_bytes(git.run("cat-file", "blob", sha))
        names.append(str(folder / f"merge-{name}"))
    code, out, _ = git.start("merge-file", "-p", "--quiet", *names).result()
    return out if code == 0 else None


def _ours(target: Git, there: str, tree: str, head: str, work: Work) -> str | None:
    """``there`` when it is this very commit; None when it is an older one of ours for the same change, which may be replaced."""
    raw = target.run("cat-file", "commit", there).decode(errors="replace")
    header, _, message = raw.partition("\n\n")
    lines = header.splitlines()
    if f"tree {tree}" in lines and f"parent {head}" in lines:
        return there
    mine = any(line.startswith(f"committer {work.identity.name} <{work.identity.email}> ") for line in lines)
    alone = mine and sum(line.startswith("parent ") for line in lines) == 1
    if alone and (message.strip() == work.message.strip() or _same_proposal(message, work.message)):
        return None
    raise AutosdError(
        "AUTOSD-BRANCH-EXISTS",
        f"The branch {work.branch} exists already with other content ({there[:10]}).",
        f"Delete it: git branch -D {work.branch}",
    )


def _same_proposal(one: str, other: str) -> bool:
    """An earlier try at the same proposal or change, on another base or with another diff, makes room for this one."""
    ids = [set(re.findall(r"(?m)^(Autosd-(?:Proposal|Id): \S+)$", text)) for text in (one, other)]
    return bool(ids[0] & ids[1])


def _point(subject: Subject, work: Work, ref: str, sha: str, before: str | None) -> None:
    """Create or move the branch in the user's repository in one step; fails when somebody else moved it meanwhile."""
    assert subject.git_dir
    user = Git(
        subject.git_dir,
        extra={
            "GIT_COMMITTER_NAME": work.identity.name,
            "GIT_COMMITTER_EMAIL": work.identity.email,
        },
    )
    user.run("update-ref", "-m", "autosd: commit", "--no-deref", ref, sha, before or "0" * len(sha))

"""Reads commits for those who check where they come from, and keeps envelopes as git notes, without any hook of the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from autosd.adapters.git.command import Git
from autosd.adapters.git.locate import Subject, read_ref
from autosd.adapters.git.ownership import hand_over
from autosd.domain.errors import AutosdError
from autosd.domain.provenance import CommitRead, FileChange

NOTES = "refs/notes/autosd"
MOST_BYTES = 8 << 20  # of one file, and of a message
MOST_NOTE = 2 << 20
TRIES = 20
_EMPTY = {40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904", 64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"}


def resolve(subject: Subject, name: str) -> str:
    """The whole name of the commit that ``name`` stands for. Raises ``AUTOSD-COMMIT-UNKNOWN``."""
    if subject.git_dir is None:
        raise AutosdError("AUTOSD-COMMIT-NO-REPO", f"{subject.path} is no git repository.", "Name the folder of a clone.")
    asked = Git(subject.git_dir).start("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    code, out, _ = asked.result()
    if code:
        raise AutosdError("AUTOSD-COMMIT-UNKNOWN", f"{subject.top} has no commit {name!r}.", "Name a commit, a branch or HEAD.")
    return out.decode().strip()


def read_commit(git: Git, sha: str) -> CommitRead:
    """Against its first parent; the very first commit against nothing."""
    raw = git.run("cat-file", "commit", sha)[:MOST_BYTES].decode("utf-8", "replace")
    header, _, message = raw.partition("\n\n")
    parent = next((line[7:] for line in header.splitlines() if line.startswith("parent ")), None)
    if parent and git.start("cat-file", "-e", parent).result()[0]:
        message = f"The parent of {sha[:12]} is not in this clone, so nobody can tell what it changes."
        raise AutosdError("AUTOSD-COMMIT-SHALLOW", message, "Run `git fetch --deepen 1` there, then again.", exit_code=1)
    return CommitRead(sha, parent, message, differences(git, parent or _EMPTY[len(sha)], sha))


def differences(git: Git, before: str, after: str) -> tuple[FileChange, ...]:
    """Every path that differs, no renames: what is moved goes here and comes there."""
    words = ("-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
    out = git.run("diff-tree", *words, before, after, "--").split(b"\0")
    entries = list(_entries(iter(out)))
    texts = _blobs(git, {blob for _, modes, blobs in entries for blob in blobs if int(blob, 16)})
    return tuple(_change(path, modes, blobs, texts) for path, modes, blobs in entries)


Entry = tuple[str, tuple[str, str], tuple[str, str]]


def _entries(fields: Iterator[bytes]) -> Iterator[Entry]:
    for head in fields:
        if head.startswith(b":"):
            old_mode, new_mode, old, new, _ = head[1:].decode().split(" ")
            yield os.fsdecode(next(fields)), (old_mode, new_mode), (old, new)


def _change(path: str, modes: tuple[str, str], blobs: tuple[str, str], texts: Mapping[str, bytes]) -> FileChange:
    there = [blob for blob in blobs if int(blob, 16)]
    read = all(blob in texts for blob in there)
    return FileChange(path, texts.get(blobs[0]), texts.get(blobs[1]), modes, blobs, read)


def _blobs(git: Git, wanted: set[str]) -> dict[str, bytes]:
    """The content of those that are files of a bearable size."""
    if not wanted:
        return {}
    listing = "\n".join(sorted(wanted)).encode() + b"\n"
    sizes = git.run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", stdin=listing).decode().splitlines()
    small = [line.split()[0] for line in sizes if line.split()[1:2] == ["blob"] and int(line.split()[2]) <= MOST_BYTES]
    out = git.run("cat-file", "--batch", stdin="\n".join(small).encode() + b"\n") if small else b""
    found, at = {}, 0
    while (end := out.find(b"\n", at)) >= 0:
        name, _, size = out[at:end].decode().split(" ")
        found[name] = out[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
    return found


def first_commit(git: Git, sha: str) -> str:
    """Where the first-parent history of ``sha`` begins: the same in every full clone."""
    return git.line("rev-list", "--max-parents=0", "--first-parent", "--end-of-options", sha).splitlines()[-1]


def descends(git: Git, subject: Subject, sha: str, ancestor: str) -> bool | None:
    """Whether ``sha`` comes from ``ancestor``; None where history was cut off."""
    code, _, _ = git.start("merge-base", "--is-ancestor", ancestor, sha).result()
    if code == 0:
        return True
    return None if subject.common_dir is not None and (subject.common_dir / "shallow").exists() else False


def read_note(subject: Subject, sha: str) -> bytes | None:
    """The note that is kept of ``sha``; None when there is none, or one that is too long to be ours."""
    if subject.git_dir is None:
        return None
    git = Git(subject.git_dir)
    code, out, _ = git.start("notes", f"--ref={NOTES}", "list", sha).result()
    if code or not (blob := out.decode().strip()):
        return None
    return git.run("cat-file", "blob", blob) if int(git.line("cat-file", "-s", blob)) <= MOST_NOTE else None


def ensure_note(git: Git, subject: Subject, sha: str, data: bytes, who: Mapping[str, str]) -> None:
    """Keep ``data`` as the note of ``sha``. Made in our own repository; theirs gets the objects and one moved reference, or nothing."""
    if subject.git_dir is None or subject.common_dir is None or read_note(subject, sha) == data:
        return
    own = git.using(extra={**who, "GIT_OBJECT_DIRECTORY": str(subject.common_dir / "objects")})
    scratch = f"refs/notes/taking-{os.getpid()}-{sha[:12]}"
    for _ in range(TRIES):
        before = read_ref(subject.git_dir, subject.common_dir, NOTES)
        if before:
            own.run("update-ref", "--no-deref", scratch, before)
        try:
            own.run("notes", f"--ref={scratch}", "add", "-f", "-F", "-", sha, stdin=data)
            made = own.line("rev-parse", "--verify", scratch)
        finally:
            own.start("update-ref", "--no-deref", "-d", scratch).result()
        moved = Git(subject.git_dir, extra=who).start(
            "update-ref", "-m", "autosd: provenance", "--no-deref", NOTES, made, before or "0" * len(made)
        )  # fmt: skip
        if moved.result()[0] == 0:
            hand_over(own, subject.common_dir, NOTES, made, before)
            return
    message = f"{NOTES} of {subject.top} is moved by somebody else all the time."
    raise AutosdError("AUTOSD-NOTE-NOT-KEPT", message, "Run again; the message of the commit holds the same.", exit_code=1)

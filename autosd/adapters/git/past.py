"""The base's past: its first-parent commits, and the text files that differ between two of them, moves found."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from autosd.adapters.git.command import Git
from autosd.adapters.git.history import bounded
from autosd.domain.errors import AutosdError
from autosd.ports import Changed, Commit, Snapshot

MOST_FILES, MOST_BYTES = 400, 2_000_000
#: Git knows the empty tree of either kind without having it.
_EMPTY = {40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904", 64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"}
_NAME = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REGULAR = {"100644", "100755"}


@dataclass(frozen=True)
class _Entry:
    """One line of a raw diff."""

    modes: tuple[str, str]
    blobs: tuple[str, str]
    status: str
    before: str
    after: str


def read_commits(git: Git, snapshot: Snapshot, limit: int) -> tuple[Commit, ...]:
    """Newest first. A shallow or broken past ends where git could read no further."""
    if snapshot.head is None or limit < 1:
        return ()
    form = "--format=%H%x1f%P%x1f%at%x1f%s"
    out = bounded(git, "log", "-z", "--first-parent", "--no-show-signature", f"--max-count={limit}", form, snapshot.head, "--")
    found = []
    for line in out.split(b"\0"):
        sha, _, rest = line.decode("utf-8", "replace").partition("\x1f")
        parents, _, rest = rest.partition("\x1f")
        seconds, _, subject = rest.partition("\x1f")
        if _NAME.fullmatch(sha) and seconds.isdigit():
            found.append(Commit(sha, parents.split()[0] if parents else None, subject, datetime.fromtimestamp(int(seconds), UTC)))
    return tuple(found)


def read_changed(git: Git, snapshot: Snapshot, inside: str, before: str | None, after: str) -> tuple[Changed, ...]:
    """See ``Repository.changed``. Links, submodules, binary and enormous files are left out."""
    before = before or _EMPTY[len(snapshot.tree)]
    place = f"{inside}/" if inside else ""
    entries = [entry for entry in _raw(git, before, after, place) if entry.status[0] in "AMDR" and _plain(entry)][:MOST_FILES]
    texts = _texts(git, entries)
    moved = {} if after == snapshot.tree else _fate(git, after, snapshot.tree, place)
    found = []
    for entry in entries:
        old, new = texts.get(entry.blobs[0]), texts.get(entry.blobs[1])
        if any(side is not None and side not in texts for side in _sides(entry)):
            continue
        path, earlier = entry.after.removeprefix(place), entry.before.removeprefix(place)
        now = None if entry.status == "D" else moved.get(entry.after, entry.after)
        old_text = decoded(earlier, old) if old is not None else None
        new_text = decoded(path, new) if new is not None else None
        found.append(Changed(path, earlier, old_text, new_text, now.removeprefix(place) if now else None))
    return tuple(found)


def decoded(path: str, data: bytes) -> str:
    """What ``files.encode`` turns back into ``data``."""
    encoding = "utf-8"
    if path.endswith((".py", ".pyi")):
        with contextlib.suppress(SyntaxError):
            encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0].removesuffix("-sig")
    try:
        return data.decode(encoding, "surrogateescape")
    except (UnicodeDecodeError, LookupError):
        return data.decode("utf-8", "surrogateescape")


def _raw(git: Git, before: str, after: str, place: str) -> Iterator[_Entry]:
    where = [f":(top,literal){place.rstrip('/')}"] if place else []
    words = ("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-ext-diff", "--find-renames=50%", "--ignore-submodules=all")
    fields = iter(git.run(*words, before, after, "--", *where).split(b"\0"))
    for head in fields:
        if not head.startswith(b":"):
            continue
        old_mode, new_mode, old, new, status = head[1:].decode().split(" ")
        first = os.fsdecode(next(fields))
        second = os.fsdecode(next(fields)) if status[0] in "RC" else first
        yield _Entry((old_mode, new_mode), (old, new), status, first, second)


def _plain(entry: _Entry) -> bool:
    return all(mode in _REGULAR or not int(mode, 8) for mode in entry.modes)


def _sides(entry: _Entry) -> tuple[str | None, str | None]:
    """The blobs that are really there."""
    old, new = (blob if int(mode, 8) else None for mode, blob in zip(entry.modes, entry.blobs, strict=True))
    return old, new


def _texts(git: Git, entries: list[_Entry]) -> Mapping[str, bytes]:
    """The content of every blob that is text, by its name; asked for at once."""
    wanted = sorted({blob for entry in entries for blob in _sides(entry) if blob is not None})
    if not wanted:
        return {}
    listing = "\n".join(wanted).encode() + b"\n"
    sizes = git.run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", stdin=listing).decode().split("\n")
    small = [line.split()[0] for line in sizes if (part := line.split())[1:2] == ["blob"] and int(part[2]) <= MOST_BYTES]
    out = git.run("cat-file", "--batch", stdin="\n".join(small).encode() + b"\n") if small else b""
    return {name: data for name, data in _batch(out) if b"\0" not in data}


def _batch(out: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while (end := out.find(b"\n", at)) >= 0:
        name, _, size = out[at:end].decode().split(" ")
        yield name, out[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)


def _fate(git: Git, after: str, base: str, place: str) -> dict[str, str | None]:
    """Where the files of ``after`` that were moved or deleted since are in the base."""
    try:
        return {
            entry.before: entry.after if entry.status[0] == "R" else None
            for entry in _raw(git, after, base, place)
            if entry.status[0] in "RD"
        }
    except AutosdError:
        return {}

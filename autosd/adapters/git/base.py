"""Takes the base: what is committed plus what is not, as a git tree in a repository of our own."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autosd.adapters.git.command import Git
from autosd.adapters.git.extras import filtered
from autosd.adapters.git.locate import Subject
from autosd.domain.errors import AutosdError

#: An untracked file larger than this is data that nobody wants copied at every run; it is left out and named.
UNTRACKED_BYTES = 50_000_000

#: A plain folder with more is most likely not the project that was meant (a home folder, say).
_PLAIN_FILES, _PLAIN_BYTES = 100_000, 2_000_000_000


@dataclass(frozen=True)
class Base:
    """A tree in our repository; ``left_out`` names what is not in it, ``notes`` tell people."""

    tree: str
    head_tree: str | None
    notes: tuple[str, ...] = ()
    linked_repositories: tuple[str, ...] = ()  # submodules and nested repositories: their files are no part of the tree
    filtered: tuple[str, ...] = ()  # files that a filter of the user's turns into what is on disk


def take_base(git: Git, subject: Subject, folder: Path, *, clean: bool) -> Base:
    """The base of ``subject``; ``folder`` is private to this run and holds the index that is worked with."""
    git = git.using(work_tree=subject.top, index=folder / "take.index")
    if clean and subject.head:
        tree = git.line("rev-parse", "--verify", "--end-of-options", f"{subject.head}^{{tree}}")
        return Base(tree, tree)
    asked = git.start("rev-parse", "--verify", "--end-of-options", f"{subject.head}^{{tree}}") if subject.head else None
    try:
        notes, linked = _bring_up_to_date(git, subject)
        tree = git.line("write-tree", "--missing-ok")
        through_filters = tuple(filtered(git, subject.top))
    finally:
        code, out, err = asked.result() if asked else (0, b"", b"")
    if code:
        raise AutosdError(
            "AUTOSD-REPO-BROKEN",
            f"HEAD {subject.head} cannot be read: {err.decode(errors='replace').strip()}",
            "Run `git fsck` there.",
            exit_code=1,
        )
    return Base(tree, out.decode().strip() or None, notes, linked, through_filters)


def _bring_up_to_date(git: Git, subject: Subject) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Fill the index with the state of the work tree: start from the user's own, whose stat cache spares reading all files."""
    listing = _changed(git) if _borrow_index(git, subject) else None
    if listing is None:  # no index, a broken one, or one that is split over several files
        assert git.index is not None
        git.index.unlink(missing_ok=True)
        git.run("read-tree", *([subject.head] if subject.head else ["--empty"]))
        listing = _changed(git)
        if listing is None:
            raise AutosdError("AUTOSD-REPO-BROKEN", f"git cannot list the files of {subject.top}.", "Run `git status` there.", exit_code=1)
    hidden = _behind_links(subject.top, [path for tag, path in listing if tag != b"?"])
    if hidden:
        git.run("update-index", "-z", "--force-remove", "--stdin", stdin=b"".join(path + b"\0" for path in hidden))
    paths, notes, linked = _sorted_out(subject, [entry for entry in listing if entry[1] not in hidden])
    if subject.git_dir is None:
        _refuse_enormous(subject, paths)
    if paths:
        git.run("update-index", "-z", "--add", "--remove", "--replace", "--stdin", stdin=b"".join(path + b"\0" for path in paths))
    if (subject.top / ".gitmodules").is_file():  # those at the commit that is recorded are in no list of changes
        linked = tuple(dict.fromkeys((*linked, *_submodules(git))))
    return notes, linked


def _submodules(git: Git) -> list[str]:
    entries = git.run("ls-files", "-z", "-s").split(b"\0")
    return [os.fsdecode(entry.partition(b"\t")[2]) for entry in entries if entry.startswith(b"160000 ")]


def _borrow_index(git: Git, subject: Subject) -> bool:
    """Copy the user's index, with its time: git compares file times with it to tell which stat entries may be trusted."""
    if not subject.git_dir:
        return False
    assert git.index is not None
    try:
        shutil.copy2(subject.git_dir / "index", git.index)
        git.index.chmod(0o600)
    except FileNotFoundError:
        return False
    return True


def _changed(git: Git) -> list[tuple[bytes, bytes]] | None:
    """Tag and path of everything that differs from the index, untracked files included; None when the index is unusable."""
    code, out, _ = git.start("ls-files", "-z", "-t", "-m", "-d", "-o", "--exclude-standard", "--deduplicate").result()
    if code:
        return None
    return [(entry[:1], entry[2:]) for entry in out.split(b"\0") if entry]


def _sorted_out(subject: Subject, listing: Iterable[tuple[bytes, bytes]]) -> tuple[list[bytes], tuple[str, ...], tuple[str, ...]]:
    """What belongs in the index; submodules and nested repositories stay as they are, enormous untracked files stay out."""
    paths: list[bytes] = []
    notes: list[str] = []
    linked: list[str] = []
    top = os.fsencode(subject.top)
    for tag, path in listing:
        try:
            status = os.lstat(os.path.join(top, path))  # noqa: PTH118 - bytes: a name need not be text
        except OSError:
            paths.append(path)  # deleted
            continue
        if stat.S_ISDIR(status.st_mode):
            linked.append(os.fsdecode(path.rstrip(b"/")))
        elif tag == b"?" and status.st_size > UNTRACKED_BYTES:
            notes.append(f"untracked {os.fsdecode(path)!r} left out: {status.st_size // 1_000_000} MB")
        elif tag == b"?" and not os.access(os.path.join(top, path), os.R_OK, follow_symlinks=False) and not stat.S_ISLNK(status.st_mode):  # noqa: PTH118
            notes.append(f"untracked {os.fsdecode(path)!r} left out: not readable")
        else:
            paths.append(path)
    return paths, tuple(notes), tuple(linked)


def _behind_links(top: Path, paths: list[bytes]) -> set[bytes]:
    """Tracked files whose folder has become a link: what stands there now is another place's, the files are gone."""
    linked: dict[bytes, bool] = {b"": False}

    def is_linked(folder: bytes) -> bool:
        if folder not in linked:
            linked[folder] = is_linked(os.path.dirname(folder)) or os.path.islink(os.path.join(os.fsencode(top), folder))  # noqa: PTH114, PTH118, PTH120
        return linked[folder]

    return {path for path in paths if is_linked(os.path.dirname(path))}  # noqa: PTH120


def _refuse_enormous(subject: Subject, paths: list[bytes]) -> None:
    top = os.fsencode(subject.top)
    size = sum(_size(os.path.join(top, path)) for path in paths[:_PLAIN_FILES])  # noqa: PTH118
    if len(paths) > _PLAIN_FILES or size > _PLAIN_BYTES:
        raise AutosdError(
            "AUTOSD-PATH-TOO-LARGE",
            f"{subject.path} holds {len(paths)} files outside git, {size // 1_000_000} MB.",
            "Name the project's own folder, or put it under git with an ignore file.",
        )


def _size(path: bytes) -> int:
    """Nothing for a file that went away meanwhile."""
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0

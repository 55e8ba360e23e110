"""Puts a candidate's files into an index, by git's own content conversions (line ends, encodings), no programs."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from autosd.adapters.git import files as texts
from autosd.adapters.git.command import Git


def stage(git: Git, files: Mapping[str, str | None], top: Path) -> None:
    """Write ``files`` over what ``git``'s index holds; ``top`` is the work tree they came from (encoding, mode, attributes)."""
    put(git, {path: blob(git, path, text, top) for path, text in files.items()}, top)


def put(git: Git, blobs: Mapping[str, str | None], top: Path) -> None:
    """Set index entries to ``blobs`` (None: remove), keeping each file's executable bit."""
    gone = "0" * 40
    lines = [f"{_mode(top / path)} {sha}\t{path}" if sha else f"0 {gone}\t{path}" for path, sha in blobs.items()]
    git.run("update-index", "-z", "--index-info", stdin=b"".join(os.fsencode(line) + b"\0" for line in lines))


def blob(git: Git, path: str, text: str | None, top: Path) -> str | None:
    """The object id of ``text`` as the content of ``path``, written to git's object store."""
    if text is None:
        return None
    data = texts.encode(path, text, texts.read(top, path))
    return git.line("hash-object", "-w", f"--path={path}", "--stdin", stdin=data)


def _mode(file: Path) -> str:
    try:
        status = file.lstat()
    except OSError:
        return "100644"
    return "100755" if stat.S_ISREG(status.st_mode) and status.st_mode & 0o100 else "100644"

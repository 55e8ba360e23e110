"""A bare repository of our own for each subject: its objects are borrowed, its configuration is not."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from autosd.adapters.git.command import Git
from autosd.adapters.git.locate import Subject

_CONFIG = "[core]\n\trepositoryformatversion = {version}\n\tbare = false\n\tlogallrefupdates = false\n\tsymlinks = true\n"
_SHA256 = "[extensions]\n\tobjectformat = sha256\n"

#: What a plain folder holds that is no work of its owner; in a git repository its own ignore files decide.
_NOISE = (
    "__pycache__/",
    "*.pyc",
    ".venv/",
    "venv/",
    ".tox/",
    ".nox/",
    "node_modules/",
    ".pytest_cache/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".eggs/",
)

#: What autosd itself leaves in a project; never part of a base.
_OURS = ("/.autosd/", "/artifacts/selfcoding-pr/", "/artifacts/autonomy-applied/", "/artifacts/autonomy-regressions/")


def own_repository(home: Path, subject: Subject) -> Git:
    """The repository under ``home`` that stands for ``subject``; made, or brought up to date, on the way. No process is started."""
    key = hashlib.sha256(os.fsencode(subject.top) + (b"\0sha256" if subject.sha256 else b"") + (b"" if subject.git_dir else b"\0plain"))
    folder = home / "repos" / key.hexdigest()[:20]
    _ensure(folder / "config", (_CONFIG.format(version=int(subject.sha256)) + (_SHA256 if subject.sha256 else "")).encode())
    _ensure(folder / "HEAD", b"ref: refs/heads/none\n")
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "objects" / "info").mkdir(parents=True, exist_ok=True)
    excludes = b"\n".join(entry.encode() for entry in (_OURS if subject.git_dir else _OURS + _NOISE)) + b"\n"
    if subject.common_dir:
        _ensure(folder / "objects" / "info" / "alternates", _quoted(os.fsencode(subject.common_dir / "objects")) + b"\n")
        excludes += _bytes(subject.common_dir / "info" / "exclude")
        _ensure(folder / "info" / "attributes", _bytes(subject.common_dir / "info" / "attributes"))
    _ensure(folder / "info" / "exclude", excludes)
    return Git(folder)


def _ensure(file: Path, content: bytes) -> None:
    """Put ``content`` in place in one step, so that a run beside this one never reads half a file."""
    if file.is_file() and _bytes(file) == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    draft.write_bytes(content)
    draft.replace(file)


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _quoted(path: bytes) -> bytes:
    """C-style quotes, as git reads them in an alternates file: a folder's name may hold a newline or a ``#``."""
    escaped = b"".join(b"\\" + bytes([c]) if c in b'"\\' else b"\\%03o" % c if c < 0x20 or c == 0x7F else bytes([c]) for c in path)
    return b'"' + escaped + b'"'

"""From what an outside agent left to a candidate's files: only texts, only what may be changed; what is left out is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autosd.coding.repair.subject import SKIPPED
from autosd.governance.paths import is_protected, is_secret


@dataclass(frozen=True)
class Kept:
    files: dict[str, str | None]
    left_out: tuple[str, ...]  # paths that were changed and are not taken


def kept_of(
    left: Mapping[str, bytes | None], root: Path, locked: Callable[[str], bool], *, prefix: str = "", protected: tuple[str, ...] = ()
) -> Kept:
    """Files that take part in the tests, that judge changes or hold secrets stay as the base has them; so does what tools strew about."""
    files: dict[str, str | None] = {}
    left_out = []
    for path, data in sorted(left.items()):
        before = _bytes(root / path) if is_plain(path, root) else None
        if data == before or _strewn(path, new=before is None):
            continue
        text = _text(data)
        spellings = (path, f"{prefix}/{path}") if prefix else (path,)
        judged = any(is_secret(each) or is_protected(each, protected) for each in spellings) or locked(path)
        if judged or text is False or not is_plain(path, root):
            left_out.append(path)
        elif isinstance(text, str) or text is None:
            files[path] = text
    return Kept(files, tuple(left_out))


def is_plain(path: str, root: Path) -> bool:
    """A relative path inside the project that leads through no link."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\0" in path or ".." in parts or "/".join(parts) != path:
        return False
    spot = root
    try:
        for part in parts:
            spot = spot / part
            if spot.is_symlink() or (spot != root / path and spot.is_file()):
                return False
        return not spot.is_dir()
    except OSError:  # longer than a path can be
        return False


def _strewn(path: str, *, new: bool) -> bool:
    """Caches, and new files or folders that tools keep for themselves, which begin with a dot."""
    parts = PurePosixPath(path).parts
    return any(part in SKIPPED or part.endswith(".pyc") for part in parts) or (new and any(part.startswith(".") for part in parts))


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def _text(data: bytes | None) -> str | bool | None:
    """The text; None for what is gone; False for what is no text."""
    if data is None:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return False if "\0" in text else text

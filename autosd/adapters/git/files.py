"""A candidate's texts as files: valid places, the encoding the file already had, never through a link."""

from __future__ import annotations

import codecs
import io
import os
import tokenize
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from autosd.domain.errors import AutosdError


def checked(path: str) -> str:
    """``path`` itself when it names a place inside a project."""
    parts = PurePosixPath(path).parts
    odd = not parts or path != "/".join(parts) or path.startswith("/") or "\0" in path
    if odd or any(part in {"..", "."} or part.lower() in {".git", "git~1"} for part in parts):
        raise AutosdError(
            "AUTOSD-PATH-INVALID", f"{path!r} is no file inside the project.", "Name files by their path relative to the project."
        )
    return path


def encode(path: str, text: str, before: bytes | None) -> bytes:
    """``text`` in the encoding that ``before`` had: a Python file says which, a byte order mark stays."""
    try:
        if path.endswith((".py", ".pyi")):
            encoding, _ = tokenize.detect_encoding(
                io.BytesIO(before if before is not None else text.encode("utf-8", "surrogateescape")).readline
            )
            encoding = encoding.removesuffix("-sig")
        else:
            encoding = "utf-8"
        data = text.encode(encoding, "surrogateescape")
    except (SyntaxError, UnicodeEncodeError, LookupError):
        data = text.encode("utf-8", "surrogateescape")
    if before is not None and before.startswith(codecs.BOM_UTF8) and not data.startswith(codecs.BOM_UTF8):
        data = codecs.BOM_UTF8 + data
    return data


def read(root: Path, path: str) -> bytes | None:
    """A file's bytes, None where there is no regular file; refuses to look through a linked folder."""
    file = _inside(root, path)
    if file.is_symlink() or not file.is_file():
        return None
    return file.read_bytes()


def write(root: Path, files: Mapping[str, str | None]) -> None:
    """Write ``files`` under ``root`` (None: delete). A link in the way is replaced, a linked folder is refused."""
    for path, text in files.items():
        file = _inside(root, path)
        if text is None:
            file.unlink(missing_ok=True)
            continue
        before = read(root, path)
        mode = file.stat().st_mode & 0o777 if before is not None else 0o644
        file.parent.mkdir(parents=True, exist_ok=True)
        if before is not None or file.is_symlink():
            file.unlink()
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor, opened without following links
            stream.write(encode(path, text, before))


def _inside(root: Path, path: str) -> Path:
    folder = root
    *folders, name = PurePosixPath(checked(path)).parts
    for part in folders:
        folder = folder / part
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise AutosdError(
                "AUTOSD-PATH-INVALID", f"{path!r} leads through {part!r}, which is no folder of the project.", "Name the real file."
            )
    return folder / name

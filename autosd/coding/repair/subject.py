"""The subject's Python files as texts: which may be edited, and what they look like with edits made."""

from __future__ import annotations

import io
import os
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from autosd.domain.changes import TextEdit

#: Folders that hold no source of the project, whatever is in them.
SKIPPED = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "env", ".env", ".tox", ".nox", "__pycache__", "node_modules",
    "site-packages", "build", "dist", ".eggs", "artifacts", ".autosd", ".mypy_cache", ".ruff_cache", ".pytest_cache",
})  # fmt: skip
MOST_BYTES = 2_000_000

_TEST_NAME = re.compile(r"^(test_.*|.*_tests?|tests?|conftest)\.py$")
_TEST_FOLDER = frozenset({"test", "tests"})


def load(root: Path) -> dict[str, str]:
    """Every readable Python file below ``root`` by POSIX path, line ends as they are; links are not followed."""
    return {path.relative_to(root).as_posix(): text for path in _python_files(root) if (text := read_source(path)) is not None}


def _python_files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED and not (Path(folder) / name / "pyvenv.cfg").exists())
        for name in sorted(names):
            path = Path(folder) / name
            if name.endswith(".py") and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
                yield path


def read_source(path: Path) -> str | None:
    """The text, byte order mark and all, or None: only UTF-8 is edited, so that what is written back is what was read."""
    try:
        raw = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        return raw.decode("utf-8") if encoding in ("utf-8", "utf-8-sig") else None
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None


def test_files(texts: Iterable[str], test_ids: Iterable[str]) -> frozenset[str]:
    """Files that hold tests: those the runner named, and those that look like it by name or folder."""
    named = {test.partition("::")[0] for test in test_ids}
    return frozenset(path for path in texts if path in named or _looks_like_test(PurePosixPath(path)))


def _looks_like_test(path: PurePosixPath) -> bool:
    return bool(_TEST_NAME.match(path.name)) or any(part in _TEST_FOLDER for part in path.parts[:-1])


def apply(texts: Mapping[str, str], edits: Iterable[TextEdit]) -> dict[str, str]:
    """The whole new text of each file that ``edits`` change; they must not overlap."""
    changed: dict[str, str] = {}
    for edit in sorted(edits, key=lambda each: (each.file, each.start, each.end), reverse=True):
        text = changed.get(edit.file, texts[edit.file])
        changed[edit.file] = text[: edit.start] + edit.text + text[edit.end :]
    return changed


def overlap(one: Iterable[TextEdit], other: Iterable[TextEdit]) -> bool:
    """Whether two sets of edits touch the same place, so that they cannot simply be joined."""
    others = list(other)
    return any(a.file == b.file and a.start <= b.end and b.start <= a.end for a in one for b in others)

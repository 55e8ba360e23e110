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
_TEST_FOLDER_ENDS = ("tests", "testcases")  # unit_tests, java_testcases
#: Words of a path that say: what is right. A file of that kind whose twin stands elsewhere is what tests compare with, not what they test.
_TRUTH = frozenset({"correct", "reference", "ref", "expected", "golden", "oracle", "truth", "solution", "solutions", "fixed"})
#: Twins have this share of the lines of the smaller one in common.
_TWINS = 0.5


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


def test_files(texts: Mapping[str, str], test_ids: Iterable[str]) -> frozenset[str]:
    """Files that judge: those the runner named, those that look like tests by name or folder, and what tests compare with."""
    named = {test.partition("::")[0] for test in test_ids}
    tests = frozenset(path for path in texts if path in named or _looks_like_test(PurePosixPath(path)))
    return tests | _references({path: text for path, text in texts.items() if path not in tests})


def _looks_like_test(path: PurePosixPath) -> bool:
    folders = path.parts[:-1]
    return bool(_TEST_NAME.match(path.name)) or any(
        part in _TEST_FOLDER or re.split(r"[^a-z]+", part.lower())[-1] in _TEST_FOLDER_ENDS for part in folders
    )


def _references(texts: Mapping[str, str]) -> frozenset[str]:
    """Files said to be right by their path, beside a file of the same name and mostly the same lines that is not."""
    spoken = [path for path in texts if _TRUTH.intersection(_words(path))]
    if not spoken:
        return frozenset()
    plain: dict[str, list[str]] = {}
    for path in texts:
        if not _TRUTH.intersection(_words(path)):
            plain.setdefault(_name(path), []).append(path)
    return frozenset(path for path in spoken if any(_twins(texts[path], texts[other]) for other in plain.get(_name(path), ())))


def _words(path: str) -> list[str]:
    return re.split(r"[^a-z]+", path.lower().removesuffix(".py"))


def _name(path: str) -> str:
    return "_".join(word for word in _words(PurePosixPath(path).name) if word not in _TRUTH)


def _twins(one: str, other: str) -> bool:
    mine, theirs = ({line.strip() for line in text.splitlines()} - {""} for text in (one, other))
    return len(mine & theirs) >= _TWINS * max(1, min(len(mine), len(theirs)))


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

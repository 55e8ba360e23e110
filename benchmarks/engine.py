"""The code under measurement, frozen: a run takes minutes, and sources may be edited meanwhile."""

from __future__ import annotations

import hashlib
import shutil
from functools import cache
from pathlib import Path

from benchmarks.isolated import BENCH

SOURCES = Path(__file__).parents[1] / "autosd"
KEPT = 3  # older copies are removed


@cache
def digest() -> str:
    """A short digest of autosd's sources as they were when this process first asked."""
    found = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        found.update(path.relative_to(SOURCES).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:10]


@cache
def frozen() -> Path:
    """A folder to import ``autosd`` from that nobody edits."""
    copies = BENCH / "engine"
    copy = copies / digest()
    if not copy.is_dir():
        copies.mkdir(parents=True, exist_ok=True)
        half = copies / f".{digest()}"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(SOURCES, half / "autosd", ignore=shutil.ignore_patterns("__pycache__"))
        half.rename(copy)
        for old in sorted((each for each in copies.iterdir() if each != copy), key=lambda each: each.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    return copy

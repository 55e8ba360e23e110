"""Summaries in files, one for each path and each snippet: kept for one content, replaced whole, computed once however many ask."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autosd.domain.chunks import Chunk, ChunkSummary
from autosd.domain.errors import AutosdError

_MOST_BYTES = 20_000_000


class FileSummaryCache:
    """Satisfies ``SummaryCache``. A file that is damaged, or of another content, counts as none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def summaries(
        self, path: Path, code: str, chunks: Sequence[Chunk], *, limit: int, by: str, summarise: Callable[[Chunk], str]
    ) -> tuple[ChunkSummary, ...]:
        """See ``SummaryCache``."""
        whole = os.path.realpath(path)
        name, file_hash = _hash(whole), _hash(code)
        with self._alone(name):
            entry = self._read(name)
            kept = _kept(entry) if entry.get("file_hash") == file_hash and entry.get("path") == whole else {}
            known = {(s.start_line, s.end_line, s.hash): s.summary for s in kept.get((limit, by), ())}
            found = tuple(
                ChunkSummary(c.start_line, c.end_line, c.hash, known.get((c.start_line, c.end_line, c.hash)) or summarise(c))
                for c in chunks
            )
            if found != kept.get((limit, by)):
                self._write(name, _entry(whole, file_hash, {**kept, (limit, by): found}, (limit, by)))
        return found

    def snippet(self, code: str, *, by: str, summarise: Callable[[str], str]) -> str:
        """See ``SummaryCache``."""
        name = _hash(code)
        with self._alone(name):
            entry = self._read(name)
            if entry.get("hash") == name and entry.get("by") == by and isinstance(entry.get("summary"), str) and entry["summary"]:
                return str(entry["summary"])
            summary = summarise(code)
            if summary:
                self._write(name, {"hash": name, "summary": summary, "by": by})
        return summary

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """One at a time for this entry, in all threads and processes; a killed one's lock is free."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _read(self, name: str) -> dict[str, Any]:
        file = self._folder / f"{name}.json"
        try:
            value = json.loads(file.read_bytes()) if file.stat().st_size <= _MOST_BYTES else None
        except (OSError, ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def _write(self, name: str, entry: Mapping[str, Any]) -> None:
        """Whole or not at all: whoever reads meanwhile sees the old one."""
        try:
            descriptor, draft = tempfile.mkstemp(prefix=f".{name}.", dir=self._folder)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as out:
                    json.dump(entry, out)
                Path(draft).replace(self._folder / f"{name}.json")
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> AutosdError:
        message = f"The cache of summaries {self._folder} cannot be used: {error.strerror or error}."
        return AutosdError("AUTOSD-CACHE-UNUSABLE", message, "Free some space there, or set CHUNK_SUMMARY_CACHE_DIR.", exit_code=1)


Kept = Mapping[tuple[int, str], tuple[ChunkSummary, ...]]


def _kept(entry: Mapping[str, Any]) -> dict[tuple[int, str], tuple[ChunkSummary, ...]]:
    """By limit and summariser; what is malformed is left out."""
    found = {}
    others = entry.get("others")
    for each in [entry, *(others if isinstance(others, list) else ())]:
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            rows = tuple(
                ChunkSummary(int(row["start_line"]), int(row["end_line"]), str(row["hash"]), str(row["summary"]))
                for row in each["summaries"]
            )
            found[int(each["token_limit"]), str(each["by"])] = rows
    return found


def _entry(path: str, file_hash: str, kept: Kept, last: tuple[int, str]) -> dict[str, Any]:
    """The guide's form for what was asked for last, and beside it what other limits and summarisers gave."""
    others = [_rows(key, rows) for key, rows in kept.items() if key != last]
    return {"path": path, "file_hash": file_hash, **_rows(last, kept[last]), **({"others": others} if others else {})}


def _rows(key: tuple[int, str], rows: Sequence[ChunkSummary]) -> dict[str, Any]:
    listed = [{"start_line": r.start_line, "end_line": r.end_line, "hash": r.hash, "summary": r.summary} for r in rows]
    return {"token_limit": key[0], "by": key[1], "summaries": listed}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

"""What is said of a piece of code in its place: by a model where one is given, else by its first telling line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autosd.coding.context.chunks import split_into_chunks
from autosd.domain.chunks import Chunk, ChunkSummary
from autosd.domain.tokens import CountTokens, estimate
from autosd.ports.context import SummaryCache

LONGEST_LINE = 80
_DEFINES = re.compile(r"^[ \t]*((?:async[ \t]+)?def[ \t]|class[ \t])")


@dataclass(frozen=True)
class Summariser:
    """``summarise`` answers "" when it has nothing to say; ``name`` tells its summaries from another's."""

    name: str
    summarise: Callable[[str], str]


def first_line(code: str) -> str:
    """The first line that defines something, else the first that says anything, cut at 80 characters; "" for nothing."""
    lines = [line for line in code.splitlines() if line.strip()]
    defining = next((line for line in lines if _DEFINES.match(line)), None)
    if defining is not None:
        return defining.strip()
    return lines[0].strip()[:LONGEST_LINE] if lines else ""


def summarised(
    cache: SummaryCache, path: Path, code: str, limit: int, summariser: Summariser | None = None, *, count: CountTokens = estimate
) -> tuple[list[Chunk], tuple[ChunkSummary, ...]]:
    """``code`` of ``path`` in chunks of ``limit`` tokens, each with its summary; computed once for one content and limit."""
    chunks = split_into_chunks(code, limit, count=count)
    by = summariser or Summariser("", first_line)
    found = cache.summaries(path, code, chunks, limit=limit, by=by.name, summarise=lambda chunk: one_line(by.summarise(chunk.text)))
    return chunks, _filled(chunks, found)


def snippet_summary(cache: SummaryCache, code: str, summariser: Summariser | None = None) -> str:
    """The same for a text that is no file's."""
    by = summariser or Summariser("", first_line)
    return cache.snippet(code, by=by.name, summarise=lambda text: one_line(by.summarise(text))) or first_line(code)


def one_line(text: str) -> str:
    """A model's words are data: one line of them, without what only steers terminals."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:400]


def _filled(chunks: Sequence[Chunk], found: Sequence[ChunkSummary]) -> tuple[ChunkSummary, ...]:
    return tuple(
        summary if summary.summary else replace(summary, summary=first_line(chunk.text))
        for chunk, summary in zip(chunks, found, strict=True)
    )

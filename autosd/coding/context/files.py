"""How a file is shown to a model: whole while it is short, else in summaries, around a chunk, or only the region that is meant."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autosd.coding.context.summaries import Summariser, summarised
from autosd.domain.chunks import Chunk, ChunkSummary, Region
from autosd.domain.errors import AutosdError
from autosd.domain.tokens import CountTokens, estimate
from autosd.ports.context import SummaryCache

_SIGNATURE_END = re.compile(r":\s*(#.*)?$")


@dataclass(frozen=True)
class Limits:
    """``chunk_tokens``: from here on a file is summarised, in chunks of that size. ``tokens``: most that is shown of it."""

    chunk_tokens: int = 3500
    tokens: int = 3500


@dataclass(frozen=True)
class FileContext:
    """``text`` goes into the prompt; ``chunk`` is the one that is shown raw, ``summaries`` stand for the others."""

    text: str
    summaries: tuple[ChunkSummary, ...] = ()
    chunk: Chunk | None = None


@dataclass(frozen=True)
class Shower:
    """What showing files takes: limits, the kept summaries, who makes new ones, and how tokens are counted."""

    cache: SummaryCache
    limits: Limits = field(default_factory=Limits)
    summariser: Summariser | None = None
    count: CountTokens = estimate

    def file_context(self, path: Path, code: str, *, region: Region | None = None, chunk_index: int | None = None) -> FileContext:
        """``code`` is what ``path`` holds. Raises ``AUTOSD-REGION-INVALID`` and ``AUTOSD-CHUNK-UNKNOWN``."""
        if region is not None:
            return FileContext(self._trimmed(region_text(path, code, region)))
        if chunk_index is None and self.count(code) <= self.limits.chunk_tokens:
            return FileContext(self._trimmed(code))
        chunks, summaries = summarised(self.cache, path, code, self.limits.chunk_tokens, self.summariser, count=self.count)
        if chunk_index is None:
            return FileContext(self._trimmed(summary_text(summaries)), summaries)
        if not 0 <= chunk_index < len(chunks):
            remedy = f"Name one from 0 to {len(chunks) - 1}." if chunks else "The file is empty."
            raise AutosdError("AUTOSD-CHUNK-UNKNOWN", f"{path} has {len(chunks)} chunks, none of number {chunk_index}.", remedy)
        others = tuple(summary for number, summary in enumerate(summaries) if number != chunk_index)
        return FileContext(self._around(chunks[chunk_index], summaries, chunk_index), others, chunks[chunk_index])

    def _around(self, chunk: Chunk, summaries: Sequence[ChunkSummary], number: int) -> str:
        """The chunk first of all; the summaries before and after it as far as they fit."""
        before, after = summary_text(summaries[:number]), summary_text(summaries[number + 1 :])
        raw = f"# lines {chunk.start_line}-{chunk.end_line}, as they stand:\n{chunk.text}"
        raw += "" if raw.endswith("\n") else "\n"
        whole = before + raw + after
        return whole if self.count(whole) <= self.limits.tokens else self._trimmed(raw)

    def _trimmed(self, text: str) -> str:
        return trimmed(text, self.limits.tokens, self.count)


def trimmed(text: str, tokens: int, count: CountTokens = estimate) -> str:
    """The head of ``text`` that fits, and how many lines are missing: a model must not take a part for the whole."""
    if count(text) <= tokens:
        return text
    lines = text.splitlines(keepends=True)
    low, high = 0, len(lines) - 1
    while low < high:
        middle = (low + high + 1) // 2
        shown = "".join(lines[:middle]) + _missing(lines, middle)
        low, high = (middle, high) if count(shown) <= tokens else (low, middle - 1)
    return "".join(lines[:low]) + _missing(lines, low)


def region_text(path: Path, code: str, region: Region) -> str:
    """Only those lines, between markers, under the signature of the function that they are of."""
    lines = code.splitlines(keepends=True)
    if not 1 <= region.start_line <= region.end_line <= len(lines):
        raise AutosdError(
            "AUTOSD-REGION-INVALID",
            f"{path} has {len(lines)} lines, no region {region.start_line} to {region.end_line}.",
            "Name lines that are there, the first before the last.",
        )
    body = "".join(lines[region.start_line - 1 : region.end_line])
    body += "" if body.endswith("\n") else "\n"
    signature = signature_of(code, region)
    opening = f"# in {signature}\n" if signature else ""
    return f"{opening}# start of region, line {region.start_line}\n{body}# end of region, line {region.end_line}\n"


def signature_of(code: str, region: Region) -> str:
    """That of the innermost function around the region, or of the one it names; "" where there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    around = [node for node in nodes if node.lineno <= region.start_line and region.end_line <= (node.end_lineno or node.lineno)]
    named = [node for node in nodes if region.function and node.name == region.function.rpartition(".")[2]]
    if not (around or named):
        return ""
    node = max(around, key=lambda each: each.lineno) if around else named[0]
    lines = code.splitlines()[node.lineno - 1 : max(node.lineno, node.body[0].lineno)]
    end = next((number for number, line in enumerate(lines, 1) if _SIGNATURE_END.search(line)), 1)
    return " ".join(" ".join(lines[:end]).split())


def summary_text(summaries: Sequence[ChunkSummary]) -> str:
    """A line for each."""
    return "".join(f"# lines {each.start_line}-{each.end_line}: {each.summary}\n" for each in summaries)


def _missing(lines: Sequence[str], shown: int) -> str:
    return f"# ... {len(lines) - shown} more lines\n"

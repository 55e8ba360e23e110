"""Cuts a source text into pieces of a bounded number of tokens, along its top-level statements where that is possible."""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterable, Iterator, Sequence

from autosd.domain.chunks import Chunk
from autosd.domain.errors import AutosdError
from autosd.domain.tokens import CountTokens, estimate

#: First and last line, from 1, both included.
Lines = tuple[int, int]
#: Where Python's parser sees no end of a line and ``splitlines`` does.
_OTHER_BREAKS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def split_into_chunks(code: str, token_limit: int, *, line_ranges: Sequence[Lines] = (), count: CountTokens = estimate) -> list[Chunk]:
    """``code`` in pieces of at most ``token_limit`` tokens, which together are all of it.

    Statements of the top level stay whole while they fit. A longer one, and code that does not parse, is cut between lines; a line that
    does not fit stands alone. Each of ``line_ranges`` begins a piece and ends one. Raises ``AUTOSD-CHUNK-LIMIT`` for less than a token.
    """
    if token_limit < 1:
        raise AutosdError("AUTOSD-CHUNK-LIMIT", f"A chunk of {token_limit} tokens holds nothing.", "Ask for at least 1 token.")
    lines = code.splitlines(keepends=True)
    cuts = {line for start, end in line_ranges for line in (start, end + 1)}
    units = _units(lines, {1, *_statements(code, lines), *cuts})
    return [_chunk(lines, start, end, count) for start, end in _packed(lines, units, cuts, token_limit, count)]


def _units(lines: Sequence[str], starts: set[int]) -> list[Lines]:
    """What should stay whole; all lines are in one of them."""
    inside = sorted(start for start in starts if 1 <= start <= len(lines))
    return [(start, following - 1) for start, following in zip(inside, [*inside[1:], len(lines) + 1], strict=True)] if lines else []


def _statements(code: str, lines: Sequence[str]) -> Iterable[int]:
    """The line that each top-level statement begins at, its decorators and the comment right above it included."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    if any(sign in code for sign in _OTHER_BREAKS):
        return
    for node in tree.body:
        start = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
        while start > 1 and lines[start - 2].startswith("#"):
            start -= 1
        yield start


def _packed(lines: Sequence[str], units: Sequence[Lines], cuts: set[int], limit: int, count: CountTokens) -> Iterator[Lines]:
    """Units in order, as many together as fit."""
    held: Lines | None = None
    for unit in units:
        if held and unit[0] not in cuts and _tokens(lines, (held[0], unit[1]), count) <= limit:
            held = (held[0], unit[1])
            continue
        if held:
            yield held
        *whole, held = [unit] if _tokens(lines, unit, count) <= limit else _by_lines(lines, unit, limit, count)
        yield from whole
    if held:
        yield held


def _by_lines(lines: Sequence[str], unit: Lines, limit: int, count: CountTokens) -> list[Lines]:
    """As many lines together as fit, at least one."""
    pieces: list[Lines] = []
    start, last = unit
    while start <= last:
        low, step = start, 1
        while low + step <= last and _tokens(lines, (start, low + step), count) <= limit:
            low, step = low + step, step * 2
        high = min(last, low + step - 1)
        while low < high:  # the longest piece that fits
            middle = (low + high + 1) // 2
            low, high = (middle, high) if _tokens(lines, (start, middle), count) <= limit else (low, middle - 1)
        pieces.append((start, low))
        start = low + 1
    return pieces


def _tokens(lines: Sequence[str], piece: Lines, count: CountTokens) -> int:
    return count("".join(lines[piece[0] - 1 : piece[1]]))


def _chunk(lines: Sequence[str], start: int, end: int, count: CountTokens) -> Chunk:
    text = "".join(lines[start - 1 : end])
    return Chunk(start, end, text, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), count(text))

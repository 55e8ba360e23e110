"""Marks what others wrote as data. The mark is made of that very data, so nothing in it can close what it stands in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

_DIGITS = 20


@dataclass(frozen=True)
class Piece:
    """Something that others wrote: ``kind`` and ``name`` (a path, a test) say what it is."""

    kind: str
    text: str
    name: str = ""


def mark_of(pieces: Sequence[Piece]) -> str:
    """No text holds its own digest, so nobody who wrote a piece could know the mark; and the same pieces have the same mark, so that
    the answer to a question that was asked before is found again."""
    digest = hashlib.sha256("\0".join(f"{each.kind}\1{each.name}\1{each.text}" for each in pieces).encode("utf-8", "surrogatepass"))
    mark = digest.hexdigest()[:_DIGITS]
    while any(mark in each.text or mark in each.name for each in pieces):
        digest.update(b"again")
        mark = digest.hexdigest()[:_DIGITS]
    return mark


def fenced(pieces: Sequence[Piece], mark: str) -> str:
    return "\n\n".join(_around(each, mark) for each in pieces)


def _around(piece: Piece, mark: str) -> str:
    name = f" {plain(piece.name)}" if piece.name else ""
    return f"[DATA {mark} {piece.kind}{name}]\n{piece.text.rstrip()}\n[END {mark}]"


def plain(text: str) -> str:
    """A name on one line, whatever it is made of."""
    return re.sub(r"[^\w./:\[\]<>=, -]", "?", text, flags=re.ASCII)[:300]

"""Pieces of a source text, and what is said of a piece in its place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chunk:
    """``text`` is lines ``start_line``..``end_line`` (from 1, both included); ``hash`` is its SHA-256."""

    start_line: int
    end_line: int
    text: str
    hash: str
    token_count: int


@dataclass(frozen=True)
class ChunkSummary:
    """``hash`` is that of the chunk it stands for."""

    start_line: int
    end_line: int
    hash: str
    summary: str


@dataclass(frozen=True)
class Region:
    """The lines of a file that a change is meant for, both included; ``function`` names what is there, where it is known."""

    start_line: int
    end_line: int
    function: str = ""

"""What keeps the summaries of code between runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from autosd.domain.chunks import Chunk, ChunkSummary


class SummaryCache(Protocol):
    """Whoever asks for the same at once waits for the first and gets its answer, over threads and processes.

    ``by`` names who summarises: another one's summaries are not taken for it. An empty summary is given back and not kept.
    """

    def summaries(
        self, path: Path, code: str, chunks: Sequence[Chunk], *, limit: int, by: str, summarise: Callable[[Chunk], str]
    ) -> tuple[ChunkSummary, ...]:
        """One for each of ``chunks``, into which ``code`` of ``path`` was cut at ``limit`` tokens."""
        ...

    def snippet(self, code: str, *, by: str, summarise: Callable[[str], str]) -> str:
        """The summary of a text that is no file's."""
        ...

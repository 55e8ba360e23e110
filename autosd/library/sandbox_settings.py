"""Guide S2's ``SandboxSettings``: its names for settings of this house, to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from autosd.library.house import settings_of
from autosd.settings import Settings, table


@dataclass(frozen=True)
class SandboxSettings:
    """Read when it is made: files and environment, as for a command."""

    settings: Settings = field(default_factory=settings_of)

    @property
    def codex_retry_delays(self) -> tuple[float, ...]:
        return self.settings[table.RETRY_DELAYS]

    @property
    def codex_fallback_strategy(self) -> str:
        return self.settings[table.FALLBACK_STRATEGY]

    @property
    def codex_fallback_model(self) -> str:
        return self.settings[table.FALLBACK_MODEL]

    @property
    def codex_retry_queue_path(self) -> Path:
        return self.settings[table.RETRY_QUEUE]

    @property
    def prompt_chunk_token_threshold(self) -> int:
        return self.settings[table.PROMPT_CHUNK_TOKENS]

    @property
    def chunk_summary_cache_dir(self) -> Path:
        return self.settings[table.CHUNK_CACHE]

"""The memory that the settings name, each file opened when it is asked for."""

from __future__ import annotations

from autosd.adapters.memory.code_db import CodeDB
from autosd.adapters.memory.event_memory import EventMemory
from autosd.adapters.memory.gpt_memory import GPTMemoryManager
from autosd.adapters.memory.lessons import LessonBook
from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.adapters.memory.shipped_weights import embedder_named
from autosd.settings import Settings, table


def open_memory(settings: Settings) -> GPTMemoryManager:
    """Exchanges with models."""
    return GPTMemoryManager(
        settings[table.MEMORY_FILE],
        embedder=embedder_named(settings[table.MEMORY_EMBEDDER]),
        retention=settings[table.MEMORY_RETENTION],
        compact_seconds=settings[table.MEMORY_COMPACT_SECONDS],
        known=settings.secrets,
    )


def lessons_in(memory: GPTMemoryManager, settings: Settings) -> LessonBook:
    """The lessons among them."""
    return LessonBook(memory, exploration=settings[table.MEMORY_EXPLORATION])


def open_patches(settings: Settings) -> PatchHistoryDB:
    """Every patch."""
    return PatchHistoryDB(settings[table.PATCH_HISTORY_FILE])


def open_code(settings: Settings, patches: PatchHistoryDB | None = None) -> CodeDB:
    """Pieces of code; with ``patches`` past success counts when they are searched."""
    return CodeDB(settings[table.CODE_FILE], patches=patches)


def open_events(settings: Settings) -> EventMemory:
    """What happened."""
    return EventMemory(settings.home / "events.db", most=settings[table.MAX_EVENTS], keep_seconds=settings[table.EVENT_SECONDS])

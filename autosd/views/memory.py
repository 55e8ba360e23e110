"""Exchanges that are remembered, as people and machines read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from autosd.domain.memories import Lesson, MemoryEntry
from autosd.views.proposals import plain


def entry_object(entry: MemoryEntry) -> dict[str, Any]:
    return plain(asdict(entry))  # type: ignore[no-any-return]


def lesson_object(lesson: Lesson, shown: int) -> dict[str, Any]:
    """An entry with how often it was shown, and how changes with it came out."""
    standing = {"shown": shown, "wins": lesson.wins, "losses": lesson.losses, "mean": round(lesson.mean, 3), "proven": lesson.proven}
    return {**entry_object(lesson.entry), **standing}


def entry_row(entry: MemoryEntry) -> tuple[str, ...]:
    prompt = " ".join(entry.prompt.split())
    return str(entry.id), f"{entry.ts:%Y-%m-%d %H:%M}", ",".join(entry.tags) or "-", prompt[:80] + ("…" if len(prompt) > 80 else "")


def lesson_lines(lesson: Lesson, shown: int) -> Iterator[str]:
    entry = lesson.entry
    yield f"{entry.id}: {entry.ts:%Y-%m-%d %H:%M} UTC, {', '.join(entry.tags) or 'no tags'}{' (a summary)' if entry.summary else ''}"
    if entry.alerts:
        yield f"  kept from models: {', '.join(entry.alerts)}"
    if shown:
        standing = "proven" if lesson.proven else "not proven"
        yield f"  shown in {shown} attempts: {lesson.wins} won, {lesson.losses} lost, mean {lesson.mean:.2f}, {standing}"
    yield from ("", entry.prompt, "", entry.response)

"""``refactor_worst_bot`` with the memory that the settings name: what ``autosd refactor-worst`` calls."""

from __future__ import annotations

from pathlib import Path

from autosd.adapters.memory.kept_values import MenaceMemoryManager
from autosd.adapters.memory.opening import open_code, open_memory
from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.app import App
from autosd.library.context import ContextBuilder
from autosd.library.engine import SelfCodingEngine
from autosd.library.patching import PatchResult
from autosd.ports import Progress
from autosd.settings import table


def rewritten_worst(app: App, history: PatchHistoryDB, root: Path, progress: Progress, *, write: bool) -> PatchResult | None:
    """None where no module stands out."""
    with (
        open_code(app.settings, history) as code,
        open_memory(app.settings) as memory,
        MenaceMemoryManager(app.settings.home / "values.db") as kept,
    ):
        builder = ContextBuilder(code_db=app.settings[table.CODE_FILE], root=root, patches=history)
        engine = SelfCodingEngine(
            code, kept, context_builder=builder, gpt_memory=memory, patch_db=history, root=root, house=app, progress=progress
        )  # fmt: skip
        return engine.refactor_worst_bot(None, root, write=write)

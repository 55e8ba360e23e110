"""What the engine asks a model with: who is asked, and what of project, history and memory is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from autosd.acts.changing import FixRequest
from autosd.acts.talks.talking import talk_for
from autosd.adapters.memory.code_db import CodeDB
from autosd.adapters.memory.gpt_memory import GPTMemoryManager
from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.app import App, open_shower
from autosd.coding.helper.parts import Parts
from autosd.domain.chunks import Region
from autosd.domain.errors import AutosdError
from autosd.domain.passages import Passage
from autosd.domain.patches import PatchRecord
from autosd.library.context import ContextBuilder, layout_of
from autosd.ports import Model, Talk

SUGGESTED, FEEDBACK, MOST_PROMPT = 3, 5, 400


@dataclass(frozen=True)
class Wanted:
    """One piece of work on one file."""

    root: Path
    path: str
    description: str
    region: Region | None = None
    error_log: str = ""
    strategy: str = ""


@dataclass(frozen=True)
class Gathering:
    """``client`` is a ``Talk`` or a ``Model``; None: the model that the settings name."""

    code_db: CodeDB
    context_builder: ContextBuilder
    gpt_memory: GPTMemoryManager | None
    client: Talk | Model | None

    def talk(self, app: App, request: FixRequest) -> Talk | None:
        """None where no model is configured."""
        client = self.client
        if client is not None and hasattr(client, "reply"):
            return cast("Talk", client)
        if client is not None:
            model = client
            app = replace(app, models=lambda _: model)
        try:
            return talk_for(app, request)
        except AutosdError as error:
            if error.code != "AUTOSD-MODEL-NONE":
                raise
            return None

    def parts(self, app: App, history: PatchHistoryDB, wanted: Wanted, root: Path, text: str) -> Parts:
        """``root`` is a copy of the project, ``text`` its target file."""
        region, place, shower = wanted.region, wanted.root / wanted.path, open_shower(app.settings)
        return Parts(
            snippets=tuple(self.code_db.suggest(wanted.description, SUGGESTED)),
            file_text=shower.file_context(place, text).text if text else "",
            region=region,
            region_text=shower.file_context(place, text, region=region).text if region else "",
            passages=tuple(self._passages(app, wanted, root)),
            layout=layout_of(root),
            strategy=wanted.strategy,
            error_log=wanted.error_log,
            history=tuple(map(_told, history.filter(filename=wanted.path, limit=FEEDBACK))) if wanted.path else (),
            memories=tuple(self._memories(wanted.description)),
        )

    def _passages(self, app: App, wanted: Wanted, root: Path) -> Sequence[Passage]:
        return self.context_builder.query(wanted.description, root=root, settings=app.settings, project=wanted.root)

    def _memories(self, description: str) -> Iterator[str]:
        for entry in self.gpt_memory.search_context(description, limit=3) if self.gpt_memory else ():
            yield f"{entry.prompt[:MOST_PROMPT]}\n{entry.response}"


def _told(patch: PatchRecord) -> str:
    """One line of feedback."""
    ended = "failed" if patch.reverted else "kept"
    return f"{ended}: {patch.description} (ROI {patch.roi_delta or 0.0:+.3g}){': ' + patch.reason if patch.reason else ''}"

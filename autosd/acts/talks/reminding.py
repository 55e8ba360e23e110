"""What earlier work taught, for a model that is about to do the like: only what proved useful, or is still being found out."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from autosd.acts.allowing.questions import project_key
from autosd.acts.changing import FixRequest
from autosd.adapters.memory.gpt_memory import ERROR_FIX, IMPROVEMENT_PATH
from autosd.adapters.memory.opening import lessons_in, open_memory, open_patches
from autosd.app import App
from autosd.coding.edit.coder import Reminders
from autosd.domain.errors import AutosdError
from autosd.domain.memories import project_tag
from autosd.ports import Task

logger = logging.getLogger(__name__)

LONGEST = 2000  # characters of one lesson
MOST = 2


def past_of(app: App, request: FixRequest) -> Callable[[], Mapping[str, float]]:
    """How earlier changes of the project's files went, for whoever looks for the place of the next one."""

    def kept() -> Mapping[str, float]:
        try:
            with closing(open_patches(app.settings)) as patches:
                return patches.kept_by_file(project_key(app, request.path))
        except (AutosdError, sqlite3.Error, OSError) as error:
            logger.warning("the patch history says nothing: %s", error)
            return {}

    return kept


def reminders_of(app: App, request: FixRequest, strategy: str) -> Reminders:
    """A memory that cannot be read reminds of nothing, and stops nothing."""

    def remind(task: Task, words: str) -> Sequence[str]:
        kind = ERROR_FIX if task.diagnosis.failing else IMPROVEMENT_PATH
        try:
            with closing(open_memory(app.settings)) as memory:
                lessons, attempt = lessons_in(memory, app.settings), task.snapshot.tree
                found = lessons.lessons_for(words, [kind, project_tag(project_key(app, request.path))], MOST, attempt=attempt)
                lessons.shown(found, attempt=attempt, strategy=strategy)
                return [each.entry.response[:LONGEST] for each in found]
        except (AutosdError, sqlite3.Error, OSError) as error:
            logger.warning("memory reminds of nothing: %s", error)
            return ()

    return remind

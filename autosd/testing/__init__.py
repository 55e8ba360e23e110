"""A test kit that is shipped: what tests of autosd, and of parts others add to it, need besides pytest."""

from __future__ import annotations

from autosd.testing.answers import Answer, Asked
from autosd.testing.doubles import FakeClock, RecordingProgress, ScriptedCoder, ScriptedModel
from autosd.testing.repositories import TinyRepository, folder_state, make_repository, write_files
from autosd.testing.serving import ModelServer

__all__ = [
    "Answer",
    "Asked",
    "FakeClock",
    "ModelServer",
    "RecordingProgress",
    "ScriptedCoder",
    "ScriptedModel",
    "TinyRepository",
    "folder_state",
    "make_repository",
    "write_files",
]

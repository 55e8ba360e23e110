"""A repository that autosd was told about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

#: What stands for every project where one is halted; no id and no absolute path can be spelled like this.
ALL_PROJECTS = "*"

_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Project:
    """``id`` is what people and grants name; ``path`` the folder."""

    id: str
    path: Path
    added_at: datetime
    test_command: str = ""
    tenant: str = "public"


def is_project_id(text: str) -> bool:
    """1 to 64 of letters, digits, dot, dash, underscore; neither first nor last may be one of the last three. Never a path."""
    return _ID.fullmatch(text) is not None and ".." not in text

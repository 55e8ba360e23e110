"""What can be asked for, by whom, and how risky it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """Everything autosd can be asked to do that has an effect. An action no rule names is refused."""

    BUILD = "build"  # work on a project: run its tests in the sandbox, look for a change
    ARTIFACT = "artifact"
    COMMIT = "commit"
    PUSH = "push"
    OPEN_PR = "open_pr"
    MERGE_PR = "merge_pr"
    WRITE = "write"
    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    PROMOTE = "promote"
    HEAL = "heal"
    SPEND = "spend"
    PUBLISH = "publish"  # to an app store


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Principal:
    """Who acts. ``attended`` is true for a person at a terminal, who acts on their own authority."""

    name: str
    attended: bool

"""Who asks for which action on what facts, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path


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


@dataclass(frozen=True)
class Facts:
    """All that rules may look at, frozen once per decision; the time is taken once."""

    action: Action | str
    principal: Principal
    project: str
    repo: Path
    now: datetime
    risk: Risk = Risk.LOW
    paths: tuple[str, ...] = ()  # both sides of renames, POSIX, relative to the project's root
    target: Path | None = None  # for ``write``: where
    halted: bool = False
    kill_switch: bool = False  # SELFCODING_ENABLED is explicitly off: stops everybody
    enabled: bool = False
    dry_run: bool = False
    allow_high_risk: bool = False
    allow_push: bool = False
    allow_pull_request: bool = False
    allow_direct_write: bool = False
    allowed_repos: tuple[Path, ...] = ()
    allowed_suffixes: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()  # glob patterns
    write_root: Path | None = None


@dataclass(frozen=True)
class Objection:
    """One rule's no: the rule's name, a stable code, the fact behind it, and what would lift it.

    ``detail`` is what the change's result carries after the colon (``risk_blocked:<detail>``).
    """

    code: str
    message: str
    remedy: str
    rule: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Decision:
    """What the guard answered: permitted when nothing objects."""

    id: str
    facts: Facts
    objections: tuple[Objection, ...]

    @property
    def permitted(self) -> bool:
        return not self.objections


@dataclass(frozen=True)
class Permit:
    """Leave for one action on one project, made by the guard alone and spent within its ``with`` block."""

    id: str
    action: Action
    project: str
    principal: Principal
    paths: tuple[str, ...] = ()

"""Who asks for which action on what facts, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autosd.domain.actions import Action, Principal, Risk
from autosd.domain.grants import Presented
from autosd.domain.policies import Policy

__all__ = ["Action", "Decision", "Facts", "NormalMode", "Objection", "Permit", "Principal", "Risk", "WriteCanary"]


@dataclass(frozen=True)
class NormalMode:
    """What S4's gate looks at before a run may really apply something; every other run is in safe mode."""

    executor: bool = True  # ENABLE_EXPERIMENT_EXECUTOR
    default_mode: str = "safe"  # EXECUTION_MODE_DEFAULT
    canary_enabled: bool = True  # ENABLE_NORMAL_MODE_CANARY
    real_apply: bool = False  # ENABLE_EXECUTOR_REAL_APPLY
    cooldown_until: datetime | None = None
    runs_last_hour: int = 0
    max_per_hour: int = 1
    allowed_risks: tuple[Risk, ...] = (Risk.LOW,)
    priority: float = 0.0
    min_priority: float = 0.9
    files: int = 0  # that the run would write
    max_files: int = 1  # EXECUTOR_REAL_APPLY_MAX_PATCHES: a patch is one file


@dataclass(frozen=True)
class WriteCanary:
    """S0's brake on direct writes: one of ``rate`` is drawn, and at most ``per_day`` happen (0: no brake). No draw: not drawn."""

    rate: int = 0  # CANARY_APPLY_RATE
    draw: float | None = None  # from 0 up to 1, drawn anew for every attempt
    per_day: int = 0  # CANARY_MAX_APPLIES_PER_DAY
    today: int = 0  # direct writes since midnight UTC


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
    # leave: what was asked for more exactly, what the layers of policy say, and the grant that was shown
    environment: str = ""  # dev | staging | prod, for what is done to one
    domain: str = ""  # of the project, as grants name it
    platform: str = ""  # what is deployed to
    purpose: str = ""
    scope: str = ""
    tenant: str = ""
    lines: int = 0  # added and removed by the change
    policy: Policy = field(default_factory=Policy)
    require_grant: bool = False  # asked for on the command line (--require-preauth)
    presented: Presented | None = None
    gates_passed: frozenset[str] = frozenset()
    canary: bool = False  # a deploy with a canary stage
    approvals_given: int = 0  # valid yeses to these very bytes
    self_change: bool = False  # touches what judges changes (guard, gates, policy, CI)
    normal_mode: NormalMode | None = None  # set when a run asks for S4's normal mode
    from_environment: str = ""  # of a promotion: where from
    switched_off: frozenset[str] = frozenset()  # names of settings that were explicitly set to off, which is more than unset
    require_approval: bool = False  # SELFCODING_REQUIRE_APPROVAL
    write_canary: WriteCanary = WriteCanary()
    patches_of_incident: int = 0  # for ``heal``: tried so far
    within: str = ""  # where ``repo`` lies in the project that governs it, when work is on a folder of it
    above: str = ""  # where that project lies in its checkout

    @property
    def root(self) -> Path:
        """The folder of the project that governs the work: ``repo``, or one above it."""
        return self.repo.parents[self.within.count("/")] if self.within else self.repo

    def in_project(self, path: str) -> str:
        """``path`` as the project spells it, whatever folder of it the work is on."""
        return f"{self.within}/{path}" if self.within else path

    def spellings(self, path: str) -> tuple[str, ...]:
        """``path`` from the folder, from the project and from the checkout: what is protected is so from each of them."""
        above = f"{self.above}/{self.in_project(path)}" if self.above else path
        return tuple(dict.fromkeys((path, self.in_project(path), above)))


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

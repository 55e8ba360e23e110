"""From settings and the question at hand to frozen facts. The file system is asked here, once; rules only look at the answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import autosd
from autosd.domain.decisions import Action, Facts, NormalMode, Principal, Risk, WriteCanary
from autosd.domain.policies import Policy
from autosd.governance.policy.layers import resolved_policy
from autosd.settings import Settings, table
from autosd.settings.sources import checkout_of


@dataclass(frozen=True)
class NormalRun:
    """What is known of a run that asks for S4's normal mode, and of those before it."""

    priority: float
    runs_last_hour: int = 0
    last_loss: datetime | None = None  # in normal mode
    files: int = 0  # that it would write


def build_facts(
    settings: Settings,
    action: Action | str,
    principal: Principal,
    project: str,
    repo: Path,
    now: datetime,
    *,
    project_root: Path | None = None,
    paths: Iterable[str] = (),
    target: Path | None = None,
    policy: Policy | None = None,
    write_draw: float | None = None,
    writes_today: int = 0,
    normal_run: NormalRun | None = None,
    **asked: Any,
) -> Facts:
    """The facts of one decision. ``repo`` is the folder of the work; links in it, the target and every root are resolved here.

    ``project_root`` is the folder of the project that governs it; left out, the checkout that it lies in.

    ``policy`` is what the layers meet in; left out, the files are read. ``asked`` are further facts by name (risk, halted,
    environment, purpose, scope, tenant, domain, platform, lines, presented, require_grant, gates_passed, canary, approvals_given,
    self_change ...). Raises ``AUTOSD-POLICY-INVALID`` when a layer of policy cannot be read: then nothing is permitted.
    """
    root = repo.resolve()
    within, above = place_in(project_root, root)
    governing = root.parents[within.count("/")] if within else root
    return Facts(
        action=action,
        principal=principal,
        project=project,
        repo=root,
        now=now,
        paths=tuple(paths),
        target=None if target is None else (root / target).resolve(),
        policy=policy or resolved_policy(settings.home, root, project, str(asked.get("tenant", "")), above=governing),
        within=within,
        above=above,
        write_canary=WriteCanary(settings[table.CANARY_RATE], write_draw, settings[table.CANARY_PER_DAY], writes_today),
        normal_mode=None if normal_run is None else _normal_mode(settings, normal_run),
        **_from_settings(settings, principal, root),
        **asked,
    )


def _from_settings(settings: Settings, principal: Principal, root: Path) -> dict[str, Any]:
    """What settings alone say."""
    enabled = settings[table.ENABLED]
    return {
        "kill_switch": enabled is False,
        "enabled": enabled is True,
        "dry_run": settings[table.DRY_RUN],
        "allow_high_risk": settings[table.ALLOW_HIGH_RISK],
        "allow_push": settings[table.PUSH] is True,
        "allow_pull_request": settings[table.PULL_REQUEST] is True,
        "allow_direct_write": settings[table.DIRECT_WRITE] is True,
        "switched_off": frozenset(row.name for row in (table.PUSH, table.PULL_REQUEST, table.DIRECT_WRITE) if settings[row] is False),
        "require_approval": settings[table.REQUIRE_APPROVAL],
        "allowed_repos": _allowed_repos(settings, principal, root),
        "allowed_suffixes": settings[table.ALLOWED_SUFFIXES],
        "protected": settings[table.PROTECTED_PATHS],
        "write_root": (root / settings[table.WRITE_ROOT]).resolve(),
    }


def _normal_mode(settings: Settings, run: NormalRun) -> NormalMode:
    cooldown = timedelta(seconds=settings[table.NORMAL_COOLDOWN])
    risks: tuple[str, ...] = settings[table.NORMAL_RISKS]
    return NormalMode(
        executor=settings[table.EXECUTOR],
        default_mode=settings[table.DEFAULT_MODE],
        canary_enabled=settings[table.NORMAL_CANARY],
        real_apply=settings[table.REAL_APPLY],
        cooldown_until=run.last_loss and run.last_loss + cooldown,
        runs_last_hour=run.runs_last_hour,
        max_per_hour=settings[table.NORMAL_PER_HOUR],
        allowed_risks=tuple(map(Risk, risks)),
        priority=run.priority,
        min_priority=settings[table.NORMAL_PRIORITY],
        files=run.files,
        max_files=settings[table.REAL_APPLY_PATCHES],
    )


def _allowed_repos(settings: Settings, principal: Principal, repo: Path) -> tuple[Path, ...]:
    """Unset: a person's own word is enough for the repository they name; unattended work has only autosd's own checkout."""
    listed = settings[table.ALLOWED_REPOS]
    if listed:
        return tuple(path.resolve() for path in listed)
    return (repo,) if principal.attended else own_checkout()


def place_in(project_root: Path | None, folder: Path) -> tuple[str, str]:
    """Where ``folder`` lies in the project that governs it, and where that one lies in its checkout. Both may be empty."""
    folder = folder.resolve()
    top = checkout_of(folder)
    governing = project_root.resolve() if project_root else top
    return _below(governing, folder), _below(top, governing)


def _below(top: Path, folder: Path) -> str:
    return folder.relative_to(top).as_posix() if folder != top and folder.is_relative_to(top) else ""


def own_checkout() -> tuple[Path, ...]:
    """The checkout that autosd runs from; nothing when it was installed as a package."""
    root = Path(autosd.__file__).resolve().parent.parent
    return (root,) if (root / ".git").exists() and (root / "pyproject.toml").exists() else ()

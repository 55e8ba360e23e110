"""From settings and the question at hand to frozen facts. The file system is asked here, once; rules only look at the answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import autosd
from autosd.domain.decisions import Action, Facts, Principal, Risk
from autosd.settings import Settings, table


def build_facts(
    settings: Settings,
    action: Action | str,
    principal: Principal,
    project: str,
    repo: Path,
    now: datetime,
    *,
    risk: Risk = Risk.LOW,
    paths: Iterable[str] = (),
    target: Path | None = None,
    halted: bool = False,
) -> Facts:
    """The facts of one decision. ``repo`` is the project's folder; links in it, the target and every root are resolved here."""
    root = repo.resolve()
    enabled = settings[table.ENABLED]
    return Facts(
        action=action,
        principal=principal,
        project=project,
        repo=root,
        now=now,
        risk=risk,
        paths=tuple(paths),
        target=None if target is None else (root / target).resolve(),
        halted=halted,
        kill_switch=enabled is False,
        enabled=enabled is True,
        dry_run=settings[table.DRY_RUN],
        allow_high_risk=settings[table.ALLOW_HIGH_RISK],
        allow_push=settings[table.PUSH],
        allow_pull_request=settings[table.PULL_REQUEST],
        allow_direct_write=settings[table.DIRECT_WRITE],
        allowed_repos=_allowed_repos(settings, principal, root),
        allowed_suffixes=settings[table.ALLOWED_SUFFIXES],
        protected=settings[table.PROTECTED_PATHS],
        write_root=(root / settings[table.WRITE_ROOT]).resolve(),
    )


def _allowed_repos(settings: Settings, principal: Principal, repo: Path) -> tuple[Path, ...]:
    """Unset: a person's own word is enough for the repository they name; unattended work has only autosd's own checkout."""
    listed = settings[table.ALLOWED_REPOS]
    if listed:
        return tuple(path.resolve() for path in listed)
    return (repo,) if principal.attended else own_checkout()


def own_checkout() -> tuple[Path, ...]:
    """The checkout that autosd runs from; nothing when it was installed as a package."""
    root = Path(autosd.__file__).resolve().parent.parent
    return (root,) if (root / ".git").exists() and (root / "pyproject.toml").exists() else ()

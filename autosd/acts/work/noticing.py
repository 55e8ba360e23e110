"""Notices that the files which decide what is allowed were changed since autosd last looked, and says so in the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from autosd.adapters.private_files import write_private
from autosd.ports import AuditLog
from autosd.settings import FILE_NAME, Settings, table

SEEN = "settings.seen.json"


def record_changed_settings(settings: Settings, audit: AuditLog, now: datetime) -> None:
    """One entry for all files that changed: their names and digests, never their content."""
    file, found = settings.home / SEEN, _digests(settings)
    before = _seen(file)
    if found == before:
        return
    changed = sorted(name for name in {*found, *before} if found.get(name) != before.get(name))
    details = {"files": {name: {"before": before.get(name), "after": found.get(name)} for name in changed}}
    audit.append("setting_changed", {"action": "settings", "details": details}, now)
    write_private(file, json.dumps(found, sort_keys=True).encode())


def _digests(settings: Settings) -> dict[str, str]:
    home = settings.home
    files = [home / FILE_NAME, home / "policy.toml", settings[table.APPROVERS]]
    for pattern in ("tenants/*/policy.toml", "projects/*/policy.toml", "policy.d/*.cedar"):
        files += home.glob(pattern)
    return {_name(file, home): digest for file in files if (digest := _digest(file))}


def _name(file: Path, home: Path) -> str:
    return file.relative_to(home).as_posix() if file.is_relative_to(home) else str(file)


def _digest(file: Path) -> str | None:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None


def _seen(file: Path) -> Mapping[str, str]:
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}

"""Turns a ``Command`` into the plan that the launcher carries out. Pure but for looking at the host's paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autosd.adapters.sandbox import layout
from autosd.domain.sandboxing import Access, Command, Limits, Mount

MIB = 1 << 20
STAGE = "/tmp"  # noqa: S108  where staging.py builds, out of the host's sight
ISOLATION = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
    *("--clearenv", "--hostname", "sandbox"),
)
LEAST_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108


def bubblewrap_plan(command: Command, bwrap: str, tools: dict[str, str]) -> dict[str, Any]:
    mounts = layout.ordered(command.mounts)
    files, folders = layout.etc()
    return {
        "level": "bubblewrap",
        "bwrap": bwrap,
        "tools": tools,
        "argv": list(command.argv),
        "words": _words(command, mounts, folders),
        "etc_copied": files,
        "etc_shown": folders,
        "mounts": [told(mount) for mount in mounts],
        "limits": limits_told(command.limits),
    }


def told(mount: Mount) -> dict[str, Any]:
    return {"path": str(mount.path), "access": mount.access.value, "file": not mount.path.is_dir()}


def limits_told(limits: Limits) -> dict[str, Any]:
    return {
        "wall": limits.wall_seconds,
        "cpu": limits.cpu_seconds,
        "memory": limits.memory_mb * MIB,
        "processes": limits.processes,
        "files": limits.open_files,
        "file": limits.file_mb * MIB,
        "disk": limits.disk_mb,
    }


def _words(command: Command, mounts: list[Mount], etc: list[str]) -> list[str]:
    """Bubblewrap's arguments, except the program: later ones lie on top of earlier ones."""
    words = [*ISOLATION, *layout.system_args(), "--ro-bind", f"{STAGE}/etc", "/etc"]
    for name in etc:
        words += ["--ro-bind", f"/etc/{name}", f"/etc/{name}"]
    words += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"]  # else real root could write core_pattern
    words += ["--dev", "/dev", "--bind", f"{STAGE}/room/shm", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108
    words += ["--bind", f"{STAGE}/room/tmp", "/tmp"]  # noqa: S108
    for index, mount in enumerate(mounts):
        words += ["--ro-bind" if mount.access is Access.READ else "--bind", f"{STAGE}/m{index}", str(mount.path)]
    for name, value in {**LEAST_ENV, **command.env}.items():
        words += ["--setenv", name, value]
    return [*words, "--remount-ro", "/", "--chdir", str(Path(command.cwd))]

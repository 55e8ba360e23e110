"""What this machine offers, part by part, each absence with its named cause: the read model of ``autosd doctor``."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

OLDEST_GIT = (2, 25)
_ROOM = 200 * 2**20  # bytes that a run may need for worktrees and caches


class State(StrEnum):
    OK = "ok"
    MISSING = "missing"  # autosd works without it, but does less
    FAIL = "fail"  # ``autosd fix`` cannot work here


@dataclass(frozen=True)
class Check:
    """One part of the machine: what was found, and what would make it better."""

    name: str
    state: State
    detail: str
    remedy: str = ""


def git_check() -> Check:
    """Git is what worktrees and diffs are made with."""
    said = _first_line("git", "--version")
    if not said:
        return Check("git", State.FAIL, "no git command on PATH", "Install git.")
    version = tuple(int(part) for part in said.split()[2].split(".")[:2] if part.isdigit())
    if version < OLDEST_GIT:
        return Check("git", State.FAIL, f"{said} is too old", f"Install git {'.'.join(map(str, OLDEST_GIT))} or newer.")
    return Check("git", State.OK, said)


def python_checks() -> Iterator[Check]:
    """The interpreter autosd runs under, and others that a project may name."""
    own = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", State.OK, f"{own} {sys.executable}")
    found = {name: shutil.which(name) for name in (f"python3.{minor}" for minor in range(9, 15))}
    others = [f"{name} {path}" for name, path in found.items() if path]
    yield Check("pythons", State.OK, "\n".join(others) or "no other on PATH")


def tool_checks() -> Iterator[Check]:
    yield _package("pytest", State.FAIL, "runs projects that bring no pytest of their own", "pip install pytest")
    ruff = _first_line("ruff", "--version") or ("ruff (package)" if find_spec("ruff") else "")
    if ruff:
        yield Check("ruff", State.OK, ruff)
    else:
        yield Check("ruff", State.MISSING, "the static gate falls back to its own list", "pip install ruff")
    node = _first_line("node", "--version")
    yield Check("node", State.OK, node) if node else Check("node", State.MISSING, "no JavaScript projects", "Install node 20 or newer.")


def home_check(home: Path) -> Check:
    """The home holds keys and the record: it must be ours, private and writable, with room for worktrees."""
    existing = next(each for each in (home, *home.parents) if each.exists())
    if not os.access(existing, os.W_OK):
        return Check("home", State.FAIL, f"{home}: {existing} is not writable", "Set AUTOSD_HOME to a folder of yours.")
    if shutil.disk_usage(existing).free < _ROOM:
        return Check("home", State.FAIL, f"{home}: the disk is nearly full", "Free some space, or set AUTOSD_HOME elsewhere.")
    if not home.exists():
        return Check("home", State.OK, f"{home} (made at first use)")
    found = home.stat()
    if found.st_uid != os.geteuid() and os.geteuid() != 0:
        return Check("home", State.FAIL, f"{home} belongs to another user", "Set AUTOSD_HOME to a folder of yours.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Check("home", State.MISSING, f"{home} can be read by others (mode {stat.S_IMODE(found.st_mode):o})", f"chmod 700 {home}")
    return Check("home", State.OK, f"{home}, private")


def attempted(name: str, state: State, check: Callable[[], Check], remedy: str) -> Check:
    """``check()``, or the named cause when the part is so broken that looking at it fails."""
    try:
        return check()
    except Exception as error:  # a doctor reports what he finds, whatever it is
        return Check(name, state, f"{type(error).__name__}: {' '.join(str(error).split())}", remedy)


def _package(name: str, state: State, without: str, remedy: str) -> Check:
    try:
        return Check(name, State.OK, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, state, f"not installed; it {without}", remedy)


def _first_line(*argv: str) -> str:
    if shutil.which(argv[0]) is None:
        return ""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stdout or done.stderr).strip().partition("\n")[0]

"""What is run in isolation, under which limits, and what protection it really had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """Upper bounds of one sandboxed run; every one is enforced, none is advice."""

    wall_seconds: float = 120.0
    cpu_seconds: float = 120.0
    memory_mb: int = 2048
    processes: int = 128
    open_files: int = 512
    file_mb: int = 256
    disk_mb: int = 512
    output_bytes: int = 4_000_000


class Access(StrEnum):
    """How a host path is seen inside the sandbox, at the same path."""

    READ = "read"
    WRITE = "write"
    SCRATCH = "scratch"  # writable inside; every change is thrown away when the run ends


@dataclass(frozen=True)
class Mount:
    path: Path
    access: Access = Access.READ


@dataclass(frozen=True)
class Command:
    """One program to run in isolation. ``env`` is the whole environment: nothing is inherited."""

    argv: tuple[str, ...]
    cwd: Path
    mounts: tuple[Mount, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    stdin: bytes = b""


class Ending(StrEnum):
    """Why a sandboxed process stopped."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"  # it flooded its output and was stopped at the cap
    FAILED = "failed"  # the sandbox itself could not start it


@dataclass(frozen=True)
class Completed:
    """How a sandboxed run ended. ``exit_code`` is negative for a signal, as in ``subprocess``."""

    exit_code: int
    ending: Ending
    stdout: bytes
    stderr: bytes
    seconds: float


@dataclass(frozen=True)
class Missing:
    """A protection that this host does not offer, and the named cause."""

    part: str
    cause: str


@dataclass(frozen=True)
class SandboxReport:
    """Which rung of the ladder is in force: ``bubblewrap``, ``landlock`` or ``none``; and what it lacks."""

    level: str
    missing: tuple[Missing, ...] = ()
    parts: tuple[str, ...] = ()

"""What the road needs of the world: git, sandbox, toolchains, coders, the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from autosd.domain.changes import Candidate, Change, RunSummary
from autosd.domain.decisions import Permit
from autosd.domain.provenance import CommitRead, FileChange
from autosd.domain.sandboxing import Command, Completed, Mount, SandboxReport
from autosd.domain.suites import Diagnosis


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...


class Progress(Protocol):
    """Tells a person what is happening; never decides anything. A ``Progress`` that drops all is valid."""

    def step(self, name: str, detail: str = "") -> None:
        """A new phase of the road began."""
        ...

    def update(self, *, done: int = 0, per_second: float = 0.0, seconds_left: float | None = None, detail: str = "") -> None:
        """The running phase went on: candidates done so far, their rate, time left."""
        ...


class Session(Protocol):
    """A long-lived sandboxed process that speaks JSON lines. What it says is untrusted data."""

    def send(self, message: Mapping[str, Any]) -> None: ...

    def receive(self, timeout: float) -> dict[str, Any]:
        """The next message. Raises ``SessionLost`` when the process ended, flooded, or ``timeout`` seconds passed."""
        ...

    def close(self) -> None: ...


class SessionLost(Exception):
    """The sandboxed process is gone; ``str()`` names the cause (timeout, memory, output, exit code)."""


class Sandbox(Protocol):
    """Runs commands in isolation. Refuses (``AUTOSD-SANDBOX-UNAVAILABLE``) rather than step down silently."""

    def report(self) -> SandboxReport: ...

    def run(self, command: Command) -> Completed: ...

    def session(self, command: Command) -> AbstractContextManager[Session]:
        """Start ``command`` with JSON lines on its stdin and stdout; killed with all its children on exit."""
        ...


@dataclass(frozen=True)
class Snapshot:
    """A base: the committed and (unless ``clean``) uncommitted state of a project, held in a store of our own.

    ``head`` is the user's commit (None outside git); ``tree`` is the git tree that work starts from; ``root`` is the
    project's folder inside our worktree ``top`` (they differ when the project is a subfolder of its repository).
    """

    id: str
    source: Path
    head: str | None
    tree: str
    top: Path
    root: Path
    dirty: bool
    notes: tuple[str, ...] = ()  # what people should know: files left out, ignored files that the tests may see


@dataclass(frozen=True)
class Hunk:
    """A piece of history: ``old`` became ``new`` (both with some lines around) in ``path``, ``age`` changes ago (0: the last one)."""

    path: str  # in the project
    old: str
    new: str
    age: int = 0


@dataclass(frozen=True)
class Commit:
    """One step of the base's first-parent history; ``parent`` is None for the very first."""

    sha: str
    parent: str | None
    subject: str
    author_date: datetime


@dataclass(frozen=True)
class Changed:
    """What became of one text file of the project between two trees. ``old`` is None where it was new, ``new`` where it went.

    ``before`` differs from ``path`` for a file that was moved; ``now`` is where it stands in the base (None: nowhere).
    """

    path: str
    before: str
    old: str | None
    new: str | None
    now: str | None


@dataclass(frozen=True)
class Landed:
    """Where a commit's change is on a branch: itself, or another commit with the same patch; ``taken_back_by`` undid it since."""

    sha: str
    parent: str
    taken_back_by: str = ""


class Repository(Protocol):
    """Git, without the user's hooks, filters or configuration, and never in the user's working tree."""

    def snapshot(self, path: Path, *, clean: bool, at: str = "", ignored: bool = True) -> AbstractContextManager[Snapshot]:
        """Take the base of ``path`` into a worktree of our own; removed on exit, also what a killed run left.

        ``at`` names a branch whose commit is the base instead of what is checked out (with ``clean`` only). ``ignored`` off leaves out
        also those files that git ignores and tests may need.
        """
        ...

    def diff(self, snapshot: Snapshot, files: Mapping[str, str | None]) -> str:
        """The unified diff (git's, no renames, paths relative to the repository) of ``files`` written over the base."""
        ...

    def apply(self, snapshot: Snapshot, files: Mapping[str, str | None]) -> AbstractContextManager[Path]:
        """A second worktree: the base with ``files`` written over it; yields the project's root in it."""
        ...

    def commit(self, permit: Permit, snapshot: Snapshot, files: Mapping[str, str | None], *, branch: str, message: str) -> str:
        """Commit ``files`` over the user's HEAD on ``branch`` in the user's repository, whose tree and HEAD stay as they are.

        Returns the sha. Safe to repeat: the same content on an existing ``branch`` returns the existing commit.
        """
        ...

    def planned(self, snapshot: Snapshot, files: Mapping[str, str | None], *, over_head: bool) -> tuple[FileChange, ...]:
        """What ``files`` change, byte for byte: of the user's HEAD, as a commit would; or of the base."""
        ...

    def first_commit(self, snapshot: Snapshot) -> str:
        """What the user's HEAD began with, by first parents: every full clone has it. Empty without a HEAD."""
        ...

    def read_commit(self, path: Path, name: str) -> CommitRead:
        """A commit of the project by any name git has for it. Raises ``AUTOSD-COMMIT-UNKNOWN``."""
        ...

    def descends(self, path: Path, sha: str, ancestor: str) -> bool | None:
        """Whether ``sha`` comes from ``ancestor``; None where this clone's history was cut off."""
        ...

    def note(self, path: Path, sha: str) -> bytes | None:
        """What autosd kept beside a commit in the project's own repository."""
        ...

    def ensure_note(self, permit: Permit, path: Path, sha: str, data: bytes) -> None:
        """Keep ``data`` beside a commit, under ``refs/notes/autosd``. Safe to repeat; nothing else of the repository is touched."""
        ...

    def tip(self, snapshot: Snapshot, branch: str) -> str | None:
        """The commit that ``branch`` of the user's repository is at now; None when there is no such branch."""
        ...

    def has_branch(self, path: Path, branch: str) -> bool:
        """Whether the project has it, of its own or of ``origin``."""
        ...

    def landed(self, path: Path, commit: str, branch: str) -> Landed | None:
        """What became of ``commit`` on ``branch`` (the project's own, and that of ``origin`` as last fetched; empty: what is checked
        out). None while neither has it."""
        ...

    def push(self, permit: Permit, path: Path, branch: str, sha: str, *, seconds: float) -> str:
        """Bring ``sha`` to ``branch`` of the project's ``origin``, whose name for people is returned. There already: nothing happens.

        Raises ``AUTOSD-PUSH-FOREIGN`` when the branch there has commits that are not ours, and ``AUTOSD-PUSH-FAILED``.
        """
        ...

    def history(self, snapshot: Snapshot, *, paths: Sequence[str] = (), limit: int = 50) -> tuple[Hunk, ...]:
        """What uncommitted work and the last ``limit`` commits changed in ``paths`` (none: all Python files), newest first."""
        ...

    def commits(self, snapshot: Snapshot, *, limit: int = 50) -> tuple[Commit, ...]:
        """The user's HEAD and what came before it, by first parents, newest first; nothing outside git."""
        ...

    def at(self, snapshot: Snapshot, tree: str, files: Mapping[str, str | None] | None = None) -> AbstractContextManager[Path]:
        """A worktree of another commit (or tree) of the same repository, ``files`` written over it; yields the project's root in it."""
        ...

    def changed(self, snapshot: Snapshot, before: str | None, after: str) -> tuple[Changed, ...]:
        """The text files that differ between two commits or trees (before: None is the empty one), moves found."""
        ...


@dataclass(frozen=True)
class SubjectEnv:
    """How to run a project's own Python: interpreter, what must be visible to it, and its environment variables."""

    python: Path
    mounts: tuple[Mount, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    version: tuple[int, int] = (0, 0)
    origin: str = ""  # "own venv", "built", "given", "autosd": shown to people

    def moved(self, root: Path, target: Path) -> SubjectEnv:
        """The same for another tree of the project: what named ``root`` (PYTHONPATH, say) names ``target``."""

        def rename(part: str) -> str:
            inside = part == str(root) or part.startswith(f"{root}/")
            return str(target) + part[len(str(root)) :] if inside else part

        env = {name: ":".join(map(rename, value.split(":"))) for name, value in self.env.items()}
        return replace(self, env=env)


class Toolchain(Protocol):
    def prepare(self, snapshot: Snapshot, *, python: Path | None) -> SubjectEnv:
        """The environment of the project's tests. Raises ``AUTOSD-ENV-BUILD-FAILED`` / ``AUTOSD-PYTHON-INVALID``."""
        ...

    def require(self, python: Path) -> None:
        """Raises ``AUTOSD-PYTHON-INVALID`` for what is no interpreter of use: told before any work."""
        ...


@dataclass(frozen=True)
class Task:
    """What a coder works on: the base, how to run its tests there, and which ones fail."""

    snapshot: Snapshot
    env: SubjectEnv
    diagnosis: Diagnosis
    seconds: float  # wall budget of the whole search
    seed: int
    workers: int = 2
    runner: str = "pytest"  # or "unittest", "command"
    test_args: tuple[str, ...] = ()  # the runner's words; for "command" the whole line
    test_env: Mapping[str, str] = field(default_factory=dict)  # what stood before the command
    history: tuple[Hunk, ...] = ()  # recent changes of the project, newest first


class Coder(Protocol):
    """A strategy: turns a task into candidates, best first, each with its cost."""

    @property
    def name(self) -> str: ...

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]: ...


class Store(Protocol):
    """The durable record of attempts. One transaction a call."""

    def add_change(self, change: Change) -> None:
        """Append. Raises ``AUTOSD-STORE-CONFLICT`` when another change has this id *and* another content."""
        ...

    def changes(self, project: str | None = None, *, limit: int = 50) -> Sequence[Change]: ...

    def change(self, id: str) -> Change | None: ...

    def halted(self, project: str) -> bool: ...

    def set_halted(self, project: str, halted: bool, *, reason: str, at: datetime) -> None: ...

    def add_summary(self, summary: RunSummary) -> None:
        """Append; the same id and content again is no error, as with changes."""
        ...

    def summary(self, id: str) -> RunSummary | None: ...

    def summaries(self, project: str | None = None, *, change: str | None = None, limit: int = 50) -> Sequence[RunSummary]:
        """The newest first; with ``change`` the runs that made this change, or found it made."""
        ...

    def close(self) -> None: ...

"""Environments that live for one block (guide S2): a copy of a working tree with what it needs, and a way to run programs in it.

The copy holds uncommitted work and nothing that is ignored; the interpreter is the project's own, or one that is built once for the
same requirements and only read. Every program runs in the sandbox. When the block ends nothing is left; what a killed one left, the next
one removes.
"""

from __future__ import annotations

import logging
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from autosd.acts.allowing.questions import Asker, question
from autosd.app import App
from autosd.domain.actions import Action
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Command, Completed, Ending, Limits, Mount
from autosd.ports import Sandbox, Snapshot, SubjectEnv
from autosd.settings import table

logger = logging.getLogger(__name__)

#: Words that a program's end carries on stderr when it was not the program's own.
_STOPPED = {
    Ending.MEMORY: "stopped: it took more memory than sandbox.memory_mb allows",
    Ending.OUTPUT: "stopped: it wrote more output than sandbox.output_bytes allows",
}


@dataclass(frozen=True)
class Run:
    """Runs programs in the copy as ``subprocess.run`` would, in the sandbox: text in, text out, nothing of this process's environment."""

    sandbox: Sandbox
    env: SubjectEnv
    repo: Path
    limits: Limits
    startup_ms: int = 0

    def __call__(
        self,
        cmd: Sequence[str | Path],
        *,
        check: bool = False,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        input: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Raises ``CalledProcessError`` (with ``check``) and ``TimeoutExpired`` as ``subprocess.run`` does."""
        words = self._words(cmd)
        seconds = self.limits.wall_seconds if timeout is None else timeout
        limits = replace(self.limits, wall_seconds=seconds, cpu_seconds=max(seconds, 1.0))
        mounts = (*self.env.mounts, Mount(self.repo, Access.WRITE))
        done = self.sandbox.run(Command(words, self.repo, mounts, {**self.env.env, **(env or {})}, limits, input.encode()))
        return self._told(words, done, seconds, check)

    def _words(self, cmd: Sequence[str | Path]) -> tuple[str, ...]:
        """The interpreter of the environment, whatever name is said for it; pytest also where it is only lent."""
        if isinstance(cmd, str) or not cmd:
            message = "A program is a list of words, such as ['pytest', '-q']."
            raise AutosdError("AUTOSD-RUN-WORDS", message, "Split it: a shell is a word like any other (['sh', '-c', ...]).")
        first, *rest = map(str, cmd)
        if first in ("python", "python3"):
            return (str(self.env.python), *rest)
        if first in ("pytest", "py.test"):
            return (str(self.env.python), "-m", "pytest", *rest)
        return (first, *rest)

    def _told(self, words: tuple[str, ...], done: Completed, seconds: float, check: bool) -> subprocess.CompletedProcess[str]:
        out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        if done.ending is Ending.TIMEOUT:
            raise subprocess.TimeoutExpired(list(words), seconds, done.stdout, done.stderr)
        if done.ending is Ending.FAILED:
            message = f"{words[0]} could not be started: {err.strip()[-300:]}"
            raise AutosdError("AUTOSD-RUN-FAILED", message, "Name a program that the environment has.", exit_code=1)
        if done.ending in _STOPPED:
            err += f"autosd: {_STOPPED[done.ending]}\n"
        if check and done.exit_code:
            raise subprocess.CalledProcessError(done.exit_code, list(words), out, err)
        return subprocess.CompletedProcess(list(words), done.exit_code, out, err)


class EphemeralEnv(NamedTuple):
    """The guide's ``(repo, run)``; the interpreter, and how long it took to be ready, are asked for by name."""

    repo: Path
    run: Run

    @property
    def python(self) -> Path:
        return self.run.env.python

    @property
    def origin(self) -> str:
        """Where the interpreter comes from: ``own venv``, ``built``, ``given``, ``autosd``, ``docker``."""
        return self.run.env.origin

    @property
    def startup_ms(self) -> int:
        return self.run.startup_ms


@contextmanager
def ephemeral_env(
    app: App, asker: Asker, *, python: Path | None = None, ignored: bool = False, clean: bool = False
) -> Iterator[EphemeralEnv]:
    """Raises ``Refused``, ``AUTOSD-ENV-BUILD-FAILED`` when the requirements cannot be installed, ``AUTOSD-DOCKER-UNAVAILABLE``."""
    began = time.monotonic()
    with app.guard.permit(question(app, asker, Action.BUILD)), app.repository.snapshot(asker.path, clean=clean, ignored=ignored) as copy:
        sandbox, env = _prepared(app, copy, python)
        took = int(1000 * (time.monotonic() - began))
        logger.info("ephemeral environment of %s is ready: startup_ms=%d origin=%s", asker.path, took, env.origin)
        limits = replace(app.settings.limits, wall_seconds=app.settings[table.TEST_TIMEOUT])
        yield EphemeralEnv(copy.root, Run(sandbox, env, copy.root, limits, took))


def _prepared(app: App, copy: Snapshot, python: Path | None) -> tuple[Sandbox, SubjectEnv]:
    """The interpreter and where it runs; a failed installation is told in the log, and raised as what it is."""
    try:
        if app.settings[table.SANDBOX_BACKEND] == "docker":
            from autosd.adapters.docker import DockerEngine

            return DockerEngine(app.settings[table.ENV_BUILD_SECONDS]).prepared(copy.root, app.settings[table.SANDBOX_DOCKER_IMAGE])
        return app.sandbox, app.toolchain.prepare(copy, python=python or app.settings[table.FIX_PYTHON])
    except AutosdError as error:
        logger.error("ephemeral environment of %s: [%s] %s", copy.source, error.code, error.message)
        raise

"""Builds an environment from a project's requirements, once for each content; wheels only, so nothing of it is run."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autosd.adapters.toolchains.interpreters import Interpreter, environment
from autosd.adapters.toolchains.requirements import Requirements
from autosd.domain.errors import AutosdError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Written last: an environment without it was left half-built.
_COMPLETE = ".autosd-complete"

#: Seconds for which a failed build is not tried again where it can be done without.
_FAILURE_COUNTS = 900.0

_QUIET = ("--quiet", "--no-input", "--disable-pip-version-check", "--retries", "1", "--timeout", "15")
_INSTALL = ("install", *_QUIET, "--only-binary", ":all:")

#: What pip may know of the user's machine: where packages come from and how to reach it.
_PASSED_ON = re.compile(
    r"HOME|PATH|PIP_.*|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|XDG_(CONFIG|CACHE)_HOME|NETRC", re.I
)


@dataclass(frozen=True)
class Builder:
    """Keeps built environments under ``home/envs``; each gets ``seconds`` to be built."""

    home: Path
    seconds: float

    def ensure(self, base: Interpreter, needed: Requirements, *, patient: bool = True) -> Interpreter:
        """The environment with ``needed`` in it. Raises ``AUTOSD-ENV-BUILD-FAILED``.

        With ``patient`` off a failure of the last minutes counts still: who can do without does not wait for it at every run.
        """
        lines = sorted({*needed.all, "pytest"} if not any(_names_pytest(line) for line in needed.all) else set(needed.all))
        key = repr((base.version, str(Path(sys.base_prefix)), lines))
        folder = self.home / "envs" / hashlib.sha256(key.encode()).hexdigest()[:20]
        if not (folder / _COMPLETE).is_file():
            failed = folder.with_name(folder.name + ".failed")
            if not patient and failed.is_file() and time.time() - failed.stat().st_mtime < _FAILURE_COUNTS:
                raise _failed("it failed a moment ago")
            try:
                self._build_alone(folder, lines)
            except AutosdError:
                failed.touch()
                raise
            failed.unlink(missing_ok=True)
        found = environment(folder)
        if found is None:
            raise _failed("the environment that was built does not start")
        return found

    def _build_alone(self, folder: Path, lines: Sequence[str]) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        deadline = time.monotonic() + self.seconds
        with _lock(folder.with_name(folder.name + ".lock"), deadline):
            if (folder / _COMPLETE).is_file():
                return  # another run built it while we waited
            shutil.rmtree(folder, ignore_errors=True)
            try:
                self._build(folder, lines, deadline)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise

    def _build(self, folder: Path, lines: Sequence[str], deadline: float) -> None:
        has_pip = importlib.util.find_spec("pip") is not None
        _run([sys.executable, "-I", "-m", "venv", *(["--without-pip"] if has_pip else []), str(folder)], folder.parent, deadline)
        wanted = folder / "requirements.txt"
        wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
        python = str(folder / "bin" / "python")
        pip = [sys.executable, "-m", "pip", "--python", python] if has_pip else [python, "-m", "pip"]
        _run([*pip, *_INSTALL, "-r", str(wanted)], folder.parent, deadline)
        draft = folder / (_COMPLETE + ".tmp")
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
        draft.rename(folder / _COMPLETE)


def _run(argv: list[str], cwd: Path, deadline: float) -> None:
    env = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    env |= {"LC_ALL": "C.UTF-8", "PIP_NO_INPUT": "1", "PYTHONNOUSERSITE": "1"}
    try:
        done = subprocess.run(
            argv, cwd=cwd, env=env, capture_output=True, stdin=subprocess.DEVNULL, timeout=max(0.05, deadline - time.monotonic())
        )
    except subprocess.TimeoutExpired as error:
        raise _failed("it took too long") from error
    if done.returncode:
        raise _failed(_telling(done.stderr.decode(errors="replace")))


def _telling(text: str) -> str:
    """The line of pip's output that says most; what might be an address with a password in it is cut."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    line = (errors or lines or ["no message"])[-1]
    return re.sub(r"://[^/@\s]*@", "://", line)[:300]


def _failed(why: str) -> AutosdError:
    return AutosdError(
        "AUTOSD-ENV-BUILD-FAILED",
        f"The project's requirements could not be installed: {why}",
        "Create a .venv in the project with what its tests need, or name an interpreter with --python PATH.",
        exit_code=1,
    )


def _names_pytest(line: str) -> bool:
    return re.match(r"pytest\b(?!-)", line) is not None


@contextmanager
def _lock(file: Path, deadline: float) -> Iterator[None]:
    """One builder at a time; waits for a living one, never for a killed one."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > deadline:
                raise _failed("another run is still building it")
            time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)

"""Containers of a Docker engine (guide S2): an image for each set of requirements, a container without a network for each program.

The engine is asked by its own command. What is installed stands in the image, so it is there for every program that is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from autosd.adapters.toolchains.layout import read_project
from autosd.adapters.toolchains.requirements import requirements
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Command, Completed, Ending, SandboxReport
from autosd.ports import Session, SubjectEnv

ASKED_SECONDS = 10.0
_KILLED = 137


@dataclass(frozen=True)
class DockerEngine:
    """``seconds`` is the longest that making an image may take."""

    seconds: float

    def prepared(self, root: Path, image: str) -> tuple[DockerSandbox, SubjectEnv]:
        """Raises ``AUTOSD-DOCKER-UNAVAILABLE`` where no engine answers, ``AUTOSD-ENV-BUILD-FAILED`` where the image cannot be made."""
        self._require()
        needed = requirements(read_project(root)).all
        env = {"HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(root)}  # noqa: S108 - the container's own
        return DockerSandbox(self._image(image, (*needed, "pytest"))), SubjectEnv(Path("python"), (), env, origin="docker")

    def _require(self) -> None:
        if shutil.which("docker") is None:
            raise _unavailable("there is no docker command")
        code, said = _asked(["docker", "version", "--format", "{{.Server.Version}}"], ASKED_SECONDS)
        if code:
            raise _unavailable(said)

    def _image(self, base: str, lines: Sequence[str]) -> str:
        """Made once for each base and requirements; found again by its name."""
        install = json.dumps(["python", "-m", "pip", "install", "--no-cache-dir", "--only-binary", ":all:", *lines])
        recipe = f"FROM {base}\nRUN {install}\n"
        name = f"autosd-env:{hashlib.sha256(recipe.encode()).hexdigest()[:20]}"
        if _asked(["docker", "image", "inspect", name], ASKED_SECONDS)[0]:
            code, said = _asked(["docker", "build", "--quiet", "--tag", name, "-"], self.seconds, recipe)
            if code:
                remedy = "Look at the requirements, and at the image's name (SANDBOX_DOCKER_IMAGE)."
                message = f"The image with the project's requirements could not be made: {said}"
                raise AutosdError("AUTOSD-ENV-BUILD-FAILED", message, remedy, exit_code=1)
        return name


@dataclass(frozen=True)
class DockerSandbox:
    """Runs each program in a fresh container of ``image``: no network, no capabilities, the named folders and nothing else of the host."""

    image: str

    def report(self) -> SandboxReport:
        return SandboxReport("docker", (), ("container", "no network", "no capabilities"))

    def session(self, command: Command) -> AbstractContextManager[Session]:
        raise AutosdError("AUTOSD-DOCKER-UNAVAILABLE", "A container holds no session.", "Use SANDBOX_BACKEND=venv.")

    def run(self, command: Command) -> Completed:
        name, began = f"autosd-{uuid.uuid4().hex[:12]}", time.monotonic()
        try:
            done = subprocess.run(
                self._words(name, command), input=command.stdin, capture_output=True, timeout=command.limits.wall_seconds, check=False
            )
        except subprocess.TimeoutExpired as late:
            _asked(["docker", "kill", name], ASKED_SECONDS)
            return Completed(-9, Ending.TIMEOUT, late.stdout or b"", late.stderr or b"", time.monotonic() - began)
        ending = Ending.FAILED if done.returncode == 125 else Ending.MEMORY if done.returncode == _KILLED else Ending.EXITED
        return Completed(done.returncode, ending, done.stdout, done.stderr, time.monotonic() - began)

    def _words(self, name: str, command: Command) -> list[str]:
        limits = command.limits
        words = ["docker", "run", "--rm", "--interactive", "--init", "--name", name, "--network", "none", "--cap-drop", "ALL"]
        words += ["--security-opt", "no-new-privileges", "--read-only", "--tmpfs", "/tmp:exec", "--user", f"{os.getuid()}:{os.getgid()}"]  # noqa: S108
        words += ["--memory", f"{limits.memory_mb}m", "--pids-limit", str(limits.processes), "--workdir", str(command.cwd)]
        for mount in command.mounts:
            words += ["--mount", f"type=bind,src={mount.path},dst={mount.path}" + (",readonly" if mount.access is Access.READ else "")]
        for key, value in command.env.items():
            words += ["--env", f"{key}={value}"]
        return [*words, self.image, *command.argv]


def _asked(words: Sequence[str], seconds: float, stdin: str = "") -> tuple[int, str]:
    """Exit code, and the last line of what it said."""
    try:
        done = subprocess.run(list(words), input=stdin.encode(), capture_output=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, f"{words[0]} {words[1]}: {type(error).__name__}"
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    return done.returncode, said[-1][:300] if said else f"exit code {done.returncode}"


def _unavailable(why: str) -> AutosdError:
    message = f"SANDBOX_BACKEND=docker was asked for, and no Docker engine answers: {why}."
    return AutosdError("AUTOSD-DOCKER-UNAVAILABLE", message, "Start the engine, or use SANDBOX_BACKEND=venv.")

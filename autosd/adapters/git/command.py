"""The one place that starts git: argument lists, a fixed environment, none of anybody's configuration."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autosd.domain.errors import AutosdError

#: Longest that one git process may take; a hostile repository must not hang a run for ever.
SECONDS = 900

#: Options on the command line beat every configuration file, also one that a repository includes.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.sshCommand=false",
    "core.askPass=",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "core.safecrlf=false",
    "core.fsync=none",
    "credential.helper=",
    "diff.external=",
    "protocol.allow=never",
    "safe.directory=*",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "index.threads=1",
    "advice.detachedHead=false",
)
_FIXED = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "XDG_CONFIG_HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "false",
}


@dataclass(frozen=True)
class Git:
    """Git on one repository folder (always named outright, so nothing is discovered), with one index and work tree."""

    git_dir: Path
    work_tree: Path | None = None
    index: Path | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    locks: tuple[int, ...] = ()  # kept by every child: a git that outlives a killed run keeps its worktree from being taken over

    def using(self, *, work_tree: Path | None = None, index: Path | None = None, extra: Mapping[str, str] | None = None) -> Git:
        """The same repository with another work tree, index file or additional variables."""
        merged = {**self.extra, **(extra or {})}
        return replace(self, work_tree=work_tree or self.work_tree, index=index or self.index, extra=merged)

    def start(self, *words: str, settings: Sequence[str] = ()) -> Running:
        """Begin a command without waiting, so that independent questions are asked at once."""
        argv = [_program()]
        for setting in (*_SETTINGS, *settings):
            argv += ["-c", setting]
        argv += words
        try:
            process = subprocess.Popen(
                argv,
                cwd=self.work_tree or self.git_dir,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=self.locks,
            )
        except FileNotFoundError as error:
            raise AutosdError("AUTOSD-GIT-MISSING", "The git command was not found.", "Install git and put it on PATH.") from error
        return Running(process, words[0])

    def run(self, *words: str, stdin: bytes = b"", settings: Sequence[str] = ()) -> bytes:
        """Standard output of a command that has to succeed."""
        return self.start(*words, settings=settings).output(stdin)

    def line(self, *words: str, stdin: bytes = b"") -> str:
        return self.run(*words, stdin=stdin).decode().strip()

    def _environment(self) -> dict[str, str]:
        env = {**_FIXED, **self.extra, "GIT_DIR": str(self.git_dir)}
        if self.work_tree:
            env["GIT_WORK_TREE"] = str(self.work_tree)
        if self.index:
            env["GIT_INDEX_FILE"] = str(self.index)
        return env


@dataclass(frozen=True)
class Running:
    """A git process that was started and not yet asked for its answer."""

    process: subprocess.Popen[bytes]
    verb: str

    def result(self, stdin: bytes = b"", *, seconds: float = SECONDS) -> tuple[int, bytes, bytes]:
        """Wait for the end: exit code, standard output and error. The process never outlives this call."""
        with self.process:
            try:
                out, err = self.process.communicate(stdin, timeout=seconds)
            except BaseException as error:
                self.process.kill()
                if isinstance(error, subprocess.TimeoutExpired):
                    raise AutosdError(
                        "AUTOSD-GIT-TIMEOUT",
                        f"git {self.verb} did not end within {seconds:g} s.",
                        "Look at the size of the repository, and whether its remote answers.",
                        exit_code=1,
                    ) from error
                raise
        return self.process.returncode, out, err

    def output(self, stdin: bytes = b"") -> bytes:
        code, out, err = self.result(stdin)
        if code:
            raise failure(self.verb, err, code)
        return out


def failure(verb: str, stderr: bytes, code: int = 128) -> AutosdError:
    """One clear line for what git said: the causes that people can act on have codes of their own."""
    text = stderr.decode(errors="replace").strip()
    telling = next(
        (line for line in text.splitlines() if re.match(r"(fatal|error):", line)), text.splitlines()[-1] if text else f"exit code {code}"
    )
    if code == -signal.SIGXFSZ or "No space left" in text or "File too large" in text or "Disk quota" in text:
        return AutosdError("AUTOSD-DISK-FULL", f"git {verb}: {telling}", "Free some space on the disk that holds AUTOSD_HOME.", exit_code=1)
    if "Read-only file system" in text or "Permission denied" in text or "insufficient permission" in text:
        return AutosdError(
            "AUTOSD-REPO-PERMISSION", f"git {verb}: {telling}", "Check who owns that path and whether it may be written.", exit_code=1
        )
    if re.search(r"unable to read|missing blob|bad object|could not read|invalid object|Could not read", text):
        return AutosdError(
            "AUTOSD-REPO-INCOMPLETE",
            f"Objects of the repository are missing or broken: {telling}",
            "Run `git fsck` there; in a partial clone fetch the missing objects first.",
            exit_code=1,
        )
    return AutosdError("AUTOSD-GIT-FAILED", f"git {verb}: {telling}", "Check the repository with `git status` and `git fsck`.", exit_code=1)


def _program() -> str:
    """Where git is: on the caller's PATH (a person's git may live anywhere), looked up outside of any subject folder."""
    for folder in os.environ.get("PATH", _FIXED["PATH"]).split(":"):
        if folder.startswith("/") and os.access(found := os.path.join(folder, "git"), os.X_OK):  # noqa: PTH118 - called for every command
            return found
    raise AutosdError("AUTOSD-GIT-MISSING", "The git command was not found.", "Install git and put it on PATH.")

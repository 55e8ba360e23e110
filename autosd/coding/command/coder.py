"""The ``command`` strategy: a coding agent that is installed, run in the sandbox on a copy of the base, with a door in place of a key."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autosd.coding.command.door import Door
from autosd.coding.command.leavings import Kept, kept_of
from autosd.coding.command.lines import OF_MODELS, filled, places_in, variables_of, words_of
from autosd.coding.command.programs import mounts_of
from autosd.coding.command.running import PORT, TASK_FILE, Job, Left, run_outside
from autosd.coding.command.telling import task_text
from autosd.coding.repair.subject import SKIPPED
from autosd.domain.changes import Candidate, Cost
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Limits
from autosd.governance.paths import is_secret
from autosd.ports import Progress, Sandbox, Talk, Task

BASE_URL = f"http://127.0.0.1:{PORT}"
MOST_HIDDEN = 1000


@dataclass(frozen=True)
class CommandLine:
    """The settings of an outside agent: its line, ``NAME=VALUE`` items of its environment, folders that it may read."""

    line: str
    env: tuple[str, ...] = ()
    show: tuple[Path, ...] = ()
    most_requests: int = 200
    reply_tokens: int = 8000
    call_seconds: float = 300.0
    limits: Limits = field(default_factory=Limits)


class CommandCoder:
    """Without a ``talk`` the agent has no model; ``request`` says what is wanted beyond green tests."""

    name = "command"

    def __init__(
        self,
        sandbox: Sandbox,
        line: CommandLine,
        talk: Talk | None = None,
        *,
        locked: Callable[[str], bool],
        protected: tuple[str, ...] = (),
        request: str = "",
    ) -> None:
        self._sandbox, self._line, self._talk = sandbox, line, talk
        self._locked, self._protected, self._request = locked, protected, request

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        """One candidate, or none. Raises ``AUTOSD-COMMAND-...`` for a line that cannot be run here."""
        if not task.diagnosis.failing and not self._request:
            return
        started = time.monotonic()
        key = f"stand-in-{secrets.token_hex(16)}"
        job = self._job(task, key)
        door = self._door(key, started + job.seconds)
        progress.step("running the outside agent", Path(job.argv[0]).name)
        left = run_outside(self._sandbox, task.env, task.snapshot.root, job, door, self._line.limits)
        if door is not None and door.error is not None and door.error.code != "AUTOSD-BUDGET-EXCEEDED":
            raise door.error
        kept = self._kept(task, left)
        progress.update(done=1, detail=_told(left, kept, door))
        if kept.files:
            cost = Cost(1, time.monotonic() - started, door.usd if door else 0.0)
            yield Candidate(self.name, kept.files, task.diagnosis.failing, _told(left, kept, door), cost=cost)

    def _job(self, task: Task, key: str) -> Job:
        words = words_of(self._line.line)
        places = places_in(words)
        if self._talk is None and places & OF_MODELS:
            name = sorted(places & OF_MODELS)[0]
            message = f"The command line of the outside agent asks for {{{name}}}, and no model is set."
            raise AutosdError("AUTOSD-COMMAND-NO-MODEL", message, "Name one with --model, or take the place out of command.line.")
        if self._talk is not None and self._sandbox.report().level != "bubblewrap":
            message = "The sandbox that this host offers has no loopback, so an outside agent cannot be given a model in it."
            raise AutosdError("AUTOSD-COMMAND-NO-LOOPBACK", message, "Use the strategy agent, or allow user namespaces on this host.")
        said = task_text(task, self._request)
        values = {"task_file": TASK_FILE, "task": said, "model": self._talk.model.partition(":")[2] if self._talk else "",
                  "base_url": BASE_URL, "key": key, "root": str(task.snapshot.root)}  # fmt: skip
        variables = {name: filled((value,), values)[0] for name, value in variables_of(self._line.env).items()}
        return Job(
            argv=filled(words, values),
            env={**(_api(key) if self._talk else {}), **variables},
            task=said,
            mounts=mounts_of(words[0], self._line.show),
            seconds=max(1.0, task.seconds - 2.0),
            hide=tuple(_secrets_in(task.snapshot.root)),
            stdin=not places & {"task", "task_file"},
        )

    def _door(self, key: str, until: float) -> Door | None:
        if self._talk is None:
            return None
        line = self._line
        return Door(
            self._talk, key, most_requests=line.most_requests, most_tokens=line.reply_tokens, until=until, call_seconds=line.call_seconds
        )  # fmt: skip

    def _kept(self, task: Task, left: Left) -> Kept:
        prefix = task.snapshot.root.relative_to(task.snapshot.top).as_posix()
        named = {test.partition("::")[0] for test in (*task.diagnosis.run.collected, *task.diagnosis.failing)}
        return kept_of(
            left.files,
            task.snapshot.root,
            lambda path: path in named or self._locked(path),
            prefix="" if prefix == "." else prefix,
            protected=self._protected,
        )


def _api(key: str) -> Mapping[str, str]:
    """Where the usual clients look for their API."""
    return {
        "OPENAI_API_KEY": key,
        "OPENAI_BASE_URL": f"{BASE_URL}/v1",
        "OPENAI_API_BASE": f"{BASE_URL}/v1",
        "ANTHROPIC_API_KEY": key,
        "ANTHROPIC_BASE_URL": BASE_URL,
        "ANTHROPIC_API_BASE": BASE_URL,
    }


def _secrets_in(root: Path) -> Iterator[str]:
    """Files of the tree whose place says that secrets lie there: they are taken away before the agent is started."""
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED - {".env"} and not (Path(folder) / name).is_symlink()]
        for name in names:
            path = (Path(folder) / name).relative_to(root).as_posix()
            if is_secret(path) and count < MOST_HIDDEN:
                count += 1
                yield path


def _told(left: Left, kept: Kept, door: Door | None) -> str:
    how = left.ended or ("it was ended" if left.code is None else f"it ended with {left.code}")
    asked = f", {door.asked} questions to the model" if door else ""
    out = f"; not taken: {', '.join(kept.left_out[:3])}" if kept.left_out else ""
    return f"left by the outside agent ({how}{asked}{out})"

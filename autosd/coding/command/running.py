"""Runs an outside agent in the sandbox over one session: answers what it asks the door, then takes what it changed. All is untrusted."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autosd.coding.command.door import Door, Response
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Command, Limits, Mount
from autosd.ports import Sandbox, Session, SessionLost, SubjectEnv

INSIDE = Path(__file__).resolve().parents[2] / "inside" / "outside_agent.py"
#: Its own loopback is shown to nobody else, so one number is as good as any.
PORT = 8460
#: Stands in words for the path of the task's file, which is known inside only.
TASK_FILE = "@autosd-task-file@"
MOST_FILES, MOST_BYTES, MOST_REQUEST = 200, 2_000_000, 8_000_000
#: Of one line and of what waits unread.
LINE_BYTES = 24_000_000
#: What is left for taking in the changes when the command's own time is up.
SPARE = 5.0


@dataclass(frozen=True)
class Job:
    """What is to be run, all words filled in. ``hide`` are files of the project that it shall not see."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    task: str
    mounts: tuple[Mount, ...]
    seconds: float
    hide: tuple[str, ...] = ()
    stdin: bool = True  # whether the task comes on its standard input


@dataclass
class Left:
    """What it left: path -> content (None: gone). ``code`` None: it was ended."""

    files: dict[str, bytes | None] = field(default_factory=dict)
    code: int | None = None
    tail: str = ""
    left_out: int = 0
    ended: str = ""


def run_outside(sandbox: Sandbox, env: SubjectEnv, root: Path, job: Job, door: Door | None, limits: Limits) -> Left:
    """Raises ``AUTOSD-COMMAND-FAILED`` when nothing could be run."""
    left = Left()
    with sandbox.session(_command(env, root, job, limits)) as session:
        try:
            session.send(_request(root, job, with_port=door is not None))
            _exchange(session, left, door, time.monotonic() + job.seconds + SPARE)
        except SessionLost as lost:
            left.ended = (str(lost) or "it was lost")[:300].splitlines()[0]
            if not left.files:
                message = f"The run of the outside agent was lost: {left.ended}."
                raise AutosdError("AUTOSD-COMMAND-FAILED", message, _REMEDY, exit_code=1) from None
    return left


def _exchange(session: Session, left: Left, door: Door | None, until: float) -> None:
    while True:
        told = session.receive(max(0.1, until - time.monotonic()))
        if isinstance(asked := told.get("ask"), dict):
            session.send(_answer(asked, door))
            if door is not None and door.hopeless and not left.ended:
                left.ended = door.shut
                session.send({"stop": True})
        elif isinstance(done := told.get("done"), dict):
            left.code = done["code"] if isinstance(done.get("code"), int) else None
            left.tail = str(done.get("tail", ""))[-6000:]
        elif isinstance(file := told.get("file"), dict):
            _take(left, file)
        elif isinstance(end := told.get("end"), dict):
            left.left_out += end["left_out"] if isinstance(end.get("left_out"), int) else 0
            return
        elif "failed" in told:
            raise AutosdError("AUTOSD-COMMAND-FAILED", f"The outside agent was not run: {str(told['failed'])[:300]}.", _REMEDY, exit_code=1)


_REMEDY = "Look at command.line and command.show; `autosd doctor` tells which sandbox there is."


def _answer(asked: Mapping[str, Any], door: Door | None) -> dict[str, Any]:
    words = [asked.get(name) for name in ("method", "path", "key", "body")]
    if door is None or not all(isinstance(word, str) for word in words):
        response = Response(404, "application/json", "{}")
    else:
        response = door.answer(*map(str, words))
    return {"id": asked.get("id"), "status": response.status, "type": response.type, "body": response.body}


def _take(left: Left, file: Mapping[str, Any]) -> None:
    path, data = file.get("path"), file.get("data")
    if not isinstance(path, str) or len(left.files) >= MOST_FILES:
        left.left_out += 1
    elif data is None:
        left.files[path] = None
    else:
        try:
            left.files[path] = base64.b64decode(str(data), validate=True)
        except (binascii.Error, ValueError):
            left.left_out += 1


def _request(root: Path, job: Job, *, with_port: bool) -> dict[str, Any]:
    return {
        "root": str(root),
        "argv": list(job.argv),
        "env": dict(job.env),
        "stdin": job.task if job.stdin else "",
        "mark": TASK_FILE,
        "task": job.task,
        "port": PORT if with_port else 0,
        "seconds": job.seconds,
        "hide": list(job.hide),
        "most_files": MOST_FILES,
        "most_bytes": MOST_BYTES,
        "most_request": MOST_REQUEST,
    }


def _command(env: SubjectEnv, root: Path, job: Job, limits: Limits) -> Command:
    wall = job.seconds + SPARE
    return Command(
        argv=(str(env.python), "-I", str(INSIDE)),
        cwd=root,
        mounts=(*env.mounts, *job.mounts, Mount(INSIDE), Mount(root, Access.SCRATCH)),
        env={
            "PATH": f"{env.python.parent}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            # no PYTHONPATH: the project may be a library that the agent itself uses
            **{name: value for name, value in env.env.items() if name != "PYTHONPATH"},
        },
        limits=Limits(
            wall_seconds=wall, cpu_seconds=wall * 2, memory_mb=limits.memory_mb, processes=limits.processes,
            file_mb=limits.file_mb, disk_mb=limits.disk_mb, output_bytes=LINE_BYTES,
        ),
    )  # fmt: skip

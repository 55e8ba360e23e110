"""Repair where the suite is only a command: the same edits, each tried by a run of the command in a sandbox of its own.

Slower by orders of magnitude than the warm servers, so the search is content with the first fixes it finds.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autosd.coding.repair import subject
from autosd.coding.repair.edits import Edit
from autosd.coding.repair.enumerate import enumerate_edits
from autosd.coding.repair.localise import rank_suspects
from autosd.coding.repair.model import build_project
from autosd.coding.repair.observations import Observations, ObservedFailure, ObservedTest
from autosd.coding.repair.select import Choice, Plausible, choose
from autosd.coding.repair.servers import in_parallel
from autosd.domain.sandboxing import Access, Command, Limits, Mount
from autosd.domain.suites import Frame, Outcome
from autosd.ports import Progress, Sandbox, Task

SCRIPT = Path(__file__).resolve().parents[2] / "inside" / "by_command.py"
ENOUGH, PATIENCE = 3, 0.5
MOST_RUN_SECONDS = 60.0

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')


@dataclass(frozen=True)
class Run:
    code: int
    lines: Mapping[str, frozenset[int]]
    tail: str
    seconds: float


class CommandSearch:
    """One search; ``run`` gives the fixes found, best first, and ``evaluated`` says what it took."""

    def __init__(self, sandbox: Sandbox, task: Task, progress: Progress) -> None:
        self._sandbox = sandbox
        self._task = task
        self._progress = progress
        self._started = time.monotonic()
        self._deadline = self._started + task.seconds
        self._found: list[Plausible] = []
        self._lock = threading.Lock()
        self._limit = MOST_RUN_SECONDS
        self._first_at: float | None = None
        self.evaluated = 0

    def run(self, texts: Mapping[str, str]) -> list[Choice]:
        self._progress.step("observe", "the command, line by line")
        base = self._run({}, trace=True)
        if base is None or base.code == 0:
            return []
        self._limit = min(MOST_RUN_SECONDS, max(2.0, 3 * base.seconds))
        test = ObservedTest("command", Outcome.FAILED, base.lines, _failure(base.tail, self._task.snapshot.root))
        project = build_project(texts, test_files=subject.test_files(texts, self._task.test_args))  # a script it names is its test
        seen = Observations((test,))
        edits = enumerate_edits(project, rank_suspects(project, seen), seen, seed=self._task.seed)
        self._progress.step("search", "one run of the command for each candidate")
        in_parallel([lambda: self._serve(texts, edits)] * max(1, self._task.workers))
        return choose(self._found, {})

    def _serve(self, texts: Mapping[str, str], edits: Iterator[Edit]) -> None:
        while not self._over():
            with self._lock:
                edit = next(edits, None)
            if edit is None:
                return
            done = self._run(subject.apply(texts, edit.edits), trace=False)
            with self._lock:
                self.evaluated += 1
                if done is not None and done.code == 0:
                    self._first_at = self._first_at or time.monotonic()
                    self._found.append(Plausible(edit, frozenset({"command"}), self.evaluated))
            took = time.monotonic() - self._started
            left = max(0.0, self._deadline - time.monotonic())
            self._progress.update(done=self.evaluated, per_second=self.evaluated / took, seconds_left=left)

    def _over(self) -> bool:
        now = time.monotonic()
        if self._first_at is None:
            return now >= self._deadline
        patience = PATIENCE * (self._first_at - self._started)
        return len(self._found) >= ENOUGH or now >= min(self._deadline, self._first_at + patience)

    def _run(self, files: Mapping[str, str], *, trace: bool) -> Run | None:
        task, nonce = self._task, secrets.token_hex(8)
        left = max(1.0, min(self._limit, self._deadline - time.monotonic()))
        request = {"root": str(task.snapshot.root), "files": dict(files), "argv": list(self._argv()), "trace": trace, "nonce": nonce}
        command = Command(
            (str(task.env.python), str(SCRIPT)),
            task.snapshot.root,
            (Mount(task.snapshot.root, Access.SCRATCH), Mount(SCRIPT), *task.env.mounts),
            {**task.env.env, **task.test_env},
            Limits(wall_seconds=left, cpu_seconds=left),
            json.dumps(request).encode(),
        )
        started = time.monotonic()
        completed = self._sandbox.run(command)
        return _answer(completed.stdout, nonce, time.monotonic() - started)

    def _argv(self) -> tuple[str, ...]:
        words = self._task.test_args
        return (str(self._task.env.python), *words[1:]) if re.fullmatch(r"python[0-9.]*", words[0]) else words


def _answer(stdout: bytes, nonce: str, seconds: float) -> Run | None:
    for line in reversed(stdout.decode("utf-8", "replace").splitlines()):
        if line.startswith(nonce + " "):
            try:
                raw = json.loads(line.partition(" ")[2])
                lines = {str(name): frozenset(map(int, found)) for name, found in raw["lines"].items()}
                return Run(int(raw["code"]), lines, str(raw["tail"]), seconds)
            except (ValueError, KeyError, TypeError, AttributeError):
                return None
    return None


def _failure(tail: str, root: Path) -> ObservedFailure:
    """What the last traceback of the output tells."""
    frames = []
    for file, line, function in _FRAME.findall(tail):
        path = Path(file)
        if path.is_relative_to(root):
            file = path.relative_to(root).as_posix()
        frames.append(Frame(file, int(line), function))
    last = tail.strip().rpartition("\n")[2]
    kind, _, message = last.partition(": ")
    return ObservedFailure(kind if kind.isidentifier() else "ExitCode", message or last, tuple(frames))

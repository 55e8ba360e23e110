"""A warm server as a plain child process: what is under test is the server; the sandbox has tests of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from autosd.coding.repair.replies import Observed, Opened, Tried
from autosd.coding.repair.session import Trial, WarmSession, server_argv
from autosd.domain.changes import TextEdit
from autosd.ports import SessionLost


class PlainSession:
    """``ports.Session`` over a child process without isolation."""

    def __init__(self, argv: Sequence[str], cwd: Path) -> None:
        env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONHASHSEED": "0", "TMPDIR": str(cwd.parent)}
        self._process = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, start_new_session=True)
        self._data = b""

    def send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise SessionLost("exit") from None

    def receive(self, timeout: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        until = time.monotonic() + timeout
        while b"\n" not in self._data:
            if not select.select([self._process.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                raise SessionLost("timeout")
            chunk = os.read(self._process.stdout.fileno(), 1 << 16)
            if not chunk:
                raise SessionLost(f"exit code {self._process.wait()}")
            self._data += chunk
        line, _, self._data = self._data.partition(b"\n")
        found = json.loads(line)
        assert isinstance(found, dict)
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


class Warm:
    """A project on disk with a server on it; edits are written as ``(file, old text, new text)``."""

    def __init__(self, root: Path, files: Mapping[str, str | bytes], python: Path | None = None) -> None:
        self.root = root
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        self.session = WarmSession(PlainSession(server_argv(python or Path(sys.executable)), root), patience=60)
        self.opened: Opened

    def open(self, **options: Any) -> Opened:
        self.opened = self.session.open(self.root, **{"test_seconds": 2.0, **options})
        return self.opened

    @property
    def tests(self) -> list[str]:
        return [test.id for test in self.opened.tests]

    def observe(self, *tests: str, full: bool = False) -> dict[str, Observed]:
        return {seen.test: seen for seen in self.session.observe(tests or self.tests, full=full)}

    def trial(self, id: int, *changes: tuple[str, str, str]) -> Trial:
        edits = []
        for name, old, new in changes:
            text = (self.root / name).read_bytes().decode()
            start = text.index(old)
            edits.append(TextEdit(name, start, start + len(old), new))
        return Trial(id, tuple(edits))

    def attempt(
        self, *changes: tuple[str, str, str], need: Literal["all", "any"] = "all", guards: bool = True, **options: Any
    ) -> list[Tried]:
        """Try each change by itself against the failing tests, with the passing ones as guards; in the order given."""
        seen = self.observe()
        failing = [name for name, test in seen.items() if test.outcome != "passed"]
        passing = [name for name, test in seen.items() if test.outcome == "passed"] if guards else []
        trials = [self.trial(number, change) for number, change in enumerate(changes, 1)]
        tried = {one.id: one for one in self.session.attempt(trials, targets=failing, guards=passing, need=need, **options)}
        return [tried[number] for number in range(1, len(trials) + 1)]

    def verdicts(self, *changes: tuple[str, str, str], **options: Any) -> list[str]:
        return [str(one.verdict) for one in self.attempt(*changes, **options)]


WarmMaker = Callable[..., Warm]


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[WarmMaker]:
    """``warm(files, **options of open)``: an opened server on a project of those files."""
    made: list[Warm] = []

    def make(files: Mapping[str, str | bytes], python: Path | None = None, **options: Any) -> Warm:
        root = tmp_path / f"project{len(made)}"
        root.mkdir()
        made.append(Warm(root, files, python))
        made[-1].open(**options)
        return made[-1]

    yield make
    for one in made:
        one.session.close()

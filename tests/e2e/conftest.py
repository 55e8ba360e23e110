"""The real command in a process of its own, on real repositories; and the road in this process, with a scripted coder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fork_server import Forks

from autosd.app import open_app
from autosd.domain.changes import Change
from autosd.domain.decisions import Principal
from autosd.pipeline import FixRequest
from autosd.pipeline import fix as walk_the_road
from autosd.settings import load_settings
from autosd.testing import RecordingProgress, ScriptedCoder, TinyRepository, make_repository

#: Enough for the projects of these tests; none of them needs more than a part of it.
SECONDS = "60"

#: Calls share one start of the interpreter and its imports; what such variables change happens at the start, so they have one of their own.
FORKS = Forks()
_OF_THE_START = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_")


@pytest.fixture(scope="session", autouse=True)
def _forks_end() -> Iterator[None]:
    yield
    FORKS.close()


@dataclass(frozen=True)
class Ran:
    """How a command ended, and the one object it printed when it was asked for JSON."""

    code: int
    stdout: str
    stderr: str

    @property
    def object(self) -> dict[str, Any]:
        value = json.loads(self.stdout)
        assert isinstance(value, dict)
        return value

    @property
    def result(self) -> str:
        return str(self.object["result"])


class Cli:
    """``autosd`` as a person calls it."""

    def __init__(self, home: Path, cwd: Path) -> None:
        self.env = {**os.environ, "AUTOSD_HOME": str(home), "COLUMNS": "80"}
        self.cwd = cwd

    def __call__(self, *words: str | Path, timeout: float = 150, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Ran:
        where, seen = cwd or self.cwd, {**self.env, **(env or {})}
        if any(name.startswith(_OF_THE_START) and seen[name] != os.environ.get(name) for name in seen):
            done = subprocess.run(self.argv(*words), cwd=where, env=seen, capture_output=True, text=True, timeout=timeout)
        else:
            done = FORKS.run([str(word) for word in words], cwd=where, env=seen, timeout=timeout)
        assert "Traceback (most recent call last)" not in done.stderr + done.stdout, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def fix(self, path: Path, *words: str, **options: Any) -> Ran:
        """``autosd fix PATH --json``, checked for keeping its word about stdout."""
        ran = self("fix", str(path), "--json", "--max-seconds", SECONDS, *words, **options)
        assert_keeps_its_form(ran.object)
        return ran

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """In a session of its own, and able to hear Ctrl-C: a shell's background job, and so all it starts, ignores it."""
        return subprocess.Popen(
            self.argv(*words),
            cwd=self.cwd,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    @staticmethod
    def argv(*words: str | Path) -> list[str]:
        return [sys.executable, "-m", "autosd", *map(str, words)]


def assert_keeps_its_form(value: dict[str, Any]) -> None:
    """The keys and kinds that ``autosd fix --json`` promises in every case."""
    assert list(value) == [
        "result", "project", "base", "branch", "commit", "strategy", "diff", "tests", "sandbox", "candidates", "overfit", "artifacts",
        "seconds", "objections",
    ]  # fmt: skip
    for name in ("base", "branch", "commit", "strategy", "artifacts"):
        assert value[name] is None or isinstance(value[name], str), name
    assert isinstance(value["result"], str) and isinstance(value["project"], str) and isinstance(value["diff"], str)
    assert list(value["tests"]) == ["failing_before", "failing_after", "broken", "flaky", "total"]
    assert list(value["sandbox"]) == ["level", "missing"]
    assert all(list(each) == ["part", "cause"] for each in value["sandbox"]["missing"])
    assert list(value["candidates"]) == ["evaluated", "per_second"]
    assert list(value["overfit"]) == ["checked", "suspect", "reason"]
    assert all(list(each) == ["code", "message", "remedy"] for each in value["objections"])


@pytest.fixture
def cli(autosd_home: Path, tmp_path: Path) -> Cli:
    return Cli(autosd_home, tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[Mapping[str, str]], TinyRepository]:
    """Makes a repository ``project`` with these files in its first commit."""
    return lambda files: make_repository(tmp_path / "project", files)


Walk = Callable[..., Change]


@pytest.fixture
def walk() -> Walk:
    """The road with a coder that proposes what the test says: everything else is real."""

    def go(
        path: Path, *scripts: Mapping[str, str | None], options: Mapping[str, Any] | None = None, seconds: float = 60.0,
        targets: tuple[str, ...] | None = None, **request: Any,
    ) -> Change:  # fmt: skip
        settings = load_settings(os.environ, project=path, options={"fix.max_seconds": seconds, **(options or {})})
        asked = FixRequest(path=path, principal=Principal("tester", attended=True), **request)
        with open_app(settings, coders=(ScriptedCoder(scripts, targets=targets),)) as app:
            return walk_the_road(app, asked, RecordingProgress())

    return go

"""What the sandbox tests share: one sandbox a level, a work folder, and short ways to run our own interpreter inside."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.sandbox.probing import interpreter_mounts
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Command, Completed, Limits, Mount
from autosd.ports import Sandbox

PYTHON = (sys.executable, "-I", "-S", "-c")
QUICK = Limits(wall_seconds=20, cpu_seconds=20, memory_mb=256)


@pytest.fixture(scope="module", params=["bubblewrap", "landlock"])
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    try:
        opened = open_sandbox(tmp_path_factory.mktemp("home"), request.param)
    except AutosdError as error:
        pytest.skip(str(error))
    yield opened
    opened.close()  # type: ignore[attr-defined]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder with spaces, ünïcode"
    folder.mkdir()
    (folder / "file").write_text("as it was")
    return folder


def python(sandbox: Sandbox, code: str, work: Path, *mounts: Mount, limits: Limits = QUICK, stdin: bytes = b"", **env: str) -> Completed:
    """Run ``code`` with our own interpreter, in ``work``, which is a scratch mount unless ``mounts`` says otherwise."""
    every = (*interpreter_mounts(), *(mounts or (Mount(work, Access.SCRATCH),)))
    return sandbox.run(Command((*PYTHON, code), work, every, env, limits, stdin))

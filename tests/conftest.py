"""What holds for every test: a home of its own, none of the person's settings, and no network beyond this machine."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lean
import pytest

_REAL_HOME = Path.home()
_KEPT = {"AUTOSD_TEST_POSTGRES_URL", "AUTOSD_TEST_REDIS_URL"}
_OF_THE_PRODUCT = ("AUTOSD_", "SELFCODING_", "SELF_CODING_", "ENABLE_", "GIT_", "CODEX_", "OPENAI_", "ANTHROPIC_", "OLLAMA_", "VLLM_")

for _name in list(os.environ):
    if _name.startswith(_OF_THE_PRODUCT) and _name not in _KEPT:
        del os.environ[_name]
for _name in ("DATABASE_URL", "DRY_RUN", "PYTHONPATH", "PYTEST_ADDOPTS", "CI", "NO_COLOR", "FORCE_COLOR"):
    os.environ.pop(_name, None)


@pytest.fixture(scope="session", autouse=True)
def _the_persons_home_is_left_alone() -> Iterator[None]:
    """The home folder is another one while the tests run; the real one gets no folder of ours."""
    there_before = (_REAL_HOME / ".autosd").exists()
    with tempfile.TemporaryDirectory(prefix="home-") as home:
        os.environ["HOME"] = home
        yield
        os.environ["HOME"] = str(_REAL_HOME)
    assert (_REAL_HOME / ".autosd").exists() == there_before, "a test wrote into the real home folder"


@pytest.fixture(autouse=True)
def autosd_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own ``AUTOSD_HOME``; it does not exist yet."""
    home = tmp_path / "autosd-home"
    monkeypatch.setenv("AUTOSD_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def _lean_subjects(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where autosd would run a subject in the environment that it runs in itself, it has a lean one; not where that choice is tested."""
    if request.node.get_closest_marker("own_environment") is None:
        monkeypatch.setattr("autosd.adapters.toolchains.python.autosds_own", lean.interpreter)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections leave this machine in no test; local sockets are what servers under test listen on."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1", "localhost")):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)

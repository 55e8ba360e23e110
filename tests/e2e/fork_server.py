"""``autosd`` without its start: a process that has imported it once and forks for each call. What runs in the fork is the real command.

Words, environment and folder of a call come as one JSON line over a socket, with the three standard streams and a pipe for the exit code.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import pkgutil
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import lean

#: Left to those who need them: SDKs of models, what runs inside the sandbox, scripts.
_LATER = (
    "autosd.adapters.models.openai_chat", "autosd.adapters.models.anthropic_messages", "autosd.adapters.store.migrations", "autosd.inside",
    "autosd.__main__",
)  # fmt: skip


class Forks:
    """The caller's end. One server, begun at the first call; ``close`` ends it."""

    def __init__(self) -> None:
        self._ours: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._one = threading.Lock()

    def run(self, words: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
        """As ``subprocess.run`` with both outputs captured. Raises ``subprocess.TimeoutExpired`` after killing the call."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(os.devnull).open() as nothing:
            reading, writing = os.pipe()
            call = json.dumps({"words": list(words), "cwd": str(cwd), "env": dict(env)}).encode() + b"\n"
            try:
                with self._one:
                    ours = self._ours or self._begun()
                    socket.send_fds(ours, [call[:1]], [nothing.fileno(), out.fileno(), err.fileno(), writing])
                    ours.sendall(call[1:])
            finally:
                os.close(writing)
            try:
                code = _code(reading, timeout, words)
            finally:
                os.close(reading)
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(list(words), code, out.read().decode(), err.read().decode())

    def _begun(self) -> socket.socket:
        self._ours, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, __file__, str(theirs.fileno())]
            self._process = subprocess.Popen(argv, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        return self._ours

    def close(self) -> None:
        if self._ours and self._process:
            self._ours.close()
            self._process.wait()


def _code(pipe: int, timeout: float, words: Sequence[str]) -> int:
    """The pid comes first, so that a call that takes too long can be ended; then the exit code."""
    until, data = time.monotonic() + timeout, b""
    while data.count(b"\n") < 2:
        if not select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(data.split(b"\n")[0]), signal.SIGKILL)
            raise subprocess.TimeoutExpired(list(words), timeout)
        piece = os.read(pipe, 100)
        assert piece, "the fork server is gone"
        data += piece
    return int(data.split(b"\n")[1])


# ---- in the server ------------------------------------------------------------------------------------------------------------------


def main() -> None:
    calls = socket.socket(fileno=int(sys.argv[1]))
    preload()
    while True:
        first, fds, _, _ = socket.recv_fds(calls, 1, 4)
        if not first:
            return
        with calls.makefile("rb", buffering=0) as rest:
            call = json.loads(first + rest.readline())
        if os.fork() == 0:
            calls.close()
            watched(call, fds)
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def preload() -> None:
    import autosd
    from autosd.adapters.toolchains import python

    python.autosds_own = lean.interpreter
    for module in pkgutil.walk_packages(autosd.__path__, "autosd."):
        if not module.name.startswith(_LATER):
            importlib.import_module(module.name)


def watched(call: Mapping[str, object], fds: Sequence[int]) -> NoReturn:
    """Waits for the call itself, and tells its exit code as ``subprocess`` would."""
    telling = fds[3]
    pid = os.fork()
    if pid == 0:
        os.close(telling)
        called(call, fds)
    os.write(telling, b"%d\n" % pid)
    for fd in fds[:3]:
        os.close(fd)
    status = os.waitpid(pid, 0)[1]
    os.write(telling, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def called(call: Mapping[str, object], fds: Sequence[int]) -> NoReturn:
    from autosd.entrypoints.cli.main import main as command

    for target, fd in enumerate(fds[:3]):
        os.dup2(fd, target)
        os.close(fd)
    random.seed()
    os.chdir(str(call["cwd"]))
    os.environ.clear()
    os.environ.update(call["env"])  # type: ignore[call-overload]
    sys.argv[:] = ["autosd", *call["words"]]  # type: ignore[misc]
    code = 1
    try:
        command()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        ended()
        os._exit(code)


def ended() -> None:
    """What the interpreter does at its end."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


if __name__ == "__main__":
    main()

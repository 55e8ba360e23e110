"""Our side of the launcher: starts it once, hands it runs, and holds the pipes of each."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from autosd.adapters.sandbox.wire import read_message, send_message
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Ending

ROOT = Path(__file__).parents[3]
BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from autosd.adapters.sandbox.launcher import main; main(int(sys.argv[2]))"
ENDINGS = {
    "memory": Ending.MEMORY,
    "timeout": Ending.TIMEOUT,
    "cpu": Ending.TIMEOUT,
    "killed": Ending.SIGNALLED,
    "disk": Ending.SIGNALLED,
    "processes": Ending.SIGNALLED,
}
END_SECONDS = 15.0  # how long the warden may take to kill and clean up before we call it lost


class Process:
    """A started sandbox: its pipes (non-blocking, ours to close), and how it ended."""

    def __init__(self, control: socket.socket, stdin: int, stdout: int, stderr: int) -> None:
        self._control = control
        self._ended: tuple[int, Ending] | None = None
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.failure = ""

    def wait(self, seconds: float) -> tuple[int, Ending] | None:
        """The exit code (negative: a signal) and why, or None when it still runs after ``seconds``."""
        if self._ended is None and select.select([self._control], [], [], max(0.0, seconds))[0]:
            try:
                self._ended = self._judge(read_message(self._control))
            except (EOFError, OSError):
                self.failure = "the warden of the sandbox was killed"
                self._ended = (-signal.SIGKILL, Ending.FAILED)
        return self._ended

    def kill(self) -> None:
        """End it with everything inside; the warden does the work and reports."""
        with contextlib.suppress(OSError):
            self._control.send(b"k")

    def close(self) -> None:
        """Kill, wait until nothing is left of it, and free the pipes."""
        self.kill()
        self.wait(END_SECONDS)
        self._control.close()
        for fd in (self.stdin, self.stdout, self.stderr):
            if fd >= 0:
                with contextlib.suppress(OSError):
                    os.close(fd)

    def _judge(self, told: dict[str, Any]) -> tuple[int, Ending]:
        self.failure = str(told.get("failed", ""))
        if self.failure:
            return 125, Ending.FAILED
        code, cause = int(told["code"]), str(told["cause"])
        if cause == "" and code > 0 and not told["started"]:
            self.failure = "bubblewrap could not start the program"
            return code, Ending.FAILED
        if 128 < code <= 192:
            code = 128 - code
        if cause == "" and code == -signal.SIGXCPU:
            cause = "cpu"
        return code, ENDINGS.get(cause, Ending.SIGNALLED if code < 0 else Ending.EXITED)


class Launcher:
    """The launcher process of this sandbox; started at once, in the background; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start()

    def spawn(self, plan: dict[str, Any]) -> Process:
        """Start a run. Raises ``AUTOSD-SANDBOX-UNAVAILABLE`` when the launcher itself cannot live here."""
        with self._lock:
            for attempt in (1, 2):
                try:
                    return self._spawn(plan)
                except (BrokenPipeError, ConnectionResetError):
                    said = self._said()
                    self._stop()
                    if attempt == 1:
                        self._start()
            raise AutosdError("AUTOSD-SANDBOX-UNAVAILABLE", f"The sandbox launcher died: {said or 'no message'}.", "Run `autosd doctor`.")

    def close(self) -> None:
        with self._lock:
            self._stop()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the launcher
        self._socket = ours
        self._popen = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", BOOT, str(ROOT), str(theirs.fileno())],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._errors,
            pass_fds=(theirs.fileno(),), env={}, cwd="/", start_new_session=True,
        )  # fmt: skip
        theirs.close()

    def _stop(self) -> None:
        self._socket.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(2.0)
        if self._popen.poll() is None:
            self._popen.kill()
            self._popen.wait()
        self._errors.close()

    def _said(self) -> str:
        time.sleep(0.05)
        self._errors.seek(0)
        return self._errors.read()[-500:].decode("utf-8", "replace").strip().replace("\n", " | ")

    def _spawn(self, plan: dict[str, Any]) -> Process:
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        pipes = [os.pipe() for _ in range(3)]
        ours = [pipes[0][1], pipes[1][0], pipes[2][0]]
        given = [pipes[0][0], pipes[1][1], pipes[2][1]]
        try:
            for fd in ours:
                os.set_blocking(fd, False)
            socket.send_fds(self._socket, [b"r"], [theirs.fileno(), *given])
            send_message(control, plan)
        except BaseException:
            control.close()
            for fd in ours:
                os.close(fd)
            raise
        finally:
            theirs.close()
            for fd in given:
                os.close(fd)
        return Process(control, *ours)

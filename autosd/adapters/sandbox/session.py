"""A long-lived sandboxed process that speaks JSON lines; everything it says is bounded and untrusted."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from autosd.adapters.sandbox.pump import Budget, Reader, Writer, pump
from autosd.domain.sandboxing import Ending, Limits
from autosd.ports import SessionLost

LAST_WORDS = 5.0  # how long the warden may take to say how a process ended whose stdout is closed
TOTAL_FACTOR = 256  # a session may say this many times ``output_bytes`` in all; what waits unread never exceeds it once


class PipeSession:
    """``Session`` over the pipes of a running process. ``Limits.output_bytes`` bounds one line and what waits unread."""

    def __init__(self, process: Any, limits: Limits) -> None:
        self._process = process
        self._limit = limits.output_bytes
        self._wall = time.monotonic() + limits.wall_seconds
        self._total = Budget(limits.output_bytes * TOTAL_FACTOR)
        self._out = Reader(process.stdout, self._total)
        self._err = Reader(process.stderr, Budget(1 << 62))
        self._in = Writer(process.stdin)
        self._scanned = 0
        self._closed = False
        self._in_use = threading.RLock()  # while one thread waits here, another may close: never under the first one's feet

    def send(self, message: Mapping[str, Any]) -> None:
        with self._in_use:
            self._send(message)

    def receive(self, timeout: float) -> dict[str, Any]:
        with self._in_use:
            return self._receive(timeout)

    def _send(self, message: Mapping[str, Any]) -> None:
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        self._in.data = memoryview(line)
        while self._in.data:
            self._round(self._wall)
            if not self._in.open:
                raise self._lost(self._process.wait(LAST_WORDS))

    def _receive(self, timeout: float) -> dict[str, Any]:
        deadline = min(time.monotonic() + timeout, self._wall)
        while (line := self._line()) is None:
            if not self._out.open:
                raise self._lost(self._process.wait(LAST_WORDS))
            self._round(deadline)
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SessionLost("output: a line that is no JSON") from error
        if not isinstance(message, dict):
            raise SessionLost("output: a line that is no JSON object")
        return message

    def close(self) -> None:
        """Whoever waits for a message in another thread is told ``SessionLost``."""
        self._closed = True
        self._process.kill()
        with self._in_use:
            self._in.close()
            self._process.close()

    def _line(self) -> bytes | None:
        data = self._out.data
        end = data.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(data)
            return None
        line = bytes(data[:end])
        del data[: end + 1]
        self._scanned = 0
        return line

    def _round(self, deadline: float) -> None:
        if self._closed:
            raise SessionLost("closed")
        readers = [reader for reader in (self._out, self._err) if reader is self._err or len(reader.data) <= self._limit]
        if len(self._out.data) > self._limit and b"\n" not in self._out.data:
            self._end("output: a line longer than the limit")
        if not pump(readers, self._in, deadline):
            self._end("timeout")
        if self._total.left < 0:
            self._end("output: more than the session may say in all")
        del self._err.data[: max(0, len(self._err.data) - 8192)]  # the tail is enough to tell why it died

    def _end(self, cause: str) -> None:
        self._process.kill()
        raise SessionLost(cause)

    def _lost(self, ended: tuple[int, Ending] | None) -> SessionLost:
        if ended is None:
            self._process.kill()
            return SessionLost("output: it closed its stdout")
        code, ending = ended
        while self._err.open and pump([self._err], None, time.monotonic() + 0.2):
            pass
        tail = bytes(self._err.data[-2000:]).decode("utf-8", "replace").strip()
        causes = {Ending.MEMORY: "memory", Ending.TIMEOUT: "timeout", Ending.FAILED: f"could not start: {self._process.failure}"}
        cause = causes.get(ending, f"exit code {code}")
        return SessionLost(f"{cause}: {tail}" if tail else cause)

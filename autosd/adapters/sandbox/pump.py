"""Moves bytes between us and a sandboxed process under a time and a size limit; one thread, bounded memory."""

from __future__ import annotations

import contextlib
import os
import selectors
import time
from dataclasses import dataclass, field

CHUNK = 65536


@dataclass
class Budget:
    """How much the process may still say, over all its streams."""

    left: int


@dataclass
class Reader:
    fd: int
    budget: Budget
    data: bytearray = field(default_factory=bytearray)
    open: bool = True

    def fill(self) -> int:
        """Read what is there; returns the number of bytes, 0 at the end or when nothing waits."""
        try:
            chunk = os.read(self.fd, CHUNK)
        except BlockingIOError:
            return 0
        except OSError:
            chunk = b""
        if not chunk:
            self.open = False
        keep = chunk[: max(self.budget.left, 0)]
        self.budget.left -= len(chunk)
        self.data += keep
        return len(chunk)


@dataclass
class Writer:
    fd: int
    data: memoryview = field(default_factory=lambda: memoryview(b""))
    open: bool = True

    def flush(self) -> None:
        """Write as much as the pipe takes; a reader that is gone is no error (its exit code will tell)."""
        try:
            self.data = self.data[os.write(self.fd, self.data[:CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            self.open = False

    def close(self) -> None:
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self.fd)
        self.fd, self.open = -1, False


def pump(readers: list[Reader], writer: Writer | None, deadline: float) -> bool:
    """One round: wait until something moves or ``deadline`` (monotonic) passes. False when the deadline passed."""
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            if reader.open:
                selector.register(reader.fd, selectors.EVENT_READ, reader)
        if writer is not None and writer.open and writer.data:
            selector.register(writer.fd, selectors.EVENT_WRITE, writer)
        if not selector.get_map():
            return True
        ready = selector.select(max(0.0, deadline - time.monotonic()))
    for key, _ in ready:
        if isinstance(key.data, Reader):
            key.data.fill()
        else:
            key.data.flush()
    return bool(ready)

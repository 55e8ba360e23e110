"""JSON lines over raw descriptors: nothing is buffered that a fork could send twice."""

import json
import os

CHUNK = 1 << 16


def send(fd, message):
    write(fd, json.dumps(message, separators=(",", ":"), default=repr).encode("ascii") + b"\n")


def write(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class Lines:
    """Splits what arrives on a descriptor into lines; keeps the unfinished rest."""

    def __init__(self, fd):
        self.fd = fd
        self._rest = []

    def read(self):
        """The lines completed by one read; None at the end of the stream."""
        data = os.read(self.fd, CHUNK)
        if not data:
            return None
        if b"\n" not in data:
            self._rest.append(data)
            return []
        self._rest.append(data)
        parts = b"".join(self._rest).split(b"\n")
        self._rest = [parts.pop()] if parts[-1] else []
        return [part for part in parts if part]

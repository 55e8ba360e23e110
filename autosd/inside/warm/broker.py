"""The process the host talks to: it never imports the subject. It starts the warm process and hands requests on."""

import json
import os
import sys

from . import cold, wire
from .project import Project
from .warm import preload, start

SLOW = b'{"event":"slow"'
MODULES = b'{"event":"modules"'
OPENED = b'{"event":"opened"'
END = b'{"event":"end"'


def main():
    Broker(_private_channel()).serve()
    return 0


def _private_channel():
    """Keep the reply descriptor for ourselves; what the subject prints or reads goes nowhere."""
    out = os.dup(1)
    os.set_inheritable(out, False)
    requests = os.dup(0)
    os.set_inheritable(requests, False)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2) if not os.environ.get("AUTOSD_WARM_STDERR") else (0, 1):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    return requests, out


class Broker:
    def __init__(self, channel):
        self._requests, self._out = channel
        self._lines = wire.Lines(self._requests)
        self._warm = None
        self._cold = None

    def serve(self):
        try:
            while True:
                batch = self._lines.read()
                if batch is None:
                    return
                for line in batch:
                    if self._handle(line) is False:
                        return
        finally:
            self._close()

    def _handle(self, line):
        request = json.loads(line)
        operation = request.get("op")
        if operation == "close":
            return False
        if operation == "open":
            self._open(request)
        elif self._warm is None:
            wire.send(self._out, {"event": "end", "error": "not open"})
        else:
            self._forward(request, line)
        return None

    def _open(self, request):
        self._close()
        project = Project(request["root"])
        self._write(project, request.get("overlay") or {})
        preload(request)
        self._cold = cold.Cold(request, project)
        self._warm = start(request, project)
        for line in self._replies():
            if line.startswith(MODULES):
                message = json.loads(line)
                self._cold.modules, self._cold.seconds = message["names"], message["seconds"]
                continue
            wire.write(self._out, line + b"\n")
            if line.startswith(OPENED):
                return

    def _write(self, project, overlay):
        """Put texts over the tree, which is a scratch copy: the base that the host has by now."""
        for name, text in overlay.items():
            with open(project.path(name), "w", encoding="utf-8", newline="") as file:
                file.write(text)

    def _forward(self, request, line):
        self._warm.ask(line)
        slow = None
        for reply in self._replies():
            if reply.startswith(SLOW):
                slow = json.loads(reply)
                continue
            if reply.startswith(END):
                if slow:
                    self._cold.try_all(request, slow["known"], slow["ids"], lambda message: wire.send(self._out, message))
                wire.write(self._out, reply + b"\n")
                return
            wire.write(self._out, reply + b"\n")

    def _replies(self):
        while True:
            batch = self._warm.lines.read()
            if batch is None:
                self._close()
                sys.exit(3)  # the host sees a lost session
            yield from batch

    def _close(self):
        for child in (self._warm, self._cold):
            if child is not None:
                child.close()
        self._warm = self._cold = None

"""Candidates that cannot be swapped in: the changed files are written, and the suite is collected anew in a fork.

The fork comes from a process of its own that never imported the project, only what the project imports from elsewhere;
under pytest from one that stopped where pytest would begin to collect, as long as no conftest had imported the changed file.
"""

import importlib
import json
import sys
import threading

from . import forks, warm, wire
from .cold_trial import ColdTrial


class Cold:
    """The broker's handle: starts the process when it is first needed."""

    def __init__(self, request, project):
        self._request = request
        self._project = project
        self._process = None
        self.modules = []
        self.seconds = 5.0

    def try_all(self, request, known, ids, emit):
        if self._process is None:
            self._process = warm.spawn(lambda reader, writer: Zygote(self._request, self._project, self.modules, reader, writer).serve())
        asked = {"request": request, "known": known, "ids": ids, "seconds": self.seconds}
        if not _relay(self._process, asked, emit):
            self.close()

    def close(self):
        if self._process is not None:
            self._process.close()
            self._process = None


def _relay(process, asked, emit):
    """Ask and pass the answers on; False when the process is gone."""
    try:
        process.ask(json.dumps(asked).encode("ascii"))
    except OSError:
        return False
    while True:
        batch = process.lines.read()
        if batch is None:
            return False
        for line in batch:
            message = json.loads(line)
            if message.get("event") == "end":
                return True
            emit(message)


class Zygote:
    """Serves candidates from its own, clean state; asks the gate first, which is quicker."""

    def __init__(self, opening, project, modules, reader, writer):
        self._opening = opening
        self._project = project
        self._lines = wire.Lines(reader)
        self._writer = writer
        self._seen = {}
        self._beat = forks.Beat()
        _preload(modules)
        self._gate = None
        if opening.get("runner", "pytest") == "pytest":
            self._gate = warm.spawn(lambda reader, writer: _gate(opening, project, reader, writer))

    def serve(self):
        serve_lines(self._lines, self._writer, self._try)

    def _try(self, asked, emit):
        if self._gate is not None:
            left = set(asked["ids"])
            again = []

            def on_message(message):
                left.discard(message["id"])
                if message["event"] == "again":
                    again.append(message["id"])
                else:
                    emit(message)

            if not _relay(self._gate, asked, on_message):
                self._gate = None
                again += left
            asked = dict(asked, ids=again)
        ColdTrial(self._opening, self._project, asked, self._seen, self._beat, self._launch).run(emit)

    def _launch(self, tests, serve):
        warm.collect(dict(self._opening, tests=tests, whole=True), self._project, serve)


def serve_lines(lines, writer, handle):
    """Answer requests until the pipe closes."""

    def emit(message):
        wire.send(writer, message)

    while True:
        batch = lines.read()
        if batch is None:
            return
        for line in batch:
            handle(json.loads(line), emit)
            emit({"event": "end"})


def _gate(opening, project, reader, writer):
    """Enter pytest and serve where it would collect."""

    def stop(plugin, session):
        beat, seen = forks.Beat(), {}
        loaded = {name for name, _ in project.modules()}

        def handle(asked, emit):
            def launch(tests, serve):
                plugin.collect_now(session, tests, serve)

            ColdTrial(opening, project, asked, seen, beat, launch, loaded).run(emit)

        serve_lines(wire.Lines(reader), writer, handle)

    warm.preload(opening).collect(dict(opening, tests=None), project, lambda cases, errors: None, stop)


def _preload(modules):
    """Import what the project imports from elsewhere; stop when that starts threads, which do not survive a fork."""
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException:  # a part that only its own package can import
            sys.modules.pop(name, None)
        if threading.active_count() > 1:
            return

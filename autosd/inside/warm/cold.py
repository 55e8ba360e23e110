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
    """Serves candidates from its own, clean state, slowly and surely; asks quicker processes first."""

    def __init__(self, opening, project, modules, reader, writer):
        self._opening = opening
        self._project = project
        self._lines = wire.Lines(reader)
        self._writer = writer
        self._seen = {}
        self._beat = forks.Beat()
        self._quicker = [warm.spawn(lambda reader, writer: _prepared(opening, project, modules, reader, writer))]
        if opening.get("runner", "pytest") == "pytest":
            self._quicker.insert(0, warm.spawn(lambda reader, writer: _gate(opening, project, modules, reader, writer)))

    def serve(self):
        serve_lines(self._lines, self._writer, self._try)

    def _try(self, asked, emit):
        for process in list(self._quicker):
            asked = self._ask(process, asked, emit)
        ColdTrial(self._opening, self._project, asked, self._seen, self._beat, _launcher(self._opening, self._project)).run(emit)

    def _ask(self, process, asked, emit):
        """What ``process`` left undone: what is not for it, and everything when it is lost."""
        left = dict.fromkeys(asked["ids"])

        def on_message(message):
            if message["event"] != "again":
                left.pop(message["id"], None)
                emit(message)

        if left and not _relay(process, asked, on_message):
            self._quicker.remove(process)
        return dict(asked, ids=list(left))


def _launcher(opening, project):
    return lambda tests, serve: warm.collect(dict(opening, tests=tests, whole=True), project, serve)


def _prepared(opening, project, modules, reader, writer):
    """The same with everything imported that the project imports from elsewhere."""
    _preload(modules)
    _serve_sound(opening, project, reader, writer, _launcher(opening, project), frozenset())


def _serve_sound(opening, project, reader, writer, launch, loaded):
    """Serve, unless the suite cannot even be collected here as it is."""
    beat, seen, sound = forks.Beat(), {}, []

    def handle(asked, emit):
        trial = ColdTrial(opening, project, asked, seen, beat, launch, loaded)
        if not sound:
            sound.append(trial.is_sound())
        if sound[0]:
            trial.run(emit)

    serve_lines(wire.Lines(reader), writer, handle)


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


def _gate(opening, project, modules, reader, writer):
    """Enter pytest and serve where it would collect."""
    _preload(modules)

    def stop(plugin, session):
        loaded = {name for name, _ in project.modules()}
        _serve_sound(opening, project, reader, writer, lambda tests, serve: plugin.collect_now(session, tests, serve), loaded)

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

"""The warm process: holds the collected suite and serves requests until its pipe closes."""

import gc
import json
import os
import sys
import sysconfig
import time

from . import wire
from .forks import Beat
from .late import Late
from .live import Live
from .observe import observe
from .probe import probe
from .replan import Plan
from .state import State
from .trial import Trial

TRACED = 1.5  # seconds of a traced run; a test that takes longer is run again without
HANGING, HANGING_TRACED = 1.0, 0.6  # of tests that hung before


class Server:
    def __init__(self, request, project, cases, errors, reader, writer, ran=()):
        self.project = project
        self._started = request.get("started", time.monotonic())
        self.cases = {case.id: case for case in cases}
        self.errors = errors
        self.seed = int(request.get("seed") or 0)
        self.test_seconds = float(request.get("test_seconds") or 5.0)
        self._hanging = set(request.get("hanging") or ())
        self.boost = 1  # of fuel for failing tests, once their limit proved too low
        self.credit = 0.2  # seconds to spend on candidates that ran out of fuel there
        self.beat = Beat()
        self.live = Live(project, {code for code in ran if project.name(code.co_filename) is not None})
        self._seen = {}
        self._plans = {}
        self._lines = wire.Lines(reader)
        self._writer = writer
        self._handlers = {"observe": self._observe, "try": self._try, "probe": self._probe}
        self.late = Late(project)
        project.tests.update(case.file for case in cases)
        self._take_state()

    def _take_state(self):
        gc.collect()
        self.state = State(self.project, [module for _, module in self.project.modules()])
        self.live.functions("")
        gc.freeze()

    def emit(self, message):
        wire.send(self._writer, message)

    def serve(self):
        tests = [{"id": case.id, "file": case.file, "line": case.line} for case in self.cases.values()]
        self.emit({"event": "modules", "names": foreign_modules(self.project), "seconds": round(time.monotonic() - self._started, 3)})
        self.emit({"event": "opened", "python": list(sys.version_info[:3]), "tests": tests, "errors": self.errors})
        while True:
            batch = self._lines.read()
            if batch is None:
                os._exit(0)
            for line in batch:
                self._handle(json.loads(line))

    def _handle(self, request):
        end = {"event": "end"}
        try:
            self._handlers[request["op"]](request)
        except Exception as error:
            end["error"] = "{}: {}".format(type(error).__name__, error)[:500]
        self.emit(end)

    def known(self, tests):
        return [self.cases[test] for test in tests if test in self.cases]

    def patience(self, case, traced):
        """Seconds that a test may take on the unchanged program, ``traced`` or not."""
        if case.id in self._hanging:
            return min(self.test_seconds, HANGING_TRACED if traced else HANGING)
        return min(self.test_seconds, TRACED) if traced else self.test_seconds

    def seen(self, request):
        """Digests of what was tried before under the same tests."""
        key = (tuple(request["targets"]), tuple(request.get("guards") or ()), request.get("need", "all"))
        return self._seen.setdefault(key, {})

    def plan(self, files):
        """How modules are run again when ``files`` change."""
        if files not in self._plans:
            self._plans[files] = Plan(self, files)
        return self._plans[files]

    def preload(self):
        """Import what tests were seen to import while they ran."""
        ran = self.late.load(self.beat, self.test_seconds)
        if ran is None:
            return
        gc.unfreeze()
        self._plans = {}
        self.live.rescan({code for code in ran if self.project.name(code.co_filename) is not None})
        self._take_state()

    def instrument(self, files):
        before = set(self.live.ticked)
        for name in sorted(files):
            self.live.tick(name)
        if self.live.ticked != before:
            for case in self.cases.values():
                case.ticks = None

    def _observe(self, request):
        observe(self, list(request["tests"]), request.get("detail", "lines"), self.emit)

    def _try(self, request):
        slow = Trial(self, request, self.emit).run()
        if slow:
            tests = [*request["targets"], *(request.get("guards") or ())]
            known = {case.id: [case.outcome, case.seconds, case.ticks, case.way] for case in self.known(tests)}
            self.emit({"event": "slow", "known": known, "ids": slow})

    def _probe(self, request):
        probe(self, request, self.emit)


def foreign_modules(project):
    """Modules of the library and of installed packages that importing the project loaded; not those of pytest's plugins."""
    places = tuple(sysconfig.get_paths()[name] + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    plugins = {"pytest", "_pytest"}
    for finder in sys.meta_path:  # pytest wants to be the first to import these, to rewrite their assertions
        plugins.update(name.partition(".")[0] for name in getattr(finder, "_must_rewrite", ()))
    for name in list(sys.modules):
        plugin = sys.modules[name]
        if getattr(plugin, "pytest_plugins", None) or any(key.startswith("pytest_") for key in getattr(plugin, "__dict__", ())):
            plugins.add(name.partition(".")[0])
    found = []
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None) or ""
        top = name.partition(".")[0]
        if isinstance(path, str) and path.startswith(places) and top not in plugins and not name.startswith(("__", "_autosd")):
            found.append(name)
    return found

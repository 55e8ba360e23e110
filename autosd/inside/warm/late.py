"""Modules of the project that only its tests import, while they run: imported before the forks, so that they can be changed there."""

import importlib
import sys
import threading

from . import forks
from .limits import ALARM, OutOfTime, bound_memory

MOST = 200


class Late:
    def __init__(self, project):
        self._project = project
        self._known = set()
        self._wanted = {}
        self.settle()

    def settle(self):
        """What is loaded now is not late."""
        self._known = set(sys.modules)

    def noticed(self):
        """In a fork, after a test: names of modules that it imported."""
        found = []
        for name, module in list(sys.modules.items()):
            if name not in self._known and name != "__main__" and self._is_own(module):
                found.append(name)
        return found[:MOST]

    def _is_own(self, module):
        try:
            return self._project.name(getattr(module, "__file__", None) or "") is not None
        except Exception:  # a module object of the subject may do anything on attribute access
            return False

    def want(self, names):
        self._wanted.update(dict.fromkeys(names))

    def load(self, beat, seconds):
        """Import what was wanted, if that goes well in a fork; returns the code that ran (None: nothing was imported)."""
        names = [name for name in self._wanted if name not in self._known]
        self._known.update(names)
        if not names:
            return None
        heard = []

        def body(say):
            bound_memory()
            threads = threading.active_count()
            good = [name for name in names if _imported(name, seconds)]
            say({"good": good if threading.active_count() == threads else []})

        forks.run(body, heard.append, beat, (len(names) + 1) * 2 * seconds + 5.0)
        good = heard[0]["good"] if heard else []
        ran = set()
        sys.settrace(lambda frame, event, argument: ran.add(frame.f_code))
        try:
            for name in good:
                _imported(name, seconds)
        finally:
            sys.settrace(None)
        return ran if good else None


def _imported(name, seconds):
    try:
        ALARM.arm(seconds)
        try:
            importlib.import_module(name)
        finally:
            ALARM.disarm()
    except (Exception, SystemExit, OutOfTime):
        return False
    return not ALARM.fired

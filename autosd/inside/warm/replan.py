"""Which modules to run again for a change, and for which tests that tells the truth."""

import time

from . import case as words
from . import forks
from .judge import attempt
from .limits import bound_memory
from .reimport import Elsewhere, Rerun, dependent, parts_of

QUICK = 0.02  # seconds: within that all modules are run again, else those that the changed ones can make a difference to
SLOWEST = 0.3  # a new collection is no slower


class Plan:
    """How candidates that change ``files`` are tried by running modules again; ``rerun`` is None when that is not possible."""

    def __init__(self, server, files):
        self._server = server
        self._agreed = {}
        self.rerun = None
        every = parts_of(server)
        if _is_whole(server, every, files) and not self._choose(Rerun(server, every), QUICK):
            self._choose(Rerun(server, dependent(server, every, files)), SLOWEST)

    def _choose(self, rerun, most):
        heard = []
        forks.run(lambda say: say(_measured(self._server, rerun)), heard.append, self._server.beat, 10.0)
        if not heard or not heard[0]["sound"] or heard[0]["seconds"] > most:
            return False
        rerun.seconds = heard[0]["seconds"]
        self.rerun = rerun
        return True

    def agreeing(self, cases, limits):
        """Those of ``cases`` that end here, with nothing changed, as they did."""
        if self.rerun is None:
            return []
        todo = [case for case in cases if case.id not in self._agreed]
        position = 0
        while position < len(todo):
            position = self._agree(todo, position, limits)
        return [case for case in cases if self._agreed[case.id]]

    def _agree(self, todo, position, limits):
        """From ``position`` on in one fork, up to a test that takes it down. Returns where to go on."""
        heard = []

        def body(say):
            bound_memory()
            self.rerun.enter({})
            for case in todo[position:]:
                self._server.beat.mark(0, 2 * limits.seconds(case) + 5.0)
                say({"agrees": self._agrees(case, limits)})

        ending, _, _ = forks.run(body, heard.append, self._server.beat, 10.0)
        for case, message in zip(todo[position:], heard):
            self._agreed[case.id] = message["agrees"]
        at = position + len(heard)
        if ending != forks.DONE and at < len(todo):
            self._agreed[todo[at].id] = False
            at += 1
        return at

    def _agrees(self, case, limits):
        if not case.holds_nothing:
            return False
        try:
            if not self.rerun.ready(case):
                return False
        except Elsewhere:
            return False
        if case.outcome == words.TIMEOUT:
            return True
        return (attempt(case, limits, self._server.seed) is True) == (case.outcome == words.PASSED)


def _is_whole(server, parts, files):
    """Is every file to be changed among ``parts``, and can all of them be compiled?"""
    known = {part.file for part in parts}
    return files <= known and all(server.live.module_code(file) is not None for file in known)


def _measured(server, rerun):
    """Twice: the second time is what trials will see."""
    sound, seconds = True, 0.0
    for _ in range(2):
        began = time.perf_counter()
        sound = rerun.enter({}) and sound
        rerun.run_tests()
        seconds = time.perf_counter() - began
        rerun.leave()
        sound = server.state.restore() and sound
    return {"sound": sound, "seconds": seconds}

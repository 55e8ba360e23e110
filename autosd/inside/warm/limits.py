"""What ends a run-away test: fuel (deterministic), an alarm (wall clock), a bound on memory."""

import builtins
import os
import signal
from itertools import chain, repeat
from operator import length_hint

TICK = "__autosd_tick__"  # the name that instrumented code calls; lives in builtins
PLENTY = 1 << 60
WAITING = 2.0  # wall seconds a test may take for each CPU second it may use
GAVE_UP = 86  # exit code of a child whose test swallowed every alarm


class OutOfFuel(BaseException):
    """A test used more loop ticks than its share."""


class OutOfTime(BaseException):
    """A test used more wall time than its share."""


class Fuel:
    """Counts ticks in C: instrumented code calls the ``__next__`` of a counted iterator that raises when it is empty."""

    def __init__(self):
        self.empty = False
        self.fill(PLENTY)

    def fill(self, amount):
        self.amount = amount
        self.empty = False
        self._left = repeat(None, amount)
        setattr(builtins, TICK, chain(self._left, iter(self._stop, self)).__next__)

    def _stop(self):
        self.empty = True
        raise OutOfFuel

    @property
    def used(self):
        return self.amount - length_hint(self._left)


class Alarm:
    """Raises ``OutOfTime`` in the running test, again and again; a test that swallows them all loses its process.

    Counts CPU seconds, which a busy machine does not stretch; wall time, twice that, stands behind it for tests that wait.
    """

    def __init__(self, patience=20, again=0.05):
        self.fired = 0
        self._patience = patience
        self._again = again
        self.before = None  # called once before the first raise: a chance to look where the test loops

    def arm(self, seconds, again=None):
        self.fired = 0
        for number in (signal.SIGPROF, signal.SIGALRM):
            if signal.getsignal(number) != self._ring:
                signal.signal(number, self._ring)
        self._set(seconds, again or self._again)

    def _set(self, seconds, again):
        signal.setitimer(signal.ITIMER_PROF, seconds, again)
        signal.setitimer(signal.ITIMER_REAL, WAITING * seconds, again)

    def snooze(self, seconds):
        """From ``before``: let the next one ring after ``seconds``."""
        self._set(seconds, 0.5)
        signal.setitimer(signal.ITIMER_REAL, 10 * seconds, 0.5)  # a busy machine gives a test little of its wall time

    def disarm(self):
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _ring(self, signum, frame):
        self.fired += 1
        if self.fired > self._patience:
            os._exit(GAVE_UP)
        if self.before is not None and self.fired == 1 and self.before(frame):
            return
        raise OutOfTime


def bound_memory(extra=1 << 30):
    """Let this process grow by ``extra`` bytes; beyond, an allocation raises MemoryError."""
    import resource

    try:
        with open("/proc/self/statm", "rb") as statm:
            now = int(statm.read().split()[5]) * resource.getpagesize()  # data + stack
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        wanted = now + extra
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    except (OSError, ValueError, IndexError):
        pass  # the sandbox has a bound of its own


FUEL = Fuel()
ALARM = Alarm()

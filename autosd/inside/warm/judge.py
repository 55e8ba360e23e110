"""Run tests under limits and say what they make of the program as it is now."""

import random
import sys

from .limits import ALARM, FUEL, WAITING, OutOfFuel, OutOfTime

PLAUSIBLE, PARTIAL, KILLED, FUEL_OUT, TIMEOUT = "plausible", "partial", "killed", "fuel", "timeout"
FLOOR = 10000  # ticks every test may use, however few its baseline used


class Limits:
    """How much a test may use, from what it used on the unchanged program."""

    def __init__(self, fuel, seconds, boost=1):
        self._fuel = fuel
        self._seconds = seconds  # the cap of any test
        self.most_ticks = 0
        self.boost = boost  # for failing tests: they may have stopped early

    def ticks(self, case):
        known = case.ticks if case.ticks is not None and case.outcome == "passed" else max(self.most_ticks, case.ticks or 0)
        share = max(FLOOR, int(self._fuel * known))
        return share if case.outcome == "passed" else share * self.boost

    def seconds(self, case):
        known = case.seconds if case.outcome != "timeout" else 0.0
        return min(max(0.5, 10 * known), max(self._seconds, 2 * known))


def seed_random(seed):
    if "random" in sys.modules:
        random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None and "numpy.random" in sys.modules:
        numpy.random.seed(seed)


def attempt(case, limits, seed):
    """True when the test passes; else the word for how it did not."""
    seed_random(seed)
    FUEL.fill(limits.ticks(case))
    word = KILLED
    try:
        ALARM.arm(limits.seconds(case))
        try:
            case.call()
            word = True
        finally:
            ALARM.disarm()
    except OutOfFuel:
        word = FUEL_OUT
    except OutOfTime:
        word = TIMEOUT
    except BaseException:  # also SystemExit, KeyboardInterrupt and pytest's own: none of them is a pass
        word = KILLED
    if ALARM.fired:
        return TIMEOUT
    return FUEL_OUT if FUEL.empty else word


class Bench:
    """The tests of one request, in the order that kills soonest; the order learns as it goes."""

    def __init__(self, targets, guards, need, limits, seed, beat, scout=0, ready=None):
        self._ready = ready  # makes a test's module what the candidate makes of it; False: it cannot be imported
        self._scout = scout  # so many targets, the first ones, decide whether the others are run at all
        self.targets = targets
        self.guards = guards
        self._need = need
        self._limits = limits
        self._seed = seed
        self._beat = beat
        self._judged = 0

    def _sort(self):
        self._judged += 1
        if self._judged & (self._judged - 1) == 0 or self._judged % 64 == 0:
            if not self._scout:
                self.targets.sort(key=_worth, reverse=True)
            self.guards.sort(key=_worth, reverse=True)

    def judge(self, item, guards=None):
        """(verdict, passed cases, killer or None, tests run) of the program as it is now."""
        self._sort()
        ran, passed, killer, word = 0, [], None, KILLED
        for case in self.targets:
            found = self._attempt(case, item)
            ran += 1
            if found is True:
                passed.append(case)
                continue
            killer, word = case, found
            if self._need == "all" or (ran == self._scout and not passed):
                return word, passed, killer, ran
        if not passed and self.targets:
            return word, passed, killer, ran
        for case in self.guards if guards is None else guards:
            found = self._attempt(case, item)
            ran += 1
            if found is not True:
                return found, passed, case, ran
        return (PLAUSIBLE if killer is None else PARTIAL), passed, killer, ran

    def _attempt(self, case, item):
        self._beat.mark(item, WAITING * self._limits.seconds(case) + 2.0)
        found = attempt(case, self._limits, self._seed) if self._ready is None or self._ready(case) else KILLED
        case.runs += 1
        if found is not True:
            case.kills += 1
        return found


def _worth(case):
    return case.worth

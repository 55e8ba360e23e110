"""Try candidates: many in one fork, one after the other; a new fork when one of them left something behind."""

import time

from . import forks
from .build import Invalid, NotHere, build, digest
from .calibrate import calibrate
from .judge import Bench, Limits
from .limits import bound_memory
from .observe import observe

PER_FORK = 400
SLOWEST_BUILD = 20.0
RETRY_SHARE = 0.1  # of all time goes to those that ran out of fuel
MORE_FUEL = 10


class Place:
    """Where a candidate's edits fall: edits per outermost function that is live. None when they take an import."""

    def __init__(self, server):
        self._server = server
        self._targets = {}

    def group(self, edits):
        groups = {}
        for edit in edits:
            file = self._server.live.file(edit["file"])
            unit = file.unit_of(edit["start"], edit["end"]) if file is not None else None
            target = self._target(unit)
            if target is None:
                return None
            groups.setdefault(target, []).append((edit["start"], edit["end"], edit["text"]))
        return groups or None

    def _target(self, unit):
        if unit is None:
            return None
        if unit not in self._targets:
            self._targets[unit] = self._server.live.target(unit)
        return self._targets[unit]


class Trial:
    def __init__(self, server, request, emit):
        self._server = server
        self._emit = emit
        self._candidates = request["candidates"]
        self._need = request.get("need", "all")
        self._scout = int(request.get("scout") or 0)
        self._fuel = float(request.get("fuel") or 10.0)
        self._targets = server.known(request["targets"])
        self._guards = server.known(request.get("guards") or ())
        self._missing = [test for test in request["targets"] if test not in server.cases]
        self._seen = server.seen(request)
        self._reach = {}  # changed function -> ids of the guards that reach it
        self._slow = []
        self._starved = []  # ran out of fuel in a failing test; None while those are asked again
        self._sated = False

    def run(self):
        """Emit a verdict for each candidate that can be swapped in; return the ids of those that cannot."""
        if not self._targets or (self._missing and self._need == "all"):
            return [candidate["id"] for candidate in self._candidates]
        self._prepare()
        began = time.monotonic()
        self._go_through(list(range(len(self._candidates))))
        self._server.credit += RETRY_SHARE * (time.monotonic() - began)
        self._feed_starved()
        return self._slow

    def _go_through(self, queue, until=None):
        """Judge the candidates at ``queue``; what is not begun ``until`` then is left there."""
        while queue and (until is None or time.monotonic() < until):
            self._batch(queue, until)

    def _feed_starved(self):
        """Was it a run-away, or does a repaired program simply need more fuel than the broken one? Ask a few, first ones first.

        When one of them ends by itself, the limit was too low: all of them are asked, and the limit stays up.
        """
        starved, self._starved = self._starved, None
        if not starved:
            return
        self._limits.boost = MORE_FUEL * self._server.boost
        queue = [message["at"] for message in starved]
        began = time.monotonic()
        self._go_through(queue, began + self._server.credit)
        self._server.credit = max(0.0, self._server.credit - (time.monotonic() - began))
        if self._sated and queue:
            self._server.boost = self._limits.boost
            self._go_through(queue)
        for message in starved:
            if message["at"] in queue:
                self._reply(message)

    def _prepare(self):
        server, cases = self._server, self._targets + self._guards
        unseen = [case.id for case in cases if case.outcome is None]
        if unseen:
            observe(server, unseen, "lines", lambda message: None)
        files = {name for case in self._targets for name in case.lines}
        files |= {edit["file"] for item in self._candidates for edit in item["edits"]}
        server.instrument(files)
        self._place = Place(server)
        self._guards = self._relevant([case for case in self._guards if case.outcome == "passed"])
        cases = self._targets + self._guards
        calibrate(server, cases)
        self._limits = Limits(self._fuel, server.test_seconds, server.boost)
        self._limits.most_ticks = max([case.ticks or 0 for case in cases] or [0])

    def _relevant(self, guards):
        """The guards that reach a function some candidate changes: the others cannot tell."""
        for candidate in self._candidates:
            for target in self._place.group(candidate["edits"]) or ():
                if target not in self._reach:
                    unit = target.unit
                    self._reach[target] = {case.id for case in guards if _reaches(case, unit.file.name, unit.first, unit.last)}
        wanted = set().union(*self._reach.values())
        return [case for case in guards if case.id in wanted]

    def _batch(self, queue, until):
        def on_message(message):
            queue.remove(message["at"])
            self._receive(message)

        asked = list(queue[:PER_FORK])
        ending, _, _ = forks.run(lambda say: self._work(asked, until, say), on_message, self._server.beat)
        if ending != forks.DONE and queue and queue[0] in asked:
            verdict = "timeout" if ending == forks.STALLED else "crash"
            self._receive({"at": queue.pop(0), "verdict": verdict, "passed": [], "killer": None, "ran": 1})

    def _receive(self, message):
        candidate = self._candidates[message["at"]]
        if message["verdict"] == "slow":
            self._slow.append(candidate["id"])
            return
        if message.get("digest"):
            self._seen[message["digest"]] = candidate["id"]
        for test in message["passed"]:
            self._server.cases[test].runs += 1
        killer = self._server.cases.get(message["killer"])
        if killer is not None:
            killer.kills += 1
            killer.runs += 1
        if message["verdict"] == "fuel" and self._starved is not None and killer is not None and killer.outcome != "passed":
            self._starved.append(message)
            return
        if self._starved is None and message["verdict"] not in ("fuel", "timeout", "crash"):
            self._sated = True
        self._reply(message)

    def _reply(self, message):
        reply = {
            "event": "tried",
            "id": self._candidates[message["at"]]["id"],
            "verdict": message["verdict"],
            "passed": message["passed"],
            "killed_by": message["killer"],
            "ran": message["ran"],
        }
        if "twin" in message:
            reply["twin"] = message["twin"]
        self._emit(reply)

    def _work(self, asked, until, say):
        """In the child: judge one after the other, until state leaked."""
        server = self._server
        bound_memory()
        bench = Bench(list(self._targets), list(self._guards), self._need, self._limits, server.seed, server.beat, self._scout)
        originals = {}
        for at in asked:
            if until is not None and time.monotonic() > until:
                return
            server.beat.mark(at, SLOWEST_BUILD)
            message = self._one(bench, originals, at)
            say(message)
            if message["ran"] and (message["verdict"] == "timeout" or not server.state.restore()):
                return

    def _one(self, bench, originals, at):
        message = {"at": at, "verdict": "invalid", "passed": [], "killer": None, "ran": 0}
        try:
            codes = self._build(self._candidates[at]["edits"])
        except Invalid:
            return message
        except NotHere:
            return dict(message, verdict="slow")
        name = digest({_key(target): code for target, code in codes.items()})
        again = self._starved is None  # asked a second time: it is its own twin
        twin = None if again else self._seen.get(name)
        if not again and twin is None and name == self._original(originals, codes):
            twin = 0
        if twin is not None:
            return dict(message, verdict="duplicate", twin=twin)
        self._seen[name] = self._candidates[at]["id"]
        for target, code in codes.items():
            target.swap(code)
        try:
            verdict, passed, killer, ran = bench.judge(at, self._guards_of(codes, bench))
        finally:
            for target in codes:
                target.restore()
        return dict(
            message, verdict=verdict, passed=[case.id for case in passed], killer=killer.id if killer else None, ran=ran, digest=name
        )

    def _build(self, edits):
        groups = self._place.group(edits)
        if groups is None:
            raise NotHere
        return {target: build(target, spans, target.code.co_filename) for target, spans in groups.items()}

    def _original(self, originals, codes):
        key = tuple(codes)
        if key not in originals:
            originals[key] = digest({_key(target): build(target, [], target.code.co_filename) for target in codes})
        return originals[key]

    def _guards_of(self, codes, bench):
        if len(self._reach) == 1:
            return bench.guards
        wanted = set().union(*(self._reach[target] for target in codes))
        return [case for case in bench.guards if case.id in wanted]


def _key(target):
    return (target.unit.file.name, target.unit.name, target.unit.line)


def _reaches(case, name, first, last):
    lines = case.lines.get(name)
    return lines is not None and any(first <= line <= last for line in lines)

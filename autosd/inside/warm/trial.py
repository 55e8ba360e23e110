"""Try candidates: many in one fork, one after the other; a new fork when one of them left something behind."""

import time

from . import forks
from .build import Invalid, NotHere
from .calibrate import calibrate
from .judge import KILLED, PARTIAL, PLAUSIBLE, TIMEOUT, Bench, Limits
from .limits import bound_memory
from .observe import observe
from .reimport import Elsewhere
from .ways import Again, Place, Swap

SLOWEST_BUILD = 20.0
RETRY_SHARE = 0.1  # of all time goes to those that ran out of fuel
MORE_FUEL = 10


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
        self._slow = []  # places of those that are not for the way in use
        self._starved = []  # ran out of fuel in a failing test; None while those are asked again
        self._sated = False

    def run(self):
        """Emit a verdict for each candidate that can be swapped in; return the ids of those that cannot."""
        if not self._targets or (self._missing and self._need == "all"):
            return [candidate["id"] for candidate in self._candidates]
        self._prepare()
        self._way, self._bench = Swap(self._place), (self._targets, self._guards)
        self._phase(list(range(len(self._candidates))))
        for plan, queue in self._plans():
            bench = self._agreeing(plan)
            if bench:
                self._way, self._bench = Again(self._server, self._place, plan.rerun), (bench, [])
                self._slow = [at for at in self._slow if at not in queue]
                self._phase(queue)
        return [self._candidates[at]["id"] for at in sorted(self._slow)]

    def _phase(self, queue):
        began = time.monotonic()
        self._starved, self._sated = [], False
        self._limits.boost = self._server.boost
        self._go_through(queue)
        self._server.credit += RETRY_SHARE * (time.monotonic() - began)
        self._feed_starved()

    def _plans(self):
        """Those that were left over, by how their modules can be run again."""
        queues = {}
        if not self._missing:
            for at in self._slow:
                queues.setdefault(frozenset(edit["file"] for edit in self._candidates[at]["edits"]), []).append(at)
        return [(self._server.plan(files), queue) for files, queue in queues.items()]

    def _agreeing(self, plan):
        """The targets that can be run there; none when those that decide are not among them."""
        agreeing = plan.agreeing(self._targets, self._limits)
        deciding = self._targets[: self._scout] if self._scout else self._targets
        if self._need == "any" and not {case.id for case in deciding} <= {case.id for case in agreeing}:
            return []
        return agreeing

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
        server.preload()
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

        asked = list(queue[: self._way.per_fork])
        ending, _, _ = forks.run(lambda say: self._work(asked, until, say), on_message, self._server.beat)
        if ending != forks.DONE and queue and queue[0] in asked:
            verdict = "timeout" if ending == forks.STALLED else "crash"
            self._receive({"at": queue.pop(0), "verdict": verdict, "passed": [], "killer": None, "ran": 1})

    def _receive(self, message):
        candidate = self._candidates[message["at"]]
        if message.get("digest"):
            self._seen[message["digest"]] = candidate["id"]
        if message["verdict"] == "slow":
            self._slow.append(message["at"])
            return
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
        targets, guards = map(list, self._bench)
        bench = Bench(targets, guards, self._need, self._limits, server.seed, server.beat, self._scout, self._way.ready)
        for at in asked:
            if until is not None and time.monotonic() > until:
                return
            server.beat.mark(at, SLOWEST_BUILD)
            message = self._one(bench, at)
            say(message)
            if "digest" in message and (message["verdict"] == "timeout" or not server.state.restore()):
                return

    def _one(self, bench, at):
        message = {"at": at, "verdict": "invalid", "passed": [], "killer": None, "ran": 0}
        try:
            change, name, original = self._way.build(self._candidates[at]["edits"])
        except Invalid:
            return message
        except NotHere:
            return dict(message, verdict="slow")
        if self._starved is not None:  # asked a second time, it is its own twin
            twin = self._seen.get(name, 0 if name == original else None)
            if twin is not None:
                return dict(message, verdict="duplicate", twin=twin)
        self._seen[name] = self._candidates[at]["id"]
        message["digest"] = name
        try:
            entered = self._way.enter(change)
            verdict, passed, killer, ran = self._judge(bench, at) if entered else (KILLED, [], None, 0)
        except Elsewhere:
            return dict(message, verdict="slow")
        finally:
            self._way.leave(change)
        if self._way.ran_away:
            verdict = TIMEOUT
        if verdict in (PLAUSIBLE, PARTIAL) and not self._way.is_final:
            return dict(message, verdict="slow")
        return dict(message, verdict=verdict, passed=[case.id for case in passed], killer=killer.id if killer else None, ran=ran)

    def _judge(self, bench, at):
        if len(self._reach) == 1 or not bench.guards:
            return bench.judge(at)
        groups = self._place.group(self._candidates[at]["edits"])
        wanted = set().union(*(self._reach[target] for target in groups))
        return bench.judge(at, [case for case in bench.guards if case.id in wanted])


def _reaches(case, name, first, last):
    lines = case.lines.get(name)
    return lines is not None and any(first <= line <= last for line in lines)

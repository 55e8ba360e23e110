"""Try candidates: many in one fork, one after the other; a new fork when one of them left something behind."""

from . import forks
from .build import Invalid, NotHere, build, digest
from .calibrate import calibrate
from .judge import Bench, Limits
from .limits import bound_memory
from .observe import observe

PER_FORK = 400
SLOWEST_BUILD = 20.0


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
        self._slow = []

    def run(self):
        """Emit a verdict for each candidate that can be swapped in; return the ids of those that cannot."""
        if not self._targets or (self._missing and self._need == "all"):
            return [candidate["id"] for candidate in self._candidates]
        self._prepare()
        position = 0
        while position < len(self._candidates):
            position = self._batch(position)
        return self._slow

    def _prepare(self):
        server, cases = self._server, self._targets + self._guards
        unseen = [case.id for case in cases if case.outcome is None]
        if unseen:
            observe(server, unseen, "lines", lambda message: None)
        files = {name for case in cases for name in case.lines} | {edit["file"] for item in self._candidates for edit in item["edits"]}
        server.instrument(files)
        calibrate(server, cases)
        self._limits = Limits(self._fuel, server.test_seconds)
        self._limits.most_ticks = max([case.ticks or 0 for case in cases] or [0])
        self._guards = [case for case in self._guards if case.outcome == "passed"]
        self._place = Place(server)

    def _batch(self, position):
        done = [position]

        def on_message(message):
            done[0] = message["at"] + 1
            self._receive(message)

        ending, _, _ = forks.run(lambda say: self._work(position, say), on_message, self._server.beat)
        if ending != forks.DONE and done[0] < len(self._candidates):
            verdict = "timeout" if ending == forks.STALLED else "crash"
            self._receive({"at": done[0], "verdict": verdict, "passed": [], "killer": None, "ran": 1})
            done[0] += 1
        return done[0]

    def _receive(self, message):
        candidate = self._candidates[message["at"]]
        if message["verdict"] == "slow":
            self._slow.append(candidate["id"])
            return
        name = message.get("digest")
        if name:
            self._seen[name] = candidate["id"]
        killer = message["killer"]
        if killer is not None:
            self._server.cases[killer].kills += 1
        for test in message.get("runs", ()):
            self._server.cases[test].runs += 1
        reply = {
            "event": "tried",
            "id": candidate["id"],
            "verdict": message["verdict"],
            "passed": message["passed"],
            "killed_by": killer,
            "ran": message["ran"],
        }
        if "twin" in message:
            reply["twin"] = message["twin"]
        self._emit(reply)

    def _work(self, position, say):
        """In the child: judge from ``position`` on, until the batch is full or state leaked."""
        server = self._server
        bound_memory()
        bench = Bench(list(self._targets), list(self._guards), self._need, self._limits, server.seed, server.beat, self._scout)
        originals = {}
        for at in range(position, min(position + PER_FORK, len(self._candidates))):
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
        twin = self._seen.get(name)
        if twin is None and name == self._original(originals, codes):
            twin = 0
        if twin is not None:
            return dict(message, verdict="duplicate", twin=twin)
        self._seen[name] = self._candidates[at]["id"]
        for target, code in codes.items():
            target.swap(code)
        try:
            verdict, passed, killer, ran = bench.judge(at, self._relevant(codes, bench))
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

    def _relevant(self, codes, bench):
        """Guards that reach a changed function: the others cannot tell."""
        spans = [(target.unit.file.name, target.unit.first, target.unit.last) for target in codes]
        return [case for case in bench.guards if any(_reaches(case, *span) for span in spans)]


def _key(target):
    return (target.unit.file.name, target.unit.name, target.unit.line)


def _reaches(case, name, first, last):
    lines = case.lines.get(name)
    return lines is not None and any(first <= line <= last for line in lines)

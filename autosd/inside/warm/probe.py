"""How candidates behave on inputs that tests gave the changed function, and on inputs near those."""

from . import forks, outcome
from .build import Invalid, NotHere, build
from .case import PASSED
from .failure import brief
from .judge import FLOOR, seed_random
from .limits import ALARM, FUEL, PLENTY, OutOfTime, bound_memory
from .record import MOST_PER_TEST, Recorder, neighbours, together
from .trial import Place

CALL_SECONDS = 0.5
SHOWN = 120  # characters of an input in the reply for the original


def probe(server, request, emit):
    """Emit one ``probed`` for the original (id 0) and each candidate that can be swapped in."""
    cases = server.known(request["tests"])
    server.instrument({edit["file"] for item in request["candidates"] for edit in item["edits"]})
    job = Probe(server, cases, request)
    heard = []
    while job.possible and len(heard) <= len(request["candidates"]):  # position 0 is the original
        ending, _, _ = forks.run(lambda say: job.work(len(heard), say), heard.append, server.beat)
        if ending != forks.DONE:
            if not heard:
                break  # not even the original survives its own tests here
            heard.append(_nothing(job.id_at(len(heard))))
    answered = {found["id"] for found in heard}
    heard += [_nothing(job.id_at(at)) for at in range(len(request["candidates"]) + 1) if job.id_at(at) not in answered]
    _compare(heard, emit)


def _nothing(id):
    return {"event": "probed", "id": id, "outputs": [], "kinds": ""}


def _compare(heard, emit):
    """Fill in ``agree``: the share of inputs of passing tests on which a candidate does as the original."""
    original = next((found for found in heard if found["id"] == 0), _nothing(0))
    passing = [index for index, kind in enumerate(original["kinds"]) if kind == "p"]
    for found in heard:
        outputs = found["outputs"]
        same = [outputs[index] == original["outputs"][index] for index in passing if index < len(outputs)]
        found["agree"] = sum(same) / len(same) if same else None
        found["kept"] = len(outputs)
        emit(found)


class Probe:
    def __init__(self, server, cases, request):
        self._server = server
        self._cases = cases
        self._candidates = request["candidates"]
        self._samples = int(request.get("samples") or 60)
        self._seed = int(request.get("seed") or 0)
        self._place = Place(server)
        self._target = self._find()

    @property
    def possible(self):
        return self._target is not None

    def id_at(self, at):
        return 0 if at == 0 else self._candidates[at - 1]["id"]

    def _find(self):
        """The function that most candidates change: inputs are comparable for one function only."""
        votes = {}
        for candidate in self._candidates:
            for target in self._place.group(candidate["edits"]) or ():
                votes[target] = votes.get(target, 0) + 1
        return max(votes, key=votes.get) if votes else None

    def work(self, at, say):
        """In the child: record, then run the original or the candidates from ``at`` on."""
        bound_memory()
        calls, kinds = self._record()
        for position in range(at, len(self._candidates) + 1):
            self._server.beat.mark(position, CALL_SECONDS * 4 + 5.0)
            found = dict(_nothing(self.id_at(position)))
            codes = self._codes(position)
            if codes is not None:
                found.update(outputs=self._outputs(codes, calls), kinds=kinds)
            if position == 0:
                found["inputs"] = [brief(call, SHOWN) for call in calls]
            say(found)

    def _record(self):
        """Calls of passing and of failing tests, and neighbours of either; the letters (p, f, n, m) say which is which."""
        passing, failing = [], []
        for case in self._cases:
            with Recorder(self._target.code, MOST_PER_TEST) as recorder:
                self._run(case)
            (passing if case.outcome == PASSED else failing).extend(recorder.calls)
            self._server.state.restore()
        third = max(4, self._samples // 3)
        passing, failing = _spread(passing, third), _spread(failing, third)
        left = max(0, self._samples - len(passing) - len(failing))
        good = neighbours(passing, left // 2, self._seed, failing)
        bad = neighbours(failing, left - len(good), self._seed, passing)
        calls = passing + failing + good + bad
        return calls, "p" * len(passing) + "f" * len(failing) + "n" * len(good) + "m" * len(bad)

    def _run(self, case):
        self._server.beat.mark(0, 2 * self._server.test_seconds + 5.0)
        seed_random(self._server.seed)
        FUEL.fill(max(40 * FLOOR, 4 * (case.ticks or 0)))
        try:
            ALARM.arm(min(self._server.test_seconds, max(0.5, 10 * case.seconds)))
            try:
                case.call()
            finally:
                ALARM.disarm()
        except BaseException:
            pass  # a failing test ends by failing

    def _codes(self, position):
        if position == 0:
            return {}
        try:
            groups = self._place.group(self._candidates[position - 1]["edits"])
            return {target: build(target, spans, target.code.co_filename) for target, spans in (groups or {}).items()} or None
        except (Invalid, NotHere):
            return None

    def _outputs(self, codes, calls):
        for target, code in codes.items():
            target.swap(code)
        try:
            return [self._call(positional, keyword) for positional, keyword in calls]
        finally:
            for target in codes:
                target.restore()

    def _call(self, positional, keyword):
        positional, keyword = together((positional, keyword))
        function = self._target.functions[0]
        seed_random(self._server.seed)
        FUEL.fill(10 * FLOOR)
        try:
            ALARM.arm(CALL_SECONDS)
            try:
                result = outcome.drained(function(*positional, **keyword))
                found = outcome.digest(result, (positional, keyword))
            finally:
                ALARM.disarm()
        except OutOfTime:
            found = "timeout"
        except BaseException as error:
            found = outcome.of_error(error)
        if FUEL.empty:
            found = "fuel"
        FUEL.fill(PLENTY)
        self._server.state.restore()
        return found


def _spread(calls, count):
    """``count`` of ``calls``, evenly from all tests."""
    if len(calls) <= count:
        return calls
    step = len(calls) / count
    return [calls[int(index * step)] for index in range(count)]

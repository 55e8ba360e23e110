"""Run tests once on the unchanged program and tell what happened in each."""

import time

from . import case as words
from . import failure, forks
from .judge import seed_random
from .limits import ALARM, FUEL, PLENTY, OutOfTime
from .tracing import NoTracer, lines_tracer
from .values import ValueTracer

MOST_LINES = 20000
LOOK = 0.05  # seconds


def observe(server, tests, detail, emit):
    """Stream one ``observed`` per known test, in the order asked for."""
    known = [server.cases[test] for test in tests if test in server.cases]
    for test in tests:
        if test not in server.cases:
            emit(
                {
                    "event": "observed",
                    "test": test,
                    "outcome": "error",
                    "seconds": 0.0,
                    "ticks": None,
                    "lines": {},
                    "failure": _unknown(server, test),
                }
            )
    position = 0
    while position < len(known):
        position = _batch(server, known, position, detail, emit)


def _unknown(server, test):
    """Why a test was not collected: the error of its file, when there was one."""
    for error in server.errors:
        if error["test"] and (test == error["test"] or test.startswith(error["test"] + "::")):
            return error
    if len(server.errors) == 1:
        return server.errors[0]
    message = "not collected: " + test
    return {"kind": "NotCollected", "message": message, "frames": [], "left": None, "right": None, "locals": {}}


def _batch(server, known, position, detail, emit):
    """Observe from ``position`` on in one child, for as long as it leaves no traces. Returns where to go on."""
    heard = []

    def on_message(message):
        heard.append(message)
        if message["outcome"] != words.TIMEOUT:
            _tell(server, message, emit)

    def body(say):
        for index in range(position, len(known)):
            server.beat.mark(index, 2 * server.test_seconds + 8.0)
            message = observe_one(server, known[index], detail)
            say(message)
            if message["outcome"] == words.TIMEOUT or not server.state.restore():
                return

    ending, _, status = forks.run(body, on_message, server.beat)
    at = position + len(heard)
    if heard and heard[-1]["outcome"] == words.TIMEOUT:
        _again_without_tracing(server, known[at - 1], heard[-1], emit)
    elif ending != forks.DONE and at < len(known):
        emit(_lost(server, known[at], ending, status))
        at += 1
    return at


def _tell(server, message, emit):
    _remember(server, message)
    emit(message)


def _again_without_tracing(server, case, late, emit):
    """Tracing makes a test many times slower: was that all? How it ends is told by a run without."""
    heard = []

    def body(say):
        server.beat.mark(0, 2 * server.test_seconds + 5.0)
        say(observe_one(server, case, None))

    ending, _, _ = forks.run(body, heard.append, server.beat)
    if heard and heard[0]["outcome"] != words.TIMEOUT:
        late.pop("looped", None)
        late.update((name, heard[0][name]) for name in ("outcome", "seconds", "failure"))
    elif not heard and ending == forks.CRASHED:
        late.update(outcome=words.CRASHED)
    _tell(server, late, emit)


def _lost(server, lost, ending, status):
    lost.outcome = words.TIMEOUT if ending == forks.STALLED else words.CRASHED
    lost.seconds = server.test_seconds if ending == forks.STALLED else 0.0
    message = "did not end in its time" if lost.outcome == words.TIMEOUT else "took its process down (status {})".format(status)
    kind = "Timeout" if lost.outcome == words.TIMEOUT else "Crash"
    found = {"kind": kind, "message": message, "frames": [], "left": None, "right": None, "locals": {}}
    return {
        "event": "observed",
        "test": lost.id,
        "outcome": lost.outcome,
        "seconds": lost.seconds,
        "ticks": None,
        "lines": {},
        "failure": found,
    }


def _remember(server, message):
    case = server.cases[message["test"]]
    server.late.want(message.pop("imported", ()))
    case.outcome = message["outcome"]
    case.seconds = message["seconds"]
    case.lines = {name: set(lines) for name, lines in message["lines"].items()}


def observe_one(server, case, detail):
    """Run one test here and now; ``detail`` None: without tracing, for how it ends alone."""
    tracer = _tracer(server, detail)
    limit = server.patience(case, traced=detail is not None)
    seed_random(server.seed)
    FUEL.fill(PLENTY)
    ALARM.before = (lambda frame: _look(tracer, frame)) if detail else None
    started = time.perf_counter()
    outcome, error = _run(case, tracer, limit)
    seconds = time.perf_counter() - started
    ALARM.before = None
    timed_out = bool(ALARM.fired)
    looped = tracer.looped()
    message = {
        "event": "observed",
        "test": case.id,
        "outcome": words.TIMEOUT if timed_out else outcome,
        "seconds": round(seconds, 6),
        "ticks": None,
        "lines": {name: sorted(lines)[:MOST_LINES] for name, lines in tracer.lines.items() if lines},
        "failure": failure.describe(error, server.project, timed_out)
        if error is not None and (timed_out or outcome != words.PASSED)
        else None,
    }
    imported = server.late.noticed()
    if imported:
        message["imported"] = imported
    if timed_out:
        message["looped"] = looped
        if message["failure"]:
            message["failure"].update(kind="Timeout", message="did not end in {:.3g} s".format(server.test_seconds))
    if detail == "full":
        message.update(tracer.findings())
    return message


def _tracer(server, detail):
    if detail is None:
        return NoTracer()
    return ValueTracer(server.project) if detail == "full" else lines_tracer(server.project)


def _look(tracer, frame):
    """At the first alarm: watch for a moment where the test goes round, then let the next alarm raise."""
    tracer.look_again(frame)
    ALARM.snooze(LOOK)
    return True


def _run(case, tracer, seconds):
    error, outcome = None, words.ERROR
    try:
        ALARM.arm(seconds)
        tracer.start()
        try:
            outcome, error = case.full()
        finally:
            tracer.stop()
            ALARM.disarm()
    except OutOfTime as late:
        error, outcome = late, words.TIMEOUT
    except BaseException as raised:
        error = raised
    return outcome, error

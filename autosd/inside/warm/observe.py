"""Run tests once on the unchanged program and tell what happened in each."""

import signal
import time

from . import case as words
from . import failure, forks
from .judge import seed_random
from .limits import ALARM, FUEL, PLENTY, OutOfTime
from .tracing import lines_tracer
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
    reached = [position]

    def on_message(message):
        reached[0] += 1
        _remember(server.cases[message["test"]], message)
        emit(message)

    def body(say):
        for index in range(position, len(known)):
            server.beat.mark(index, server.test_seconds * 1.5 + 5.0)
            say(observe_one(server, known[index], detail))
            if not server.state.restore():
                return

    ending, item, status = forks.run(body, on_message, server.beat)
    if ending != forks.DONE and reached[0] < len(known):
        lost = known[reached[0]]
        lost.outcome = words.TIMEOUT if ending == forks.STALLED else words.CRASHED
        lost.seconds = server.test_seconds if ending == forks.STALLED else 0.0
        emit(_lost(lost, status))
        reached[0] += 1
    return reached[0]


def _lost(lost, status):
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


def _remember(case, message):
    case.outcome = message["outcome"]
    case.seconds = message["seconds"]
    case.lines = {name: set(lines) for name, lines in message["lines"].items()}


def observe_one(server, case, detail):
    tracer = ValueTracer(server.project) if detail == "full" else lines_tracer(server.project)
    seed_random(server.seed)
    FUEL.fill(PLENTY)
    ALARM.before = lambda frame: _look(tracer)
    started = time.perf_counter()
    outcome, error = _run(case, tracer, server.test_seconds)
    seconds = time.perf_counter() - started
    timed_out = bool(ALARM.fired)
    ALARM.before = None
    if timed_out:
        outcome = words.TIMEOUT
    looped = tracer.looped()
    message = {
        "event": "observed",
        "test": case.id,
        "outcome": outcome,
        "seconds": round(seconds, 6),
        "ticks": None,
        "lines": {name: sorted(lines)[:MOST_LINES] for name, lines in tracer.lines.items() if lines},
        "failure": failure.describe(error, server.project) if error is not None and outcome != words.PASSED else None,
    }
    if timed_out:
        message["looped"] = looped
        if message["failure"]:
            message["failure"].update(kind="Timeout", message="did not end in {:.3g} s".format(server.test_seconds))
    if detail == "full":
        message.update(tracer.findings())
    return message


def _look(tracer):
    """At the first alarm: watch for a moment where the test goes round, then let the next alarm raise."""
    tracer.look_again()
    signal.setitimer(signal.ITIMER_REAL, LOOK, 0.5)
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

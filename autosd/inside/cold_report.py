"""What every runner inside the sandbox says in the same words: records, failures, limits, and the digest of a test's own code."""

import hashlib
import json
import os
import re
import signal
import traceback

HEAD, TAIL = 12, 36  # frames kept of a long traceback
_TEXT_FRAME = re.compile(r'File "(.+?)", line (\d+)(?:, in (.+))?')
_OWN = (
    "/_pytest/",
    "/pluggy/",
    "/unittest/case.py",
    "/unittest/suite.py",
    "/unittest/loader.py",
    "/inside/cold",
    "<frozen importlib",
    "/importlib/__init__.py",
    "/ast.py",
)


class TestTimeout(BaseException):
    """Raised inside a test that did not end in its time; no ``except Exception`` of the subject swallows it."""

    __test__ = False


class Sink:
    """The child's end of its pipe. A forked copy of the test process has no voice here."""

    def __init__(self, pipes, nonce, root):
        self.root = root.rstrip("/") + "/"
        pid, count = os.getpid(), 0
        writing, hearing = pipes

        def send(record):
            nonlocal count
            if os.getpid() != pid:
                return
            count += 1
            data = ("%s %s\n" % (nonce, json.dumps(dict(record, n=count)))).encode("ascii")
            while data:
                data = data[os.write(writing, data) :]
            if record["e"] in ("start", "collecting"):
                os.read(hearing, 1)

        self.send = send

    def relative(self, path):
        path = os.path.realpath(path) if path and not path.startswith(("<", self.root)) else path
        return path[len(self.root) :] if path.startswith(self.root) else path

    def result(self, test, outcome, seconds, failure):
        self.send({"e": "result", "id": test, "outcome": outcome, "seconds": round(seconds, 6), "failure": failure})

    def failure(self, error):
        """An exception in the words of the report: kind, first line, the way there."""
        frames = self.frames(error)
        if isinstance(error, SyntaxError) and error.filename:
            frames.append({"file": self.relative(error.filename), "line": error.lineno or 0, "function": "<module>"})
        return {"kind": type(error).__name__, "message": first_line(error), "frames": frames}

    def frames(self, error):
        found = []
        for frame, line in traceback.walk_tb(error.__traceback__):
            code = frame.f_code
            if not any(own in code.co_filename for own in _OWN):
                found.append({"file": self.relative(code.co_filename), "line": line, "function": code.co_name})
        return found if len(found) <= HEAD + TAIL else found[:HEAD] + found[-TAIL:]

    def failure_from_text(self, text):
        """The same from a formatted traceback, for runners that keep only that."""
        frames = [
            {"file": self.relative(file), "line": int(line), "function": function or "<module>"}
            for file, line, function in _TEXT_FRAME.findall(text)
            if not any(own in file for own in _OWN)
        ]
        last = [line for line in text.strip().splitlines() if line.strip()][-1:] or [""]
        kind, _, message = last[0].partition(":")
        return {"kind": kind.strip().rpartition(".")[2], "message": message.strip()[:500], "frames": frames[-TAIL:]}


def first_line(error):
    try:
        text = str(error)
    except Exception as broken:
        text = "<its message cannot be shown: %s>" % type(broken).__name__
    return (text.strip().splitlines() or [""])[0][:500]


MANY_TIMEOUTS = 8


class Clockwork:
    """The soft limit of each test: SIGALRM raises in it. Each timeout halves the next limit: hanging tests come in groups."""

    def __init__(self, seconds, timeouts):
        self.timeouts = timeouts
        self.limit = max(seconds / 2**timeouts, min(seconds, self.least()))
        self.slowest = 0.0

    def least(self):
        """Many that hang would use up the time of the whole suite, a second each."""
        return 1.0 if self.timeouts < MANY_TIMEOUTS else 0.3

    def next_limit(self):
        return max(self.limit, 10 * self.slowest)

    def start(self, limit):
        def ring(number, frame):
            raise TestTimeout("did not end within %g seconds" % limit)

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, limit)

    def stop(self, seconds, timed_out):
        signal.setitimer(signal.ITIMER_REAL, 0)
        if timed_out:
            self.timeouts += 1
            self.limit = max(self.limit / 2, self.least())
        else:
            self.slowest = max(self.slowest, min(seconds, self.limit / 10))


def code_digest(function, file):
    """Of the code of a test as it is loaded, whatever the path of its tree; "" when it does not come from its own ``file``
    (a decorator of the project stands before it: that one a candidate may change)."""
    seen = 0
    while hasattr(function, "__wrapped__") and seen < 20:
        function, seen = function.__wrapped__, seen + 1
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None or (code.co_filename != file and os.path.realpath(code.co_filename) != os.path.realpath(file)):
        return ""
    digest = hashlib.sha1(usedforsecurity=False)
    _feed(digest, code)
    return digest.hexdigest()[:16]


def _feed(digest, code):
    digest.update(code.co_code)
    digest.update(repr((code.co_names, code.co_varnames, code.co_argcount)).encode())
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            _feed(digest, constant)
        elif isinstance(constant, frozenset):
            digest.update(repr(sorted(map(repr, constant))).encode())
        else:
            digest.update(repr(constant).encode())

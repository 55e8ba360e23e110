"""The unittest child: the standard program with a result of ours that reports and limits."""

import sys
import time
import unittest

from cold_guard import Guard
from cold_report import Clockwork, code_digest

LOST = "unittest.loader._FailedTest."


def run(request, sink):
    sys.argv[:] = ["python -m unittest"]
    words = list(request["args"]) or ["discover"]
    unittest.TestProgram(module=None, argv=["python -m unittest"] + words, exit=False, testRunner=Runner(request, sink))


class Runner:
    def __init__(self, request, sink):
        self.request, self.sink = request, sink

    def run(self, suite):
        wanted = None if self.request["tests"] is None else set(self.request["tests"])
        skip = set(self.request["skip"])
        guard = Guard()
        tests = [test for test in flatten(suite) if wanted is None or name_of(test) in wanted]
        tests = list({name_of(test): test for test in tests}.values())
        codes = {name_of(test): digest_of(test) for test in tests}
        self.sink.send({"e": "collected", "ids": list(codes), "codes": list(codes.values()), "notes": guard.news()})
        result = Result(self.request, self.sink, guard, codes)
        unittest.TestSuite(test for test in tests if name_of(test) not in skip).run(result)
        result.report_unreached([name for name in codes if name not in skip])
        return result


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.BaseTestSuite):
            yield from flatten(test)
        else:
            yield test


def name_of(test):
    name = test.id()
    return name[len(LOST) :] if name.startswith(LOST) else name


def digest_of(test):
    module = sys.modules.get(type(test).__module__)
    return code_digest(getattr(test, getattr(test, "_testMethodName", ""), None), getattr(module, "__file__", None) or "")


class Result(unittest.TestResult):
    """One record when a test starts, one when it stops."""

    def __init__(self, request, sink, guard, codes):
        super().__init__()
        self.sink, self.guard, self.codes = sink, guard, codes
        self.clockwork = Clockwork(request["test_seconds"], request["timeouts"])
        self.verdict = None
        self.told = set()
        self.fixture = None  # how the last broken class or module fixture ended

    def startTest(self, test):
        super().startTest(test)
        self.verdict = None
        limit = self.clockwork.next_limit()
        self.sink.send({"e": "start", "id": name_of(test), "limit": limit})
        self.began = time.perf_counter()
        self.clockwork.start(limit)

    def stopTest(self, test):
        seconds = time.perf_counter() - self.began
        outcome, failure = self.verdict or ("crashed", None)
        self.clockwork.stop(seconds, outcome == "timeout")
        notes = self.guard.news()
        if digest_of(test) != self.codes.get(name_of(test)):
            notes.append("test code changed:" + name_of(test))
        if notes:
            self.sink.send({"e": "notes", "notes": notes})
        self.tell(name_of(test), outcome, seconds, failure)
        super().stopTest(test)

    def tell(self, name, outcome, seconds, failure):
        if name not in self.told:
            self.told.add(name)
            self.sink.result(name, outcome, seconds, failure)

    def judge(self, test, outcome, error=None):
        if error is None:
            failure = None
        elif name_of(test) != test.id():  # could not be loaded: all that unittest keeps is the text
            failure = self.sink.failure_from_text(str(error))
        else:
            failure = self.sink.failure(error)
        outcome = "timeout" if type(error).__name__ == "TestTimeout" else outcome
        if not hasattr(test, "_testMethodName"):
            self.fixture = (outcome, failure)
        elif self.verdict is None or self.verdict[0] in ("passed", "skipped"):
            self.verdict = (outcome, failure)

    def report_unreached(self, names):
        """Tests that a broken class or module fixture kept from running ended as the fixture did."""
        if self.fixture is not None:
            for name in names:
                self.tell(name, self.fixture[0], 0.0, self.fixture[1])

    def addSuccess(self, test):
        self.verdict = self.verdict or ("passed", None)

    def addFailure(self, test, err):
        self.judge(test, "failed", err[1])

    def addError(self, test, err):
        self.judge(test, "error", err[1])

    def addSkip(self, test, reason):
        self.judge(test, "skipped")

    def addExpectedFailure(self, test, err):
        self.judge(test, "skipped")

    def addUnexpectedSuccess(self, test):
        self.verdict = ("failed", {"kind": "UnexpectedSuccess", "message": "expected to fail, but passed", "frames": []})

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.judge(test, "failed" if issubclass(err[0], test.failureException) else "error", err[1])

"""unittest's tests as cases: run alone, or in a suite of one when class or module fixtures are involved."""

import sys
import unittest

from . import case
from .case import Case, NotPassed
from .copying import is_plain_class


class Result:
    """The smallest result object that unittest accepts; keeps the first failure."""

    shouldStop = False
    failfast = False
    buffer = False
    tb_locals = False
    _moduleSetUpFailed = False
    _previousTestClass = None
    _testRunEntered = False

    def __init__(self):
        self.error = None
        self.failed = False
        self.skipped = False

    def startTest(self, test): ...
    def stopTest(self, test): ...
    def startTestRun(self): ...
    def stopTestRun(self): ...
    def addSuccess(self, test): ...
    def addExpectedFailure(self, test, error): ...
    def addDuration(self, test, elapsed): ...

    def addSkip(self, test, reason):
        self.skipped = True

    def addFailure(self, test, error):
        self.failed = True
        self._keep(error)

    def addError(self, test, error):
        self._keep(error)

    def addUnexpectedSuccess(self, test):
        self.failed = True
        self.error = self.error or NotPassed("unexpected success")

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.failed = self.failed or issubclass(error[0], test.failureException)
            self._keep(error)

    def _keep(self, error):
        if self.error is None:
            self.error = error[1] if error[1] is not None else NotPassed("failed")

    def wasSuccessful(self):
        return self.error is None


def run_alone(test):
    result = Result()
    test.run(result)
    if result.error is not None:
        raise result.error
    if result.skipped:
        raise NotPassed("skipped")


class UnittestCase(Case):
    def __init__(self, test, file, line):
        self.test = test
        ways = [self._in_suite]
        if isinstance(test, unittest.TestCase) and _no_shared_fixtures(test):
            ways.insert(0, lambda: run_alone(type(test)(test._testMethodName)))
        super().__init__(test.id(), file, line, ways)

    @property
    def holds_nothing(self):
        return isinstance(self.test, unittest.TestCase) and is_plain_class(type(self.test))

    def is_same(self, namespace):
        return hasattr(namespace.get(type(self.test).__name__), getattr(self.test, "_testMethodName", ""))

    def full(self):
        result = self._run()
        if result.error is not None:
            return (case.FAILED if result.failed else case.ERROR), result.error
        return (case.SKIPPED if result.skipped else case.PASSED), None

    def _in_suite(self):
        outcome, error = self.full()
        if outcome != case.PASSED:
            raise error or NotPassed(outcome)

    def _run(self):
        result = Result()
        unittest.TestSuite([_again(self.test)]).run(result)
        return result


def _again(test):
    """A new instance: a TestCase keeps state between runs."""
    if isinstance(test, unittest.FunctionTestCase) or not isinstance(test, unittest.TestCase):
        return test
    return type(test)(test._testMethodName)


def _no_shared_fixtures(test):
    kind = type(test)
    module = sys.modules.get(kind.__module__)
    plain = all(getattr(kind, name).__func__ is getattr(unittest.TestCase, name).__func__ for name in ("setUpClass", "tearDownClass"))
    return (
        plain
        and not hasattr(module, "setUpModule")
        and not hasattr(module, "tearDownModule")
        and type(test) is not unittest.FunctionTestCase
    )

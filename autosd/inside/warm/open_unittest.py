"""Collect a project with unittest's loader."""

import inspect
import os
import sys
import unittest

from . import failure
from .unittest_case import UnittestCase


def collect(request, project, serve):
    os.chdir(project.root)
    sys.path.insert(0, project.root)
    sys.argv[:] = ["python -m unittest"]
    wanted = set(request["tests"]) if request.get("tests") is not None and not request.get("whole") else None
    cases, errors = [], []
    try:
        suite = _load(list(request.get("args") or []), wanted)
    except BaseException as error:
        found = failure.describe(error, project)
        found["test"] = ""
        serve([], [found])
        return
    for test in _flatten(suite):
        if type(test).__name__ == "_FailedTest":
            errors.append(_failed(test, project))
        elif wanted is None or test.id() in wanted:
            cases.append(UnittestCase(test, *_place(test, project)))
    serve(cases, errors)


def _load(words, wanted):
    """What ``python -m unittest WORDS`` would run."""
    program = unittest.TestProgram.__new__(_Quiet)
    program.exit = False
    program.verbosity = 0
    program.failfast = program.catchbreak = program.buffer = False
    program.warnings = None
    program.testRunner = None
    program.testLoader = unittest.defaultTestLoader
    program.progName = "unittest"
    program.module = None
    program.testNamePatterns = None
    program.durations = None
    program.tb_locals = False
    program.parseArgs(["unittest"] + (words or ["discover"]))
    return program.test


class _Quiet(unittest.TestProgram):
    def runTests(self): ...

    def usageExit(self, msg=None):
        raise ValueError(msg or "wrong arguments for unittest")


def _flatten(suite):
    try:
        children = iter(suite)
    except TypeError:
        yield suite
        return
    for child in children:
        yield from _flatten(child)


def _failed(test, project):
    error = getattr(test, "_exception", None) or ImportError("test module did not import")
    found = failure.describe(error.__cause__ or error, project)
    if not found["frames"]:
        found["message"] = str(error)[:4000]
    found["test"] = test.id()
    return found


def _place(test, project):
    method = getattr(test, getattr(test, "_testMethodName", ""), None)
    path = inspect.getsourcefile(type(test)) or ""
    try:
        line = inspect.unwrap(method).__code__.co_firstlineno
    except AttributeError:
        line = 1
    return project.name(path) or path, line

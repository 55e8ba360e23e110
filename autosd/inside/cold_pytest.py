"""The pytest child: the subject's own pytest and configuration, with one plugin of ours that reports and limits."""

import os
import sys
from importlib.util import find_spec

import pytest
from cold_again import Again
from cold_guard import Guard
from cold_report import Clockwork, code_digest

EXTRA = ("--continue-on-collection-errors", "--maxfail=0", "-p", "no:randomly", "--tb=short", "-q")


def run(request, sink):
    reporter = Reporter(request, sink)
    arguments = list(request["args"]) + list(EXTRA) + ["--rootdir", request["root"]] + list(request["options"])
    arguments += ["-n0"] if find_spec("xdist") and "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ else []
    arguments += ["--no-cov"] if find_spec("pytest_cov") and "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ else []
    arguments += ["--ignore=" + os.path.join(request["root"], file) for file in request["ignore"]]
    arguments += files_of(request)
    sys.argv[:] = ["pytest"] + arguments
    status = start(arguments, reporter, sink)
    sys.stdout.flush()
    sink.send({"e": "status", "status": int(status), "notes": reporter.guard.news() if reporter.guard else []})
    if int(status) == 4 and not reporter.told:
        sink.send({"e": "environment", "detail": "pytest refused its configuration or arguments"})


def start(arguments, reporter, sink):
    """``pytest.main``, but a broken conftest is told as what it is: an error of that file."""
    from _pytest import config as configuration

    failure = getattr(configuration, "ConftestImportFailure", None)
    if failure is None or not hasattr(configuration, "_prepareconfig"):
        return pytest.main(arguments, plugins=[reporter])
    os.environ.setdefault("PYTEST_VERSION", pytest.__version__)
    try:
        config = configuration._prepareconfig(arguments, [reporter])
    except failure as error:
        cause = getattr(error, "cause", None) or error.excinfo[1]
        reporter.told = True
        sink.result(sink.relative(str(error.path)), "error", 0.0, sink.failure(cause))
        return 4
    except pytest.UsageError as error:
        sys.stderr.write("ERROR: %s\n" % error)
        return 4
    try:
        return config.hook.pytest_cmdline_main(config=config)
    except pytest.UsageError as error:
        sys.stderr.write("ERROR: %s\n" % error)
        return 4
    finally:
        config._ensure_unconfigure()


def files_of(request):
    """The files to collect for the wanted tests; with words of the caller's own, those decide and the plugin deselects."""
    if request["tests"] is None or request["args"]:
        return []
    files = []
    for test in request["tests"]:
        file = test.split("::")[0]
        if os.path.basename(file) == "conftest.py":
            file = os.path.dirname(file) or "."
        path = os.path.join(request["root"], file)
        if os.path.exists(path) and path not in files:
            files.append(path)
    return files or [os.path.join(request["root"], "autosd-no-such-file.py")]


class Wanted:
    """Which of the collected tests are to run: the asked for, less the done."""

    def __init__(self, request):
        self.tests = None if request["tests"] is None else set(request["tests"])
        self.skip = set(request["skip"])
        self.folders = tuple(os.path.dirname(test) for test in self.tests or () if test.endswith("conftest.py"))

    def asked(self, test):
        if self.tests is None or test in self.tests:
            return True
        file = test.split("::")[0]
        return file in self.tests or any(not folder or file.startswith(folder + "/") for folder in self.folders)


class Reporter:
    """The plugin. One record when a test starts, one when it has ended."""

    def __init__(self, request, sink):
        self.request, self.sink = request, sink
        self.wanted = Wanted(request)
        self.clockwork = Clockwork(request["test_seconds"], request["timeouts"])
        self.guard = None
        self.told = False
        self.phases, self.subtest, self.latest = {}, None, None
        self.digests = {}
        self.done = set(request["skip"])

    # -- collection -------------------------------------------------------------------------------------------------

    def pytest_sessionstart(self, session):
        self.guard = Guard()
        self.told = True
        self.plugins = {str(name) for name, _ in session.config.pluginmanager.list_name_plugin()}

    def pytest_collectstart(self, collector):
        file = collector.nodeid.split("::")[0]
        if "::" not in collector.nodeid and file.endswith(".py"):
            self.sink.send({"e": "collecting", "file": file})

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector):
        outcome = yield
        report = outcome.get_result()
        if report.outcome == "failed":
            call = getattr(report, "call", None)
            error = call.excinfo.value if call is not None and call.excinfo is not None else None
            told = {"kind": "CollectError", "message": str(report.longrepr)[:500], "frames": []}
            failure = told if error is None else self.sink.failure(cause_of(error))
            self.report(collector.nodeid or ".", "error", 0.0, failure)
        elif report.outcome == "skipped":
            self.report(collector.nodeid or ".", "skipped", 0.0, None)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session, config, items):
        asked = [item for item in items if self.wanted.asked(item.nodeid)]
        self.digests = {item.nodeid: digest_of(item) for item in asked}
        items[:] = [item for item in asked if item.nodeid not in self.wanted.skip]
        self.sink.send({"e": "collected", "ids": list(self.digests), "codes": list(self.digests.values()), "notes": self.notes(config)})

    def notes(self, config):
        """What changed hands among the judging parts: replaced functions, plugins that came during collection."""
        plugins = {str(name) for name, _ in config.pluginmanager.list_name_plugin()} - self.plugins
        own = {name for name in plugins if name.endswith("conftest.py") or name.isdigit() or name in ("funcmanage", "lfplugin")}
        return self.guard.news() + sorted("plugin:" + name for name in plugins - own)

    # -- running ----------------------------------------------------------------------------------------------------

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session):
        again = Again()
        sys.stdout.flush()
        sys.stderr.flush()
        fork = bool(self.request.get("twice")) and again.fork()
        if fork:
            self.sink.result = again.result  # all else that it would say, it has no voice for
        yield
        if fork:
            again.tell()
        results = again.told(self.request["test_seconds"])
        if results is not None:
            self.sink.send({"e": "again", "results": results})

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        self.phases = {}
        limit = self.clockwork.next_limit()
        self.sink.send({"e": "start", "id": item.nodeid, "limit": limit})
        self.clockwork.start(limit)
        ended = yield
        seconds = sum(phase[1] for phase in self.phases.values())
        outcome, failure = self.verdict()
        if outcome is None and ended.excinfo is not None:
            error = ended.excinfo[1]
            timeout = type(error).__name__ == "TestTimeout"
            outcome, failure = ("timeout" if timeout else "crashed"), self.sink.failure(error)
        self.clockwork.stop(seconds, outcome == "timeout")
        self.check_code(item)
        self.report(item.nodeid, outcome or "crashed", seconds, failure)

    def check_code(self, item):
        notes = self.guard.news()
        if digest_of(item) != self.digests.get(item.nodeid):
            notes.append("test code changed:" + item.nodeid)
        if notes:
            self.sink.send({"e": "notes", "notes": notes})

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        report = outcome.get_result()
        if report.when == "setup":
            self.phases, self.subtest = {}, None
        error = call.excinfo.value if call.excinfo is not None else None
        self.phases[report.when] = (report.outcome, report.duration, error, report)
        self.latest = self.phases[report.when]

    def pytest_runtest_logreport(self, report):
        """A subtest has a report of its own; the test it is part of is reported as passed."""
        if report.outcome == "failed" and type(report).__name__ == "SubtestReport" and self.subtest is None:
            self.subtest = self.latest

    def verdict(self):
        """One outcome out of set-up, call and teardown; a strict xpass has no exception but a reason."""
        for when in ("setup", "call", "teardown"):
            state, _, error, report = self.phases.get(when, ("passed", 0.0, None, None))
            if when == "call" and state == "passed" and self.subtest is not None:
                state, _, error, report = ("failed",) + self.subtest[1:]
            if state == "skipped":
                return "skipped", None
            if state == "failed":
                return self.failed(when, error, report)
        return ("passed", None) if {"setup", "call", "teardown"} <= set(self.phases) else (None, None)

    def failed(self, when, error, report):
        if error is None:
            return "failed", {"kind": "Failed", "message": str(report.longrepr).strip().splitlines()[0][:500], "frames": []}
        failure = self.sink.failure(error)
        if type(error).__name__ == "TestTimeout":
            return "timeout", failure
        asserted = isinstance(error, (AssertionError, pytest.fail.Exception))
        return ("failed" if when == "call" and asserted else "error"), failure

    def report(self, test, outcome, seconds, failure):
        if test not in self.done:
            self.done.add(test)
            self.sink.result(test, outcome, seconds, failure)


def digest_of(item):
    return code_digest(getattr(item, "obj", None), str(getattr(item, "path", None) or item.fspath))


def cause_of(error):
    """pytest wraps what an import raised; the wrapped one has the way there."""
    return error.__cause__ if type(error).__name__ == "CollectError" and error.__cause__ is not None else error

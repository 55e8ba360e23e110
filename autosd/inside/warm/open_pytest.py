"""Collect a project with pytest's own machinery and hand the items to the server, in the middle of pytest's session."""

import importlib.metadata
import os
import sys
import tempfile

import pytest

from . import failure
from .pytest_case import PytestCase, Watcher

#: Options that calm a plugin, given only when it is installed (pytest refuses unknown options).
CALM = {"xdist": ["-n0"], "pytest_cov": ["--no-cov"], "randomly": ["--randomly-dont-reorganize"], "benchmark": ["--benchmark-disable"]}
#: Plugins whose hooks are taken out once their options were read: they reorder, repeat, or use our alarm.
SILENCED = ("timeout", "rerunfailures", "randomly", "random_order", "random-order", "flaky", "sugar", "html", "nbval", "forked", "repeat")


def collect(request, project, serve, gate=None):
    """Run pytest up to its run loop, where ``serve(cases, errors)`` takes over; it need not return.

    With ``gate``, stop where it would collect and call ``gate(plugin, session)`` there.
    """
    plugin = Collector(request, project, serve, gate)
    os.chdir(project.root)
    sys.path.insert(0, project.root)  # as ``python -m pytest`` does
    sys.argv[:] = ["pytest"]
    for calm in (True, False):  # the project's own words may have switched off a plugin whose options we give
        arguments = _arguments(request, project, calm)
        try:
            ended = pytest.main(arguments, plugins=[plugin, plugin.watcher])
        except BaseException as error:
            ended = None
            plugin.errors.append(_error(error, project, ""))
        if ended != pytest.ExitCode.USAGE_ERROR or plugin.errors:
            break
    if not plugin.served:
        serve([], plugin.errors or _startup_errors(arguments, plugin, project))


def _arguments(request, project, calm):
    words = ["-q", "--capture=no", "--tb=no", "--no-header", "-o", "cache_dir=" + os.path.join(tempfile.gettempdir(), "cache-of-nobody")]
    words += ["--maxfail=0", "--continue-on-collection-errors"]
    for entry in _entry_points() if calm else ():
        words += CALM.get(entry, [])
    if _version() >= (7, 3):
        words += ["-o", "tmp_path_retention_policy=none"]
    words += list(request.get("args") or [])
    return words + _files(request.get("tests"), project)


def _version():
    return tuple(int(part) for part in pytest.__version__.split(".")[:2] if part.isdigit())


def _entry_points():
    found = importlib.metadata.entry_points()
    chosen = found.select(group="pytest11") if hasattr(found, "select") else found.get("pytest11", ())
    return {entry.name for entry in chosen}


def _files(tests, project):
    """The files of the wanted tests; ids are relative to pytest's rootdir, which may lie above the project's root."""
    files = {}
    for test in tests or ():
        base, name = project.root, test.split("::")[0]
        for _ in range(4):
            path = os.path.join(base, name)
            if os.path.exists(path):
                files[path] = None
                break
            base = os.path.dirname(base)
    return list(files)


def _startup_errors(arguments, plugin, project):
    """pytest ended before it collected (a conftest that does not import, wrong options): ask it again for the cause."""
    try:
        from _pytest.config import _prepareconfig

        _prepareconfig(list(arguments), [])
    except BaseException as error:
        cause = getattr(error, "cause", None) or (
            error.excinfo[1] if hasattr(error, "excinfo") and isinstance(error.excinfo, tuple) else error
        )
        return [_error(cause, project, "")]
    return [{"kind": "UsageError", "message": "pytest did not start", "frames": [], "test": ""}]


def _error(error, project, where):
    origin = error.__cause__ if type(error).__name__ == "CollectError" and error.__cause__ is not None else error
    found = failure.describe(origin, project)
    found["test"] = where
    return found


class Collector:
    """The plugin that reads what pytest collected and takes the run loop over."""

    def __init__(self, request, project, serve, gate):
        self._gate = gate
        self._seed = int(request.get("seed") or 0)
        self.watcher = Watcher()
        self.errors = []
        self.served = False
        self._wanted = set(request["tests"]) if request.get("tests") is not None and not request.get("whole") else None
        self._project = project
        self._serve = serve

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config):
        for name in SILENCED:
            plugin = config.pluginmanager.get_plugin(name)
            if plugin is not None:
                config.pluginmanager.unregister(plugin)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session):
        if self._gate is not None:
            gate, self._gate = self._gate, None
            gate(self, session)
            os._exit(0)

    def collect_now(self, session, tests, serve):
        """In a fork at the gate: collect the files of ``tests`` and go on."""
        self._serve = serve
        config = session.config
        config.args[:] = _files(tests, self._project) or config.args
        try:
            config.hook.pytest_collection(session=session)
        except BaseException as error:
            self.errors.append(_error(error, self._project, ""))
        if not self.errors:
            config.hook.pytest_runtestloop(session=session)
        else:
            self.pytest_runtestloop(session)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector):
        result = yield
        call = getattr(result.get_result(), "call", None)
        if call is not None and call.excinfo is not None and result.get_result().failed:
            self.errors.append(_error(call.excinfo.value, self._project, collector.nodeid))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        self.watcher.ready(session.config)
        _prepare_temp(session.config)
        items = [item for item in session.items if self._wanted is None or item.nodeid in self._wanted]
        for item in items:
            calm_hypothesis(item, self._seed)
        cases = [PytestCase(item, self._name(item), self.watcher) for item in items]
        self.served = True
        self._serve(cases, self.errors)
        return True

    def _name(self, item):
        path = str(getattr(item, "path", None) or item.fspath)
        return self._project.name(path) or path


def calm_hypothesis(item, seed):
    """Generated examples are the same every time, take the time they take, and are not remembered."""
    test = getattr(getattr(item, "obj", None), "__func__", getattr(item, "obj", None))
    if "hypothesis" not in sys.modules or not hasattr(test, "_hypothesis_internal_use_settings"):
        return
    try:
        import hypothesis

        hypothesis.core.global_force_seed = seed
        test._hypothesis_internal_use_settings = hypothesis.settings(test._hypothesis_internal_use_settings, deadline=None, database=None)
    except Exception:  # another version of its insides: the test runs as its authors meant it
        pass


def _prepare_temp(config):
    """One base folder for all forks: making it anew in each costs milliseconds."""
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is not None:
        try:
            factory.getbasetemp()
        except OSError:
            pass

"""pytest's items as cases: called directly when nothing but the function is involved, else through pytest's hooks."""

import inspect
import types
import unittest

import pytest
from _pytest.outcomes import Exit
from _pytest.unittest import TestCaseFunction

from . import case
from .case import Case, NotPassed
from .copying import fresh, is_atom, is_data, is_plain_class, is_plain_function
from .unittest_case import run_alone

#: Marks that only pytest's own protocol honours; parametrize is done by then, others are the project's labels.
MEANINGFUL = ("skip", "skipif", "xfail", "filterwarnings", "asyncio", "anyio", "trio", "flaky", "django_db")
#: Third parties' plugins whose hooks leave a plain function alone.
HARMLESS = ("hypothesis", "asyncio", "anyio", "pytest_mock", "_autosd", "xdist", "benchmark", "metadata", "pytest_cov", "cov", "timeout")
RUN_HOOKS = ("pytest_runtest_setup", "pytest_runtest_call", "pytest_runtest_teardown", "pytest_pyfunc_call", "pytest_runtest_protocol")


class PytestCase(Case):
    def __init__(self, item, file, watcher):
        ways = [self._by_book]
        if not any(item.iter_markers("xfail")) and "subtests" not in getattr(item, "fixturenames", ()):
            ways.insert(0, self._by_hooks)
        line = (item.location[1] or 0) + 1
        super().__init__(item.nodeid, file, line, ways)
        self.item = item
        self._watcher = watcher
        direct = _direct_way(self)
        if direct is not None:
            ways.insert(0, direct)

    def full(self):
        return self._watcher.run(self.item)

    @property
    def holds_nothing(self):
        item = self.item
        function = getattr(item.obj, "__func__", item.obj)
        if type(item) not in (pytest.Function, TestCaseFunction) or not is_plain_function(function):
            return False
        if item.cls is not None and not is_plain_class(item.cls):
            return False
        return all(map(is_data, getattr(getattr(item, "callspec", None), "params", {}).values()))

    def is_same(self, namespace):
        """Also with the parameters that the module would give it now."""
        item = self.item
        name = getattr(item, "originalname", None) or item.name
        new = namespace.get(name) if item.cls is None else getattr(namespace.get(item.cls.__name__), name, None)
        old = getattr(item.obj, "__func__", item.obj)
        if (
            not isinstance(new, types.FunctionType)
            or new.__code__.co_varnames[: new.__code__.co_argcount] != old.__code__.co_varnames[: old.__code__.co_argcount]
        ):
            return False
        return not hasattr(item, "callspec") or _parametrized(new, item.callspec) == _parametrized(old, item.callspec)

    def _by_book(self):
        outcome, error = self.full()
        if outcome != case.PASSED:
            raise error or NotPassed(outcome)

    def _by_hooks(self):
        """pytest's three phases without its reports, whose tracebacks cost more than most tests."""
        item = self.item
        if hasattr(item, "_request") and not item._request:
            item._initrequest()
        hooks = item.ihook
        try:
            with self._watcher.warnings(item):
                try:
                    hooks.pytest_runtest_setup(item=item)
                    hooks.pytest_runtest_call(item=item)
                    _raise_kept(item)
                finally:
                    hooks.pytest_runtest_teardown(item=item, nextitem=None)
        finally:
            if hasattr(item, "_request"):
                item._request = False
                item.funcargs = None


def _parametrized(function, callspec):
    """The values that the marks of ``function`` give to one call of it."""
    found = []
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == "parametrize" and len(mark.args) > 1:
            names = mark.args[0].replace(",", " ").split() if isinstance(mark.args[0], str) else list(mark.args[0])
            index = callspec.indices.get(names[0]) if names else None
            values = list(mark.args[1])
            found.append(values[index] if index is not None and index < len(values) else len(values))
    return found


def _raise_kept(item):
    """A TestCaseFunction keeps its failures in a list instead of raising them."""
    kept = getattr(item, "_excinfo", None)
    if kept:
        error = kept.pop(0).value
        del kept[:]
        raise error


def _direct_way(found):
    item = found.item
    if not found._watcher.plain or any(mark.name in MEANINGFUL for mark in item.iter_markers()):
        return None
    if isinstance(item, TestCaseFunction):
        return _direct_testcase(item)
    if type(item) is not pytest.Function:
        return None
    function = item.obj
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function) or hasattr(function, "hypothesis"):
        return None
    arguments = _parameters(item)
    if arguments is None:
        return None
    return _caller(item, arguments)


def _direct_testcase(item):
    kind = item.cls
    if any(name for name in item.fixturenames if not name.startswith(("_unittest_", "unittest_", "_xunit_"))):
        return None
    if kind.setUpClass.__func__ is not unittest.TestCase.setUpClass.__func__ or _has_module_setup(item):
        return None
    if (
        kind.tearDownClass.__func__ is not unittest.TestCase.tearDownClass.__func__
        or hasattr(kind, "setup_method")
        or hasattr(kind, "teardown_method")
    ):
        return None
    name = item.name
    return lambda: run_alone(kind(name))


def _has_module_setup(item):
    module = item.module
    return any(hasattr(module, name) for name in ("setUpModule", "tearDownModule", "setup_module", "teardown_module"))


def _parameters(item):
    """The arguments of a test that needs none but its own parameters; None when a fixture is involved."""
    spec = getattr(item, "callspec", None)
    params = dict(getattr(spec, "funcargs", None) or {})  # pytest 7 keeps direct parameters here
    fixtures = item._fixtureinfo.name2fixturedefs
    for name in item.fixturenames:
        if name in params:
            continue
        definitions = fixtures.get(name)
        pseudo = definitions and getattr(definitions[-1].func, "__name__", "") == "get_direct_param_fixture_func"
        if spec is not None and name in spec.params and (pseudo or not definitions):
            params[name] = spec.params[name]
        elif name != "request":
            return None
    return {name: params[name] for name in item._fixtureinfo.argnames if name in params} if _all_known(item, params) else None


def _all_known(item, params):
    return all(name in params for name in item._fixtureinfo.argnames)


def _caller(item, arguments):
    kind = item.cls
    if kind is None:
        owner, name = item.module, getattr(item, "originalname", item.name)
        function = item.obj
        del owner, name
        if not arguments:
            return function
        if all(map(is_atom, arguments.values())):
            return lambda: function(**arguments)
        return lambda: function(**fresh(arguments))
    name = getattr(item, "originalname", None) or item.name
    return lambda: getattr(kind(), name)(**fresh(arguments))


class Watcher:
    """A plugin that overhears pytest's verdicts; registered in the session that collects."""

    def __init__(self):
        self.plain = False  # set when nothing in the session makes a direct call differ from the protocol
        self._reports = []
        self._error = None
        self._strict_warnings = False

    def ready(self, config):
        self._strict_warnings = bool(config.getini("filterwarnings") or config.getoption("pythonwarnings", None))
        self.plain = not self._strict_warnings and not _foreign_hooks(config)

    def warnings(self, item):
        from _pytest.warnings import catch_warnings_for_item

        return catch_warnings_for_item(config=item.config, ihook=item.ihook, when="runtest", item=item)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        result = yield
        if call.excinfo is not None and self._error is None:
            self._error = call.excinfo.value
        del result

    def pytest_runtest_logreport(self, report):
        self._reports.append(report)

    def run(self, item):
        """(outcome, exception or None) by the whole protocol of pytest."""
        self._reports, self._error = [], None
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        except (Exit, KeyboardInterrupt) as error:
            return case.ERROR, error
        return self._verdict(), self._error

    def _verdict(self):
        bad = [report for report in self._reports if report.failed]
        if bad:
            own = bad[0].when == "call" and (self._error is None or isinstance(self._error, (AssertionError, pytest.fail.Exception)))
            return case.FAILED if own else case.ERROR
        return case.SKIPPED if any(report.skipped for report in self._reports) else case.PASSED


def _foreign_hooks(config):
    """Does a conftest or a third party's plugin take part in running tests?"""
    manager = config.pluginmanager
    for hook in RUN_HOOKS:
        for implementation in getattr(config.hook, hook).get_hookimpls():
            module = getattr(implementation.function, "__module__", "") or ""
            known = module.startswith(("_pytest.", "pytest_asyncio", "_hypothesis", "hypothesis", "anyio", "_autosd", "xdist"))
            if not known and (implementation.plugin_name or "").split(".")[0] not in HARMLESS and ".warm." not in module:
                return True
    del manager
    return False

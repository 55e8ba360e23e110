"""Notices when code under test replaces the parts that judge it: the runner's functions, the builtins, the tracing hooks."""

import builtins
import sys
import types

PYTEST = {
    "_pytest.runner": (
        "runtestprotocol",
        "call_and_report",
        "call_runtest_hook",
        "pytest_runtest_call",
        "pytest_runtest_makereport",
        "pytest_runtest_setup",
        "CallInfo.from_call",
        "SetupState.setup",
        "pytest_runtest_protocol",
    ),
    "_pytest.python": ("Function.runtest", "Function.setup", "pytest_pyfunc_call", "Module._getobj", "Function._getobj"),
    "_pytest.unittest": ("TestCaseFunction.runtest", "TestCaseFunction.addFailure", "TestCaseFunction.addError"),
    "_pytest.reports": ("TestReport.__init__", "TestReport.from_item_and_call", "BaseReport.passed", "BaseReport.failed"),
    "_pytest.main": ("Session.perform_collect", "pytest_runtestloop", "_main"),
    "_pytest.skipping": ("pytest_runtest_makereport", "evaluate_skip_marks", "evaluate_xfail_marks"),
    "_pytest.python_api": ("raises", "approx", "ApproxScalar.__eq__", "ApproxBase.__eq__"),
    "_pytest.raises": ("raises", "RaisesExc.__exit__", "RaisesExc.matches"),
    "_pytest.assertion.rewrite": ("AssertionRewritingHook.exec_module", "rewrite_asserts"),
    "pluggy._callers": ("_multicall",),
    "pluggy._hooks": ("HookCaller.__call__", "_HookCaller.__call__"),
    "pluggy._manager": ("PluginManager._hookexec", "PluginManager.register"),
}
UNITTEST = {
    "unittest.case": (
        "TestCase.run",
        "TestCase.__call__",
        "TestCase.fail",
        "TestCase.assertEqual",
        "TestCase.assertTrue",
        "TestCase.assertFalse",
        "TestCase.assertRaises",
        "TestCase.assertIn",
        "TestCase.assertIs",
        "TestCase._baseAssertEqual",
        "TestCase._getAssertEqualityFunc",
        "TestCase._callTestMethod",
        "TestCase.failureException",
        "_Outcome.testPartExecutor",
        "TestCase.assertIsNone",
        "TestCase.assertAlmostEqual",
        "TestCase.assertNotEqual",
    ),
    "unittest.suite": ("TestSuite.run", "BaseTestSuite.run"),
    "unittest.result": ("TestResult.addFailure", "TestResult.addError", "TestResult.wasSuccessful"),
    "unittest.loader": ("TestLoader.loadTestsFromModule", "TestLoader.discover"),
}
STDLIB = {
    "math": ("isclose",),
    "signal": ("signal", "setitimer"),
    "json": ("dumps",),
    "os": ("write", "getpid", "_exit"),
    "traceback": ("walk_tb",),
}
MODULES = ("pytest", "unittest", "builtins", "sys", "_pytest.runner", "_pytest.reports")


class Guard:
    """A picture of the judging parts at the start, compared after every test; what differs is told once."""

    def __init__(self, own_plugins=()):
        self.told = set()
        self.places = {}
        self.own = own_plugins
        self.builtins = {name: id(value) for name, value in vars(builtins).items() if name != "_"}
        self.modules = {name: id(sys.modules.get(name)) for name in MODULES}
        self.watch(UNITTEST if "unittest" in sys.modules else {})
        self.watch(PYTEST)
        self.watch(STDLIB)
        if "pytest" in sys.modules:
            self.watch({"pytest": tuple(name for name in vars(sys.modules["pytest"]) if not name.startswith("__"))})

    def watch(self, table):
        for module, names in table.items():
            if module in sys.modules:
                for name in names:
                    owner, last, value = resolve(module, name)
                    if owner is not None:
                        self.places["%s.%s" % (module, name)] = (owner, last, value, inner(value))

    def news(self):
        """What was replaced since the start and has not been told yet."""
        found = set()
        for name, (owner, last, value, code) in self.places.items():
            now = vars(owner).get(last)
            if now is not value or inner(now) is not code:
                found.add("replaced:" + name)
        current = vars(builtins)
        found.update("replaced:builtins." + name for name, was in self.builtins.items() if id(current.get(name)) != was)
        found.update("replaced:sys.modules." + name for name, was in self.modules.items() if id(sys.modules.get(name)) != was)
        if sys.gettrace() is not None:
            found.add("trace:sys.settrace")
        if sys.getprofile() is not None:
            found.add("trace:sys.setprofile")
        news = sorted(found - self.told)
        self.told.update(found)
        return news


def resolve(module, name):
    owner = sys.modules[module]
    *path, last = name.split(".")
    for part in path:
        owner = vars(owner).get(part)
        if owner is None:
            return None, last, None
    return (owner, last, vars(owner)[last]) if last in vars(owner) else (None, last, None)


def inner(value):
    """The code behind a function, so that a swapped ``__code__`` is seen as well."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, (classmethod, staticmethod)):
        value = value.__func__
    return value.__code__ if isinstance(value, types.FunctionType) else None

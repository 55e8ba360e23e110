"""What a change of code that ran at import makes of the program, found out in the warm process itself.

The project's modules are run again in their own namespaces, so that whoever holds one of their functions (collected
tests, fixtures) sees the new program; afterwards every namespace is put back. Cheap, and not the last word: it is only
used for tests that end on the unchanged program as they did, and what passes is confirmed by a real import.
"""

import importlib
import importlib.machinery
import sys

from .imports import dependants
from .limits import ALARM, FUEL, PLENTY

KEPT = ("__name__", "__loader__", "__package__", "__spec__", "__path__", "__file__", "__cached__", "__builtins__")
LEAST_SECONDS, MORE = 0.5, 10  # what a candidate's import may take, and how much more than the unchanged one


class Elsewhere(Exception):
    """This cannot be told here: it takes a new collection."""


class Part:
    """One module of the project with its namespace; ``module`` is None when nobody can import it any more (a conftest)."""

    def __init__(self, name, module, namespace, file):
        self.name = name
        self.module = module
        self.namespace = namespace
        self.file = file
        self.kept = {key: namespace[key] for key in KEPT if key in namespace}

    @property
    def is_everybodys(self):
        return self.module is None or self.name.rpartition(".")[2] == "conftest"


class Rerun:
    """Runs ``parts`` again; itself the importer that does so."""

    def __init__(self, server, parts):
        self._server = server
        self._parts = parts
        self._by_name = {part.name: part for part in parts if part.module is not None}
        self._tests = {part.file: part for part in parts if part.file in server.project.tests}
        self._codes = {}
        self._before = []
        self._known = set()
        self._broken = set()
        self.seconds = 0.5  # that the unchanged program takes, once measured
        self.ran_away = False

    def enter(self, codes):
        """Run all but the tests' modules, with ``codes`` (by file) in place of the unchanged. False: no test can be run."""
        self._codes, self._broken, self._known, self.ran_away = codes, set(), set(sys.modules), False
        self._before = [(part, dict(part.namespace)) for part in self._parts]
        for part in self._parts:
            _put(part.namespace, part.kept)
            if part.module is not None:
                sys.modules.pop(part.name, None)
        sys.meta_path.insert(0, self)
        done = [self._load(part) or not part.is_everybodys for part in self._parts if part.file not in self._tests]
        return all(done)

    def leave(self):
        """Everything as it was before ``enter``."""
        sys.meta_path.remove(self)
        project = self._server.project
        for name, module in list(sys.modules.items()):
            if name not in self._known and project.name(getattr(module, "__file__", None) or "") is not None:
                del sys.modules[name]
        for part, before in self._before:
            _put(part.namespace, before)
            if part.module is not None:
                sys.modules[part.name] = part.module

    def ready(self, case):
        """Run the module of a test; False when that fails. Raises ``Elsewhere`` when it would collect another test."""
        part = self._tests.get(case.file)
        if part is None:
            return True
        if part.file in self._broken or not self._load(part):
            self._broken.add(part.file)
            return False
        if not case.is_same(part.namespace):
            raise Elsewhere
        return True

    def run_tests(self):
        for part in self._tests.values():
            self._load(part)

    def _load(self, part):
        if part.module is not None and sys.modules.get(part.name) is part.module:
            return True
        FUEL.fill(PLENTY)  # nobody knows how much a repaired program needs here
        try:
            ALARM.arm(max(LEAST_SECONDS, MORE * self.seconds))
            try:
                self._run(part)
            finally:
                ALARM.disarm()
                self.ran_away = self.ran_away or bool(ALARM.fired)
        except BaseException:
            return False
        return not ALARM.fired

    def _run(self, part):
        if part.module is None:
            exec(self._code(part), part.namespace)
            return
        parent = part.name.rpartition(".")[0]
        if not parent or parent in sys.modules:
            importlib.import_module(part.name)
            return
        sys.modules[part.name] = part.module
        try:
            exec(self._code(part), part.namespace)
        except BaseException:
            del sys.modules[part.name]
            raise

    def _code(self, part):
        return self._codes.get(part.file) or self._server.live.module_code(part.file)

    # the importer's part -----------------------------------------------------------------------------------------------

    def find_spec(self, name, path=None, target=None):
        part = self._by_name.get(name)
        if part is None:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, origin=part.kept.get("__file__"), is_package="__path__" in part.kept)
        if "__path__" in part.kept:
            spec.submodule_search_locations = part.kept["__path__"]
        return spec

    def create_module(self, spec):
        return self._by_name[spec.name].module

    def exec_module(self, module):
        part = self._by_name[module.__name__]
        _put(part.namespace, part.kept)
        exec(self._code(part), part.namespace)


def _put(namespace, content):
    namespace.clear()
    namespace.update(content)


def parts_of(server):
    """Every loaded module of the project, in the order in which imports began, and what only its functions know."""
    found, spaces = [], set()
    for name, module in list(sys.modules.items()):
        file = server.project.name(getattr(module, "__file__", None) or "")
        if file is not None and id(vars(module)) not in spaces and name != "__main__":
            spaces.add(id(vars(module)))
            found.append(Part(name, module, vars(module), file))
    for file in server.live.files():
        for function in server.live.functions(file):
            space = function.__globals__
            if id(space) not in spaces and server.project.name(space.get("__file__") or "") == file:
                spaces.add(id(space))
                found.append(Part(space.get("__name__") or "", None, space, file))
    return found


def dependent(server, parts, files):
    """Those of ``parts`` that ``files`` can make a difference to."""
    modules = {}
    for part in parts:
        file = server.live.file(part.file)
        modules[_key(part)] = (part.namespace.get("__package__") or "", file.tree if file is not None else None)
    names = dependants(modules, {_key(part) for part in parts if part.file in files})
    return [part for part in parts if _key(part) in names]


def _key(part):
    return part.name if part.module is not None else part.name + " of " + part.file

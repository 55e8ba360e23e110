"""What a test may leave behind in the process: taken once, compared and put back between candidates.

Containers are saved shallowly, each by itself, as deep as the project's own objects reach; the comparison looks at
identities first, so an unchanged one costs a fraction of a microsecond. What cannot be put back means a new fork.
"""

import builtins
import collections
import gc
import itertools
import os
import random
import signal
import sys
import threading
import types
import warnings

from .limits import TICK

BUDGET = 20000
LISTS = (list, bytearray, collections.deque)
METHODS = (types.FunctionType, staticmethod, classmethod, property, types.GetSetDescriptorType, types.MemberDescriptorType)
OPAQUE = (itertools.count, itertools.cycle, types.GeneratorType)


class State:
    def __init__(self, project, modules):
        self._project = project
        self._seen = set()
        self._saved = []  # (container, shallow copy, put back)
        self._empty = []  # namespaces of functions, nearly all without attributes: looked at in one go
        self._opaque = []  # (object, repr): cannot be put back
        self._caches = []
        self._randoms = []
        self._own = {module.__name__ for module in modules}
        todo = [vars(module) for module in modules]
        while todo and len(self._seen) < BUDGET:
            self._take(todo.pop(), todo)
        self._process = Process()

    def _take(self, value, todo):
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        if isinstance(value, dict):
            ordered = collections.OrderedDict if isinstance(value, collections.OrderedDict) else dict  # compares order too
            self._saved.append((value, ordered(value), _put_dict))
            todo.extend(item for item in value.values() if _may_hold(item))
        elif isinstance(value, LISTS):
            copy = list(value) if isinstance(value, list) else bytes(value) if isinstance(value, bytearray) else collections.deque(value)
            self._saved.append((value, copy, _put_list))
            todo.extend(item for item in copy if _may_hold(item))
        elif isinstance(value, set):
            self._saved.append((value, set(value), _put_set))
        elif isinstance(value, (tuple, frozenset)):
            todo.extend(item for item in value if _may_hold(item))
        else:
            self._take_object(value, todo)

    def _take_object(self, value, todo):
        kind = type(value)
        if isinstance(value, type):
            if self._is_own(value):
                self._saved.append((_ClassDict(value), dict(vars(value)), _put_class))
                todo.extend(item for item in list(vars(value).values()) if _may_hold(item))
        elif kind is types.FunctionType:
            if value.__module__ in self._own or self._project.name(value.__code__.co_filename):
                self._take_function(value, todo)
        elif kind in (staticmethod, classmethod, types.MethodType):
            todo.append(value.__func__)
        elif kind is property:
            todo.extend(part for part in (value.fget, value.fset, value.fdel) if part is not None)
        elif kind.__name__ == "_lru_cache_wrapper":
            self._caches.append(value)
            todo.append(value.__wrapped__)
        elif isinstance(value, random.Random):
            self._randoms.append((value, value.getstate()))
        elif isinstance(value, OPAQUE):
            self._opaque.append((value, repr(value) if isinstance(value, itertools.count) else None))
        elif self._is_own(kind) or kind is types.SimpleNamespace:
            self._take_instance(value, todo)

    def _take_function(self, function, todo):
        if function.__dict__:
            todo.append(function.__dict__)
        else:
            self._empty.append(function.__dict__)
        todo.extend(item for item in function.__defaults__ or () if _may_hold(item))
        todo.extend(item for item in (function.__kwdefaults__ or {}).values() if _may_hold(item))
        for cell in function.__closure__ or ():
            try:
                content = cell.cell_contents
            except ValueError:
                continue
            self._saved.append((_Cell(cell), content, _put_cell))
            if _may_hold(content):
                todo.append(content)

    def _take_instance(self, value, todo):
        try:
            todo.append(object.__getattribute__(value, "__dict__"))
        except AttributeError:
            slots = _Slots(value)
            saved = slots.read()
            self._saved.append((slots, saved, _put_slots))
            todo.extend(item for item in saved.values() if _may_hold(item))

    def _is_own(self, kind):
        return getattr(kind, "__module__", None) in self._own

    def restore(self):
        """Put everything back; False when something changed that cannot be."""
        for cache in self._caches:
            cache.cache_clear()
        if any(self._empty):
            for namespace in self._empty:
                namespace.clear()
        try:
            for value, saved, put in self._saved:
                if put(value, saved) is False:
                    return False
            for value, seen in self._opaque:
                if seen is not None and repr(value) != seen:
                    return False
        except Exception:  # an __eq__ of the subject
            return False
        for value, seen in self._randoms:
            value.setstate(seen)
        return self._process.restore()


def _may_hold(value):
    return not isinstance(value, (str, int, float, bytes, type(None), types.ModuleType, types.BuiltinFunctionType))


def _put_dict(value, saved):
    if len(value) != len(saved) or value != saved:
        kind = collections.OrderedDict if isinstance(value, collections.OrderedDict) else dict
        kind.clear(value)
        kind.update(value, saved)


def _put_list(value, saved):
    if len(value) != len(saved) or value != saved:
        value.clear()
        value.extend(saved)


def _put_set(value, saved):
    if value != saved:
        value.clear()
        value.update(saved)


class _ClassDict:
    """A class's namespace is a read-only view: put back by attribute."""

    def __init__(self, kind):
        self.kind = kind
        self.view = vars(kind)
        #: methods are hardly ever replaced for good: only the other attributes are compared
        self.data = [
            (name, item) for name, item in self.view.items() if not isinstance(item, METHODS) and name not in ("__doc__", "__module__")
        ]

    def same(self, saved):
        view = self.view
        if len(view) != len(saved):
            return False
        for name, item in self.data:
            if view.get(name) is not item:
                return False
        return True


def _put_class(value, saved):
    if value.same(saved):
        return None
    try:
        for name in [name for name in value.view if name not in saved]:
            type.__delattr__(value.kind, name)
        for name, item in saved.items():
            if value.view.get(name) is not item:
                type.__setattr__(value.kind, name, item)
    except (AttributeError, TypeError):
        return False


class _Cell:
    def __init__(self, cell):
        self.cell = cell


def _put_cell(value, saved):
    try:
        if value.cell.cell_contents is saved:
            return
    except ValueError:
        pass
    value.cell.cell_contents = saved


class _Slots:
    def __init__(self, value):
        self.value = value
        self.names = [name for kind in type(value).__mro__ for name in _names(vars(kind).get("__slots__", ()))]

    def read(self):
        found = {}
        for name in self.names:
            try:
                found[name] = object.__getattribute__(self.value, name)
            except AttributeError:
                pass
        return found


def _names(slots):
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _put_slots(value, saved):
    if value.read() != saved:
        for name, item in saved.items():
            object.__setattr__(value.value, name, item)


class Process:
    """What belongs to the process as a whole."""

    def __init__(self):
        self._cwd = os.getcwd()
        self._environ = dict(os.environ)
        self._raw = dict(getattr(os.environ, "_data", {}))
        self._path = list(sys.path)
        self._streams = (sys.stdin, sys.stdout, sys.stderr)
        self._filters = list(warnings.filters)
        self._recursion = sys.getrecursionlimit()
        self._threads = threading.active_count()
        self._gc = gc.isenabled()
        self._interrupt = signal.getsignal(signal.SIGINT)
        self._builtins = dict(vars(builtins))
        self._trace = sys.gettrace()

    def restore(self):
        if threading.active_count() > self._threads:
            return False
        if getattr(os.environ, "_data", None) != self._raw:
            os.environ.clear()
            os.environ.update(self._environ)
        try:
            if os.getcwd() != self._cwd:
                os.chdir(self._cwd)
        except OSError:
            os.chdir(self._cwd)
        if sys.path != self._path:
            sys.path[:] = self._path
        self._restore_interpreter()
        return self._builtins_same()

    def _restore_interpreter(self):
        sys.stdin, sys.stdout, sys.stderr = self._streams
        if warnings.filters != self._filters:
            warnings.filters[:] = self._filters
            getattr(warnings, "_filters_mutated", lambda: None)()
        if sys.getrecursionlimit() != self._recursion:
            sys.setrecursionlimit(self._recursion)
        if gc.isenabled() != self._gc:
            gc.enable() if self._gc else gc.disable()
        if signal.getsignal(signal.SIGINT) != self._interrupt:
            signal.signal(signal.SIGINT, self._interrupt)
        if sys.gettrace() is not self._trace:
            sys.settrace(self._trace)

    def _builtins_same(self):
        now = vars(builtins)
        self._builtins[TICK] = now.get(TICK)
        if now == self._builtins:
            return True
        self._builtins["_"] = now.get("_")
        return now == self._builtins

"""The live function objects of the project, found by their code; their code replaced and put back.

Whatever wraps a function (decorators, properties, static methods, subclasses) holds the same function object, so
giving it another code object changes it everywhere at once.
"""

import ast
import gc
import types
import warnings

from .source import File, parsable
from .ticks import add_ticks


def future_flags(code):
    import __future__

    mask = 0
    for name in __future__.all_feature_names:
        mask |= getattr(__future__, name).compiler_flag
    return code.co_flags & mask


def nested(code):
    """(path, code) of every code object inside ``code``, itself first; paths are names with their ordinals."""
    found, todo = [], [((), code)]
    while todo:
        path, now = todo.pop()
        found.append((path, now))
        counts = {}
        for const in now.co_consts:
            if isinstance(const, types.CodeType):
                ordinal = counts[const.co_name] = counts.get(const.co_name, -1) + 1
                todo.append((path + ((const.co_name, ordinal),), const))
    return found


class Live:
    """Index of live functions by their code object, for the files that were asked for."""

    def __init__(self, project, ran=frozenset()):
        self._project = project
        #: places whose code ran while the project was imported: what it made there is not made again by a swap
        self._ran = {(project.name(code.co_filename), code.co_name, code.co_firstlineno) for code in ran}
        self._files = {}
        self._modules = {}  # file name -> code of the whole module, with ticks
        self._functions = None  # file name -> list of functions
        self.ticked = set()

    def file(self, name):
        if name not in self._files:
            try:
                self._files[name] = File(name, self._project.path(name))
            except (OSError, UnicodeError, SyntaxError, LookupError):
                self._files[name] = None
        return self._files[name]

    def functions(self, name):
        if self._functions is None:
            self._scan()
        return self._functions.get(name, [])

    def _scan(self):
        self._functions = {}
        gc.unfreeze()
        for item in gc.get_objects():
            if type(item) is types.FunctionType:
                name = self._project.name(item.__code__.co_filename)
                if name is not None:
                    self._functions.setdefault(name, []).append(item)

    def files(self):
        """The files that live functions come from."""
        self.functions("")
        return sorted(self._functions)

    def rescan(self, ran):
        """Look anew for functions, after more of the project was imported."""
        self._functions = None
        self.ticked -= {self._project.name(code.co_filename) for code in ran}
        self._ran |= {(self._project.name(code.co_filename), code.co_name, code.co_firstlineno) for code in ran}

    def tick(self, name):
        """Give every live function of a file a code with ticks (and, in tests, plain assertions)."""
        if name in self.ticked:
            return
        self.ticked.add(name)
        functions = self.functions(name)
        file = self.file(name)
        if not functions or file is None or file.tree is None:
            return
        fresh = self._fresh_codes(file, functions[0].__code__)
        for function in functions:
            code = function.__code__
            same = fresh.get((code.co_name, code.co_firstlineno), ())
            if len(same) == 1 and interchangeable(code, same[0]):
                function.__code__ = same[0]

    def module_code(self, name, text=None):
        """The code of a whole file (or of another ``text`` for it), with ticks; None when it does not compile."""
        if text is not None:
            return _compiled(text, self._project.path(name))
        if name not in self._modules:
            file = self.file(name)
            self._modules[name] = None if file is None else _compiled(file.text, self._project.path(name))
        return self._modules[name]

    def _fresh_codes(self, file, like):
        module = _compiled(file.text, like.co_filename)
        found = {}
        if module is None:
            return found
        for path, code in nested(module):
            if path:
                found.setdefault((code.co_name, code.co_firstlineno), []).append(code)
        return found

    def target(self, unit):
        """The live function of an outermost function; None when there is none, or more than one code for it."""
        functions = [
            item
            for item in self.functions(unit.file.name)
            if item.__code__.co_firstlineno == unit.first and item.__code__.co_name == unit.name
        ]
        codes = {id(item.__code__): item.__code__ for item in functions}
        if len(codes) != 1:
            return None
        target = Target(unit, next(iter(codes.values())), functions, self.functions(unit.file.name))
        target.ran = {path for path, code in nested(target.code) if (unit.file.name, code.co_name, code.co_firstlineno) in self._ran}
        return target


def interchangeable(old, new):
    return (
        old.co_freevars == new.co_freevars
        and old.co_argcount == new.co_argcount
        and old.co_posonlyargcount == new.co_posonlyargcount
        and old.co_kwonlyargcount == new.co_kwonlyargcount
        and old.co_flags & 0x0C == new.co_flags & 0x0C
    )


def _compiled(text, path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(add_ticks(ast.parse(parsable(text))), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


class Target:
    """An outermost function with all live function objects that its code, or code nested in it, stands behind."""

    def __init__(self, unit, code, functions, neighbours):
        self.unit = unit
        self.code = code
        self.functions = functions
        self.flags = future_flags(code)
        inner = {id(item): path for path, item in nested(code) if path}
        self.ran = frozenset()  # paths of the code in it that ran while the project was imported
        self.ticked = None  # its text with ticks, for quick builds
        self.plain = None  # its code as ``build`` makes it without edits
        #: closures made from this function while the project was imported (decorators): (function, code, path)
        self.closures = [(item, item.__code__, inner[id(item.__code__)]) for item in neighbours if id(item.__code__) in inner]

    def fits(self, code):
        return interchangeable(self.code, code)

    def swap(self, code):
        for function in self.functions:
            function.__code__ = code
        if self.closures:
            fresh = dict(nested(code))
            for function, old, path in self.closures:
                new = fresh.get(path)
                if new is not None and interchangeable(old, new):
                    function.__code__ = new

    def restore(self):
        for function in self.functions:
            function.__code__ = self.code
        for function, old, _ in self.closures:
            function.__code__ = old

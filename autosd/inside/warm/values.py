"""Run-time types and small literal values of variables, per function and line; bounded in every direction."""

from .tracing import Lines

VISITS = 3  # looks at a line's variables
VALUES = 8  # distinct literals kept of a variable
WIDTH = 60  # characters of a literal
TYPES = 60
LINES = 3000  # whose variables are kept, of one test
ATTRIBUTES = 80
FUNCTIONS = 400
LITERALS = (bool, int, float, str, bytes, type(None))


def type_name(value):
    kind = type(value)
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else "{}.{}".format(module, kind.__qualname__)


def is_literal(value, depth=2):
    if isinstance(value, LITERALS):
        return type(value) in LITERALS and (not isinstance(value, (str, bytes)) or len(value) <= WIDTH)
    if depth and type(value) in (list, tuple, set):
        return len(value) <= 12 and all(is_literal(item, depth - 1) for item in value)
    if depth and type(value) is dict:
        return len(value) <= 8 and all(is_literal(k, 0) and is_literal(v, depth - 1) for k, v in value.items())
    return False


class ValueTracer(Lines):
    def __init__(self, project):
        super().__init__(project)
        self.types = {}  # file -> line -> name -> set of types
        self.literals = {}  # file -> function -> name -> list of reprs
        self.returns = {}  # file -> function -> set of types
        self.attributes = {}  # type -> names

    def _tracer(self, code, reached):
        visits, look, leave = {}, self._look, self._leave
        dull = 0

        def trace(frame, event, argument):
            nonlocal dull
            line = frame.f_lineno if event == "line" else 0 if event == "return" else None
            if line is None:
                return trace
            seen = visits.get(line, 0)
            if seen < VISITS:
                visits[line] = seen + 1
                dull = 0
                if line:
                    reached.add(line)
                    look(frame)
                else:
                    leave(frame, argument)
            else:
                dull += 1
                if dull > self.dull:
                    return self._ignore(frame)
            return trace

        return trace

    def _look(self, frame):
        code = frame.f_code
        name = self._project.name(code.co_filename)
        lines = self.types.setdefault(name, {})
        if frame.f_lineno not in lines and sum(map(len, self.types.values())) >= LINES:
            return
        here = lines.setdefault(frame.f_lineno, {})
        functions = self.literals.setdefault(name, {})
        values = functions.setdefault(code.co_name, {}) if len(functions) < FUNCTIONS else {}
        if code.co_name == "<module>":
            return
        for variable, value in list(frame.f_locals.items())[:40]:
            if variable.startswith(("@", ".")):
                continue
            self._note(here, values, variable, value)
            if variable in ("self", "cls"):
                for attribute, inner in list(getattr(value, "__dict__", {}).items())[:30]:
                    self._note(here, values, variable + "." + attribute, inner)

    def _note(self, here, values, variable, value):
        kind = type_name(value)
        here.setdefault(variable, set()).add(kind)
        if "." in kind:
            self._note_attributes(kind, value)
        known = values.setdefault(variable, [])
        if len(known) < VALUES and is_literal(value):
            text = repr(value)
            if len(text) <= WIDTH and text not in known:
                known.append(text)

    def _note_attributes(self, kind, value):
        """An object's own attributes come and go: take the union of what was seen."""
        known = self.attributes.get(kind)
        if known is None:
            if len(self.attributes) >= TYPES:
                return
            known = self.attributes[kind] = set(_public(dir(type(value))))
        state = getattr(value, "__dict__", None)
        if isinstance(state, dict) and len(known) < ATTRIBUTES:
            known.update(_public(state))

    def _leave(self, frame, value):
        name = self._project.name(frame.f_code.co_filename)
        self._look(frame)
        self.returns.setdefault(name, {}).setdefault(frame.f_code.co_name, set()).add(type_name(value))

    def findings(self):
        return {
            "vars": {
                file: {str(line): {name: sorted(kinds) for name, kinds in names.items()} for line, names in lines.items() if names}
                for file, lines in self.types.items()
            },
            "values": {
                file: {name: {k: v for k, v in found.items() if v} for name, found in functions.items() if found}
                for file, functions in self.literals.items()
            },
            "attrs": {kind: sorted(names) for kind, names in self.attributes.items()},
            "returns": {file: {name: sorted(kinds) for name, kinds in functions.items()} for file, functions in self.returns.items()},
        }


def _public(names):
    return [name for name in names if isinstance(name, str) and not name.startswith("__")][:ATTRIBUTES]

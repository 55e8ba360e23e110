"""What type an expression has, as far as the runs, annotations and literals tell; unknown is a normal answer."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import Any

from autosd.coding.repair.model import Function, Unit
from autosd.coding.repair.observations import Observations, literal

NUMBERS = frozenset({"int", "float", "complex", "bool"})
SEQUENCES = frozenset({"list", "tuple", "str", "bytes", "range", "deque"})
SIZED = SEQUENCES | {"dict", "set", "frozenset", "Counter", "defaultdict", "OrderedDict"}

_CALL_TYPES = {
    **{name: name for name in ("int", "float", "str", "bool", "list", "dict", "set", "tuple", "frozenset", "range", "bytes", "complex")},
    "len": "int",
    "ord": "int",
    "hash": "int",
    "id": "int",
    "sorted": "list",
    "chr": "str",
    "repr": "str",
    "input": "str",
    "isinstance": "bool",
    "any": "bool",
    "all": "bool",
    "callable": "bool",
    "hasattr": "bool",
    "bin": "str",
    "hex": "str",
    "Counter": "Counter",
    "defaultdict": "defaultdict",
    "deque": "deque",
    "divmod": "tuple",
    "sqrt": "float",
    "format": "str",
}
_STR_METHODS = dict.fromkeys(
    [
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "title",
        "capitalize",
        "replace",
        "join",
        "format",
        "zfill",
        "ljust",
        "rjust",
        "center",
    ],
    "str",
) | {"swapcase": "str", "casefold": "str", "decode": "str", "strftime": "str", "isoformat": "str"}
_METHODS = (
    _STR_METHODS
    | dict.fromkeys(["find", "rfind", "index", "rindex", "count", "bit_length"], "int")
    | {
        "split": "list",
        "rsplit": "list",
        "splitlines": "list",
        "readlines": "list",
        "partition": "tuple",
        "encode": "bytes",
        **dict.fromkeys(
            ["startswith", "endswith", "isdigit", "isalpha", "isalnum", "isupper", "islower", "isspace", "issubset", "issuperset"], "bool"
        ),
    }
)
_SHAPES: dict[type[ast.AST], str] = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Tuple: "tuple",
    ast.JoinedStr: "str",
    ast.Compare: "bool",
    ast.Lambda: "function",
    ast.GeneratorExp: "generator",
}


class Types:
    """Types within one unit."""

    def __init__(self, unit: Unit, observations: Observations) -> None:
        self._unit = unit
        self._lines = observations.types.get(unit.module.path, {})
        functions = observations.values.get(unit.module.path, {})
        self._values = functions.get(unit.name) or functions.get(unit.name.rpartition(".")[2]) or {}
        self._memo: dict[tuple[str, int], str | None] = {}
        self._results: dict[str, str | None] = {}

    @cached_property
    def _everywhere(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        node = self._unit.node
        first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", None) or 10**9
        for line, names in self._lines.items():
            if first <= line <= last:
                for name, seen in names.items():
                    found.setdefault(name, set()).update(seen)
        return found

    @cached_property
    def _assigned(self) -> dict[str, ast.expr]:
        found: dict[str, ast.expr] = {}
        for statement in self._unit.statements:
            node = statement.node
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                known = found.get(node.targets[0].id)
                if known is None or (isinstance(known, ast.Constant) and known.value is None):
                    found[node.targets[0].id] = node.value
        return found

    @cached_property
    def _annotated(self) -> dict[str, str]:
        if not isinstance(self._unit.node, Function):
            return {}
        given = self._unit.node.args
        return {
            argument.arg: _annotation(argument.annotation)
            for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs]
            if argument.annotation is not None
        }

    def observed(self, line: int) -> frozenset[str]:
        """Names that had a value when ``line`` ran."""
        return frozenset(self._lines.get(line, ()))

    def name(self, name: str, line: int) -> str | None:
        key = (name, line)
        if key not in self._memo:
            self._memo[key] = None  # ends recursion through assignments
            self._memo[key] = self._name(name, line)
        return self._memo[key]

    def _name(self, name: str, line: int) -> str | None:
        seen = self._lines.get(line, {}).get(name) or self._everywhere.get(name)
        if seen:
            return _single(seen)
        if self._annotated.get(name):
            return self._annotated[name]
        return self.of(self._assigned[name], line) if name in self._assigned else None

    def may_be_none(self, name: str) -> bool:
        return "NoneType" in self._everywhere.get(name, ())

    def samples(self, name: str) -> list[Any]:
        return [value for text in self._values.get(name, ()) if (value := literal(text)) is not None]

    def element(self, node: ast.expr, line: int) -> str | None:
        """The type of what iterating over (for dicts: looking up in) ``node`` gives."""
        if self.of(node, line) == "str":
            return "str"
        if self.of(node, line) == "range":
            return "int"
        if isinstance(node, ast.Name):
            for sample in self.samples(node.id):
                inner = list(sample.values()) if isinstance(sample, dict) else sample
                if isinstance(inner, (list, tuple, set)) and inner:
                    return _single({type(each).__name__ for each in inner})
        return None

    def of(self, node: ast.AST, line: int) -> str | None:
        """The type's bare name, or None."""
        shape = _SHAPES.get(type(node))
        if shape is not None:
            return shape
        if isinstance(node, ast.Name):
            return self.name(node.id, line)
        if isinstance(node, ast.Constant):
            return type(node.value).__name__
        if isinstance(node, ast.UnaryOp):
            return "bool" if isinstance(node.op, ast.Not) else self.of(node.operand, line)
        if isinstance(node, ast.BinOp):
            return self._binary(node, line)
        if isinstance(node, (ast.BoolOp, ast.IfExp)):
            parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            return _single({self.of(part, line) or "?" for part in parts})
        if isinstance(node, ast.Call):
            return self._call(node, line)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Subscript):
            whole = self.of(node.value, line)
            if isinstance(node.slice, ast.Slice) or whole == "str":
                return whole
            return self.element(node.value, line)
        return None

    def _attribute(self, node: ast.Attribute) -> str | None:
        """Of the receiver: what the class assigns to it."""
        if isinstance(node.value, ast.Name) and node.value.id == self._unit.self_name:
            return self._own_attributes.get(node.attr)
        return None

    @cached_property
    def _own_attributes(self) -> dict[str, str]:
        found: dict[str, set[str]] = {}
        owner = self._unit.owner
        for node in ast.walk(owner.node) if owner else ():
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Attribute):
                continue
            kind = _SHAPES.get(type(node.value))
            if isinstance(node.value, ast.Constant):
                kind = type(node.value.value).__name__
            elif isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
                kind = _CALL_TYPES.get(node.value.func.id)
            if kind:
                found.setdefault(node.targets[0].attr, set()).add(kind)
        return {name: kind for name, kinds in found.items() if (kind := _single(kinds))}

    def _result(self, name: str) -> str | None:
        """What a function (or class) of the module gives, when every return agrees at first sight."""
        if name in self._results:
            return self._results[name]
        self._results[name] = None
        for unit in self._unit.module.units:
            if unit.name == name and isinstance(unit.node, ast.ClassDef):
                self._results[name] = name
            elif unit.name == name and unit.is_function:
                given = [s.node.value for s in unit.statements if isinstance(s.node, ast.Return) and s.node.value]
                kinds = {_literal_type(value) for value in given} - {None}
                self._results[name] = _single({kind for kind in kinds if kind}) if kinds else None
        return self._results[name]

    def _binary(self, node: ast.BinOp, line: int) -> str | None:
        left, right = self.of(node.left, line), self.of(node.right, line)
        if isinstance(node.op, ast.Mod) and left == "str":
            return "str"
        if left in NUMBERS and right in NUMBERS:
            return "float" if isinstance(node.op, ast.Div) or "float" in (left, right) else "int"
        if isinstance(node.op, ast.Mult) and (left in SEQUENCES or right in SEQUENCES):
            return left if left in SEQUENCES else right
        return left if left == right else (left or right if isinstance(node.op, (ast.Add, ast.Sub)) else None)

    def _call(self, node: ast.Call, line: int) -> str | None:
        if isinstance(node.func, ast.Name):
            if node.func.id in ("sum", "abs", "min", "max", "round", "pow") and node.args:
                first = self.of(node.args[0], line)
                return first if first in NUMBERS or (len(node.args) > 1 and node.func.id in ("min", "max")) else None
            return _CALL_TYPES.get(node.func.id) or self._result(node.func.id)
        if isinstance(node.func, ast.Attribute):
            if node.func.attr == "copy":
                return self.of(node.func.value, line)
            return _METHODS.get(node.func.attr) or _CALL_TYPES.get(node.func.attr)
        return None


def _literal_type(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    if isinstance(node, ast.BinOp):
        return _literal_type(node.left) or _literal_type(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _CALL_TYPES.get(node.func.id)
    return _SHAPES.get(type(node))


def _single(seen: set[str] | frozenset[str]) -> str | None:
    bare = {name.rpartition(".")[2] for name in seen} - {"NoneType"}
    if not bare and seen:
        return "NoneType" if "NoneType" in seen else None
    if bare and bare <= {"int", "float"}:
        return "float" if "float" in bare else "int"
    return next(iter(bare)) if len(bare) == 1 and bare != {"?"} else None


def _annotation(node: ast.expr | None) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return {"List": "list", "Dict": "dict", "Set": "set", "Tuple": "tuple"}.get(node.attr, "")
    if isinstance(node, ast.Name):
        plain = {"List": "list", "Dict": "dict", "Set": "set", "Tuple": "tuple", "Any": "", "Optional": "", "Union": "", "object": ""}
        return plain.get(node.id, node.id if node.id in _CALL_TYPES else "")
    return ""


def compatible(one: str | None, other: str | None) -> bool:
    """Whether a value of one type may stand where the other was; unknown types may, and so may None."""
    if "NoneType" in (one, other):
        return True
    return (
        not one
        or not other
        or one == other
        or (one in NUMBERS and other in NUMBERS)
        or (one in SIZED and other in SIZED and "str" not in (one, other))
    )

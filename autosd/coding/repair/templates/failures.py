"""Tier 3: what an exception names: an unknown name, a missing import, a name of an outer scope, an error to expect."""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections.abc import Iterator

from autosd.coding.repair.ingredients import BUILTINS
from autosd.coding.repair.templates.base import Choice, Point, short, template
from autosd.coding.repair.templates.guards import actions
from autosd.coding.repair.templates.insertions import assignments
from autosd.coding.repair.templates.layout import before, block_of, is_elif, own_lines, reindented

#: Where names of the standard library live that are most often used without their import.
HOMES = {
    **dict.fromkeys(["defaultdict", "Counter", "OrderedDict", "deque", "namedtuple", "ChainMap"], "collections"),
    **dict.fromkeys(["reduce", "partial", "wraps", "lru_cache", "cache", "cached_property", "total_ordering", "cmp_to_key"], "functools"),
    **dict.fromkeys(
        ["product", "permutations", "combinations", "chain", "groupby", "count", "cycle", "islice", "accumulate", "zip_longest"],
        "itertools",
    ),
    **dict.fromkeys(["sqrt", "ceil", "floor", "gcd", "pi", "log", "factorial", "inf", "isclose", "hypot"], "math"),
    **dict.fromkeys(["datetime", "timedelta", "date", "timezone"], "datetime"),
    **dict.fromkeys(["heappush", "heappop", "heapify", "nlargest", "nsmallest"], "heapq"),
    **dict.fromkeys(["bisect_left", "bisect_right", "insort"], "bisect"),
    **dict.fromkeys(["deepcopy"], "copy"),
    **dict.fromkeys(["dataclass", "field", "replace", "asdict", "astuple"], "dataclasses"),
    **dict.fromkeys(["ABC", "abstractmethod"], "abc"),
    **dict.fromkeys(["Enum", "IntEnum", "auto"], "enum"),
    **dict.fromkeys(["Path", "PurePath"], "pathlib"),
    **dict.fromkeys(["Decimal"], "decimal"),
    **dict.fromkeys(["Fraction"], "fractions"),
    **dict.fromkeys(
        ["Any", "Optional", "Union", "List", "Dict", "Tuple", "Set", "Callable", "Iterable", "NamedTuple", "TypeVar"], "typing"
    ),
    **dict.fromkeys(["contextmanager", "suppress", "closing", "ExitStack"], "contextlib"),
    **dict.fromkeys(["itemgetter", "attrgetter", "mul", "add"], "operator"),
    **dict.fromkeys(["StringIO", "BytesIO"], "io"),
    **dict.fromkeys(["mean", "median", "stdev"], "statistics"),
}
#: What a program only raises because it is wrong: catching it would hide the fault.
NEVER_EXPECTED = frozenset({"AssertionError", "RecursionError", "MemoryError", "NameError", "UnboundLocalError", "NotImplementedError"})
_NAME = re.compile(r"name '(\w+)' is not defined|local variable '(\w+)' referenced|variable '(\w+)' where it is not|free variable '(\w+)'")


def undefined(at: Point) -> list[str]:
    """Names that failures say do not exist, and those of the statement that nothing binds."""
    found: dict[str, None] = {}
    for failure in at.observations.failures:
        for match in _NAME.finditer(failure.message):
            found[next(group for group in match.groups() if group)] = None
    return list(found)


@template("name.unknown", 1, ast.Name)
def unknown(at: Point, node: ast.Name) -> Iterator[Choice]:
    """A name that nothing binds: the likest one that exists."""
    if not isinstance(node.ctx, ast.Load):
        return
    missing = undefined(at)
    if node.id not in missing and (node.id in at.names or node.id in at.module.names or node.id in BUILTINS or node.id in at.unit.bindings):
        return
    known = [*at.names, *sorted(at.module.names), *sorted(BUILTINS)]
    close = difflib.get_close_matches(node.id, known, 6, 0.6)
    for rank, name in enumerate(dict.fromkeys([*close, *at.names[:8]])):
        yield Choice((at.put(node, name),), 1.0 / (1 + rank), f"use `{name}` instead of `{node.id}`")
    if at.unit.self_name:
        yield Choice((at.put(node, f"{at.unit.self_name}.{node.id}"),), 1.0, f"use `{at.unit.self_name}.{node.id}`")
    yield Choice((at.put(node, repr(node.id)),), 0.2, f"use the string `{node.id!r}`")


@template(
    "import.add",
    1,
    ast.Assign,
    ast.Expr,
    ast.Return,
    ast.If,
    ast.For,
    ast.While,
    ast.AugAssign,
    ast.FunctionDef,
    ast.ClassDef,
    ast.With,
    ast.Raise,
    ast.AnnAssign,
)
def add_import(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """The import of a name that is not defined: as other modules import it, of the project, of the standard library."""
    for name in undefined(at):
        if name in at.module.names:
            continue
        place = _import_place(at)
        for line, weight in _imports(at, name):
            yield Choice(((place, place, f"{line}{at.module.newline}"),), weight, f"add `{line}`")


def _import_place(at: Point) -> int:
    """After the last import of the module's head (or its docstring and ``__future__``)."""
    module, line = at.module, 0
    for each in module.tree.body if module.tree else ():
        docstring = isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) and isinstance(each.value.value, str)
        if docstring or (isinstance(each, ast.ImportFrom) and each.module == "__future__"):
            line = each.end_lineno or line
        else:
            break
    return module.starts[line] if line < len(module.starts) else len(module.text)


def _imports(at: Point, name: str) -> Iterator[tuple[str, float]]:
    if name in sys.stdlib_module_names:
        yield f"import {name}", 3.0
    if name in HOMES:
        yield f"from {HOMES[name]} import {name}", 3.0
    wanted = re.compile(rf"^from ([\w.]+) import .*\b{name}\b|^import {name}\b", re.M)
    defined = re.compile(rf"^(?:def|class|async def) {name}\b|^{name}\s*=", re.M)
    for path in at.project:
        text = at.project.raw(path) if path != at.module.path else ""
        used = wanted.search(text)
        if used:
            yield (f"from {used.group(1)} import {name}" if used.group(1) else f"import {name}"), 2.0
        if defined.search(text) and at.project.editable(path):
            dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".").removeprefix("src.")
            yield f"from {dotted} import {name}", 1.5
            if path.rpartition("/")[0] == at.module.path.rpartition("/")[0] and "/" in path:
                yield f"from .{dotted.rpartition('.')[2]} import {name}", 1.5
    yield f"import {name}", 0.1


@template("import.source", 1, ast.ImportFrom, ast.Import)
def import_source(at: Point, node: ast.ImportFrom | ast.Import) -> Iterator[Choice]:
    """An import from the wrong place, or of a misspelt name."""
    for alias in node.names:
        if alias.name == "*":
            continue
        for line, weight in _imports(at, alias.name) if isinstance(node, ast.ImportFrom) else ():
            if line != at.code(node) and len(node.names) == 1:
                yield Choice((at.put(node, line),), weight, f"`{line}`")
        known = [*HOMES, *sys.stdlib_module_names] if not isinstance(node, ast.ImportFrom) else _offered(at, node)
        for name in difflib.get_close_matches(alias.name, known, 4, 0.6):
            if name != alias.name:
                yield Choice((at.put(alias, name if alias.asname is None else f"{name} as {alias.asname}"),), 2.0, f"import `{name}`")
                if alias.asname is None:  # the rest of the file uses the wrong name too
                    yield Choice((at.put(alias, f"{name} as {alias.name}"),), 1.0, f"import `{name}` as `{alias.name}`")
    if isinstance(node, ast.ImportFrom) and node.module:
        for path in at.project:
            dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".").removeprefix("src.")
            if (
                dotted.rpartition(".")[2] != node.module.rpartition(".")[2]
                and difflib.SequenceMatcher(None, dotted, node.module).ratio() < 0.75
            ):
                continue
            names = ", ".join(at.code(alias) for alias in node.names)
            yield Choice((at.put(node, f"from {dotted} import {names}"),), 1.0, f"import from `{dotted}`")


def _offered(at: Point, node: ast.ImportFrom) -> list[str]:
    last = (node.module or "").replace(".", "/")
    found: list[str] = [name for name, home in HOMES.items() if home == node.module]
    for path in at.project:
        if last and path.removesuffix(".py").removesuffix("/__init__").endswith(last):
            found.extend(at.project[path].names)
    return found


@template("name.scope", 3, ast.FunctionDef, ast.AsyncFunctionDef)
def scope(at: Point, node: ast.FunctionDef) -> Iterator[Choice]:
    """``nonlocal`` or ``global`` for a name that the function rebinds."""
    unit = next((unit for unit in at.module.units if unit.node is node), None)
    first = (
        node.body[1]
        if len(node.body) > 1 and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
        else node.body[0]
    )
    if unit is None or own_lines(at.module, first) is None:
        return
    place, indent = at.module.starts[first.lineno - 1], at.module.indent(first)
    for name in unit.bindings:
        if name in unit.parameters:
            continue
        outer = unit.parent
        while outer is not None and (not outer.is_function or name not in outer.bindings):
            outer = outer.parent
        word = "nonlocal" if outer is not None else "global" if name in at.module.names else None
        if word:
            yield Choice(
                ((place, place, f"{indent}{word} {name}{at.module.newline}"),),
                3.0 if name in undefined(at) else 1.0,
                f"declare `{name}` {word}",
            )


@template("name.unbound", 3, ast.Assign, ast.AugAssign, ast.Return, ast.If, ast.For, ast.While, ast.Expr)
def unbound(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A local that is read before it has a value gets one at the start of the function."""
    if at.statement.parent is not None or at.statement.index > 2 or not at.unit.is_function:
        return
    for name in undefined(at):
        if name not in at.unit.bindings and name not in at.code(at.unit.node):
            continue
        for value in ("0", "[]", "None", "''", "{}", "1", "False", "set()", "True", *at.unit.parameters[:3]):
            change = before(at, f"{name} = {value}")
            if change is not None:
                yield Choice((change,), 1.0, f"start `{name}` with `{value}`")


@template("guard.except", 3, ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Delete)
def expected_error(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """The exception that the tests meet here is caught."""
    kinds = [
        failure.kind
        for failure in at.observations.failures
        if failure.kind.endswith(("Error", "Exception", "Iteration")) and failure.kind not in NEVER_EXPECTED
    ]
    whole, indent = own_lines(at.module, node), at.module.indent(node)
    lines = reindented(at.module, node, indent + at.module.step)
    if whole is None or lines is None or is_elif(at.module, node) or not at.unit.is_function:
        return
    todo = [*actions(at)[:14], ("pass", 1.0), *((text, 0.3 * weight) for text, weight in list(assignments(at))[:30])]
    for kind in dict.fromkeys(kinds):
        for action, weight in todo:
            text = block_of(
                at, [f"{indent}try:", *lines, f"{indent}except {kind.rpartition('.')[2]}:", f"{indent}{at.module.step}{action}"]
            )
            yield Choice(((*whole, text),), weight, f"`{short(action)}` on {kind}")


@template("except.widen", 3, ast.ExceptHandler)
def widen(at: Point, node: ast.ExceptHandler) -> Iterator[Choice]:
    """One more exception is caught."""
    if node.type is None:
        return
    kinds = dict.fromkeys(failure.kind.rpartition(".")[2] for failure in at.observations.failures)
    kinds |= dict.fromkeys(["ValueError", "TypeError", "KeyError", "IndexError", "AttributeError"])
    names = [at.code(each) for each in node.type.elts] if isinstance(node.type, ast.Tuple) else [at.code(node.type)]
    for kind in kinds:
        if kind and kind not in names and kind not in NEVER_EXPECTED:
            yield Choice((at.put(node.type, f"({', '.join([*names, kind])})"),), 1.0, f"also catch `{kind}`")

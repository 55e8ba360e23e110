"""Tier 2: the arguments of a call: an option gained or dropped, an argument more or less."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.model import Unit
from autosd.coding.repair.observations import literal
from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.templates.conditions import usable
from autosd.coding.repair.templates.names import attributes_of


@template("keyword.argument", 2, ast.Call)
def keyword_argument(at: Point, node: ast.Call) -> Iterator[Choice]:
    """An option gained, dropped, or given under another name."""
    _, end = at.module.span(node)
    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
    given = {each.arg for each in node.keywords}
    lead = ", " if node.args or node.keywords else ""
    trailing = at.module.text[: end - 1].rstrip().endswith(",")
    if not any(isinstance(argument, ast.GeneratorExp) for argument in node.args):
        for text, weight in _options(at, name):
            if text.startswith("*"):
                if f"{text}" in at.code(node) or (not text.startswith("**") and node.keywords):
                    continue
                yield Choice(((end - 1, end - 1, f"{'' if trailing else lead}{text}"),), weight, f"hand `{text}` on to `{name}`")
                continue
            word = text.partition("=")[0] if "=" in text.partition("(")[0] else None
            full = 1 if name in ("pop", "split", "strip", "most_common", "rsplit") else 2
            if (word is None and (given or len(node.args) >= full)) or word in given:
                continue
            yield Choice(((end - 1, end - 1, f"{'' if trailing else lead}{text}"),), weight, f"pass `{text}` to `{name}`")
    for each in node.keywords:
        if each.arg is None:
            continue
        others = [*node.args, *[other.value for other in node.keywords if other is not each]]
        kept = [at.code(argument) for argument in node.args] + [
            f"{other.arg}={at.code(other.value)}" if other.arg else f"**{at.code(other.value)}"
            for other in node.keywords
            if other is not each
        ]
        yield Choice(((*at.module.span(node), f"{at.code(node.func)}({', '.join(kept)})"),), 0.7 if others else 0.3, f"drop `{each.arg}=`")


_OPTIONS: dict[str, list[tuple[str, float]]] = {
    **{
        name: [
            ("reverse=True", 2.0),
            ("key=len", 0.6),
            ("key=str.lower", 0.5),
            ("key=str", 0.3),
            ("key=lambda x: x[1]", 0.6),
            ("key=lambda x: -x", 0.2),
            ("key=lambda x: x[0]", 0.4),
            ("key=abs", 0.2),
        ]
        for name in ("sorted", "sort")
    },
    **{
        name: [
            ("key=len", 1.0),
            ("default=0", 1.0),
            ("default=None", 1.0),
            ("key=abs", 0.4),
            ("key=lambda x: x[1]", 0.6),
            ("key=lambda x: x[0]", 0.3),
        ]
        for name in ("min", "max")
    },
    "enumerate": [("1", 2.0), ("start=1", 1.0)],
    "round": [("2", 2.0), ("1", 0.5), ("3", 0.3)],
    "print": [("end=''", 1.0), ("sep=''", 0.5)],
    "int": [("2", 1.0), ("16", 0.7), ("base=2", 0.1)],
    "split": [("','", 1.0), ("' '", 1.0), ("None, 1", 0.5), ("maxsplit=1", 0.4), ("1", 0.2)],
    "replace": [("1", 1.0)],
    "rsplit": [("maxsplit=1", 1.0), ("1", 0.5)],
    "zip": [("strict=True", 0.3)],
    "sum": [("0", 0.3), ("[]", 0.5)],
    "get": [("0", 1.0), ("None", 0.5), ("[]", 0.7), ("''", 0.5)],
    "pop": [("0", 2.0), ("None", 1.0), ("-1", 0.3)],
    "open": [("encoding='utf-8'", 1.0), ("newline=''", 0.3), ("'w'", 0.5), ("'rb'", 0.5)],
    "dumps": [("sort_keys=True", 1.0), ("indent=2", 0.7), ("ensure_ascii=False", 0.7), ("default=str", 0.5)],
    "next": [("None", 1.0)],
    "getattr": [("None", 1.0)],
    "strip": [("'.'", 0.3), ("','", 0.3), ("'\\n'", 0.3)],
    "join": [],
    "compile": [("re.IGNORECASE", 1.0)],
    "most_common": [("1", 1.0)],
    "field": [("default_factory=list", 1.0)],
    "dataclass": [("frozen=True", 1.0), ("order=True", 0.7), ("eq=True", 0.3)],
    "makedirs": [("exist_ok=True", 2.0)],
    "mkdir": [("parents=True", 1.0), ("exist_ok=True", 1.0)],
}


def _options(at: Point, name: str) -> Iterator[tuple[str, float]]:
    yield from _OPTIONS.get(name, ())
    for unit in at.module.units:  # parameters of the module's own function that this call leaves out
        if (unit.is_function and unit.name.rpartition(".")[2] == name) or (isinstance(unit.node, ast.ClassDef) and unit.name == name):
            source = unit if unit.is_function else next((other for other in at.module.units if other.name == f"{name}.__init__"), unit)
            yield from _other_defaults(source)
            for parameter in source.parameters:
                if parameter in at.names:
                    yield f"{parameter}={parameter}", 1.0
                elif at.unit.self_name:
                    yield f"{parameter}={at.unit.self_name}.{parameter}", 0.3
                    yield f"{parameter}={at.unit.self_name}._{parameter}", 0.2
    for name_of_own, stars in _collected(at):
        yield f"{stars}{name_of_own}", 0.8
    for each in at.pool.expressions(at.unit):  # options that other calls of the same name pass
        if isinstance(each.node, ast.Call) and each.node.keywords and ast.unparse(each.node.func).rpartition(".")[2] == name:
            for keyword in each.node.keywords:
                if keyword.arg is not None:
                    yield f"{keyword.arg}={ast.unparse(keyword.value)}", 1.0
    if name in ("sorted", "sort", "min", "max"):
        yield from _keys(at)
    if name in ("split", "strip", "rsplit", "lstrip", "rstrip", "partition", "find", "count", "startswith", "endswith"):
        strings = [value for text in [*at.pool.told(), *at.pool.constants(at.module)] if isinstance(value := literal(text), str)]
        marks = dict.fromkeys(
            mark for value in strings for mark in [value, *value] if len(value) > 0 and not mark.isalnum() and len(mark) <= 3
        )
        yield from ((repr(mark), 0.6) for mark in list(marks)[:12])


def _other_defaults(unit: Unit) -> Iterator[tuple[str, float]]:
    """Switches of the called function, set the other way."""
    if not isinstance(unit.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    given = unit.node.args
    positional = [*given.posonlyargs, *given.args]
    pairs = list(zip(positional[len(positional) - len(given.defaults) :], given.defaults, strict=False))
    pairs += [(argument, value) for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=False) if value is not None]
    for argument, value in pairs:
        if isinstance(value, ast.Constant) and isinstance(value.value, bool):
            yield f"{argument.arg}={not value.value}", 1.5


def _collected(at: Point) -> Iterator[tuple[str, str]]:
    """``*args`` and ``**kwargs`` of the function itself, to hand on."""
    if isinstance(at.unit.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for argument, stars in ((at.unit.node.args.vararg, "*"), (at.unit.node.args.kwarg, "**")):
            if argument is not None:
                yield argument.arg, stars


def _keys(at: Point) -> Iterator[tuple[str, float]]:
    """Functions to order by: of one argument, of the class or the module; look-ups in visible dicts."""
    for unit in at.module.units:
        if unit.is_function and unit.owner is not None and unit.owner is at.unit.owner and len(unit.parameters) == 2:
            yield f"key={at.unit.self_name}.{unit.name.rpartition('.')[2]}", 1.0
        elif unit.is_function and unit.parent is at.module.units[0] and len(unit.parameters) == 1:
            yield f"key={unit.name}", 1.0
    for name in at.names[:8]:
        if at.types.name(name, at.line) in ("dict", "Counter"):
            yield f"key={name}.get", 0.8
    for attribute in list(attributes_of(at).get("", {}))[:8]:
        yield f"key=lambda each: each.{attribute}", 0.3


@template("argument.count", 2, ast.Call)
def argument_count(at: Point, node: ast.Call) -> Iterator[Choice]:
    """A positional argument more (a visible name, a nearby expression), or one less."""
    if any(isinstance(argument, (ast.Starred, ast.GeneratorExp)) for argument in node.args):
        return
    texts = [at.code(argument) for argument in node.args]
    tail = [f"{each.arg}={at.code(each.value)}" if each.arg else f"**{at.code(each.value)}" for each in node.keywords]
    function = at.code(node.func)
    own = function.partition("(")[0].rpartition(".")[2] in {unit.name.rpartition(".")[2] for unit in at.module.units if unit.name}
    if own or function in ("range", "min", "max", "zip", "pow", "round", "isinstance", "sum", "print"):
        more = [(name, 1.0 / (1 + 0.1 * rank)) for rank, name in enumerate(at.names[:8]) if name not in texts]
        more += [(value, 0.4) for value in ("1", "0", "-1", "2", "None", "True")]
        more += [(each.text, 0.3) for each in at.pool.expressions(at.unit)[:20] if each.nearness == 1.0 and usable(at, each.names)]
        for text, weight in more:
            for index in range(len(texts) + 1):
                given = ", ".join([*texts[:index], text, *texts[index:], *tail])
                likely = 1.0 if index == len(texts) else 0.4
                yield Choice(
                    ((*at.module.span(node), f"{function}({given})"),), weight * likely, f"pass `{text}` to `{function[:32]}` as well"
                )
    for index in range(len(texts) if len(texts) > 1 else 0):
        given = ", ".join([*texts[:index], *texts[index + 1 :], *tail])
        yield Choice(((*at.module.span(node), f"{function}({given})"),), 1.0, f"do not pass `{texts[index][:40]}`")

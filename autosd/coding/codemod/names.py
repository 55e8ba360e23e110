"""Rules about names and statements that are not what they look like: shadowed builtins, dead code, exports of nothing."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from autosd.coding.codemod.module import Edit, Finding, Function, Module, functions, within

_BUILTINS = frozenset(name for name in dir(builtins) if name.islower())
_VALUES = ast.Constant | ast.List | ast.Dict | ast.Set | ast.Tuple | ast.ListComp | ast.DictComp | ast.SetComp | ast.BinOp | ast.JoinedStr
_LEAVING = ast.Return | ast.Raise | ast.Continue | ast.Break


def shadowed_builtins(module: Module) -> Iterator[Finding]:
    """A local that holds a plain value and is then called like the builtin it hides: the local gets another name."""
    for function in functions(module):
        for name, uses in _locals(function).items():
            stored = [use for use in uses if isinstance(use.ctx, ast.Store | ast.Del)]
            called = [use for use in uses if _is_called(module, use)]
            if not stored or not called or not all(_plain_value(module, use) for use in stored):
                continue
            if any(isinstance(each, ast.Name) and each.id == name and each not in uses for each in ast.walk(function)):
                continue  # a function inside shares it
            other = module.fresh(f"{name}_", f"{name}_value")
            edits = tuple(module.replace(use, other) for use in uses if use not in called)
            yield Finding(stored[0].lineno, edits)


def dead_code(module: Module) -> Iterator[Finding]:
    for block in _blocks(module):
        end = next((number for number, statement in enumerate(block[:-1]) if isinstance(statement, _LEAVING)), None)
        if end is None:
            continue
        dead = block[end + 1 :]
        if module.indent(dead[0]) is None or not _nobody_needs(module, dead):
            continue
        first = min([dead[0].lineno, *(each.lineno for each in getattr(dead[0], "decorator_list", ()))])
        start, stop = module.lines(first, dead[-1].end_lineno or dead[-1].lineno)
        if ";" not in module.text[module.source.span(dead[-1])[1] : stop].partition("#")[0]:
            yield Finding(dead[0].lineno, (Edit(start, stop, ""),))


def exports_of_nothing(module: Module) -> Iterator[Finding]:
    """Names in ``__all__`` that the module does not have: ``from m import *`` fails on them. Packages may mean submodules and are left."""
    if module.path.endswith("__init__.py") or {"__getattr__", "globals", "exec", "setattr"} & module.names:
        return
    defined = _defined(module)
    for node in module.tree.body:
        named = isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
        if not named or defined is None or not isinstance(node.value, ast.List | ast.Tuple):  # type: ignore[attr-defined]
            continue
        entries = node.value.elts  # type: ignore[attr-defined]
        texts = [each.value for each in entries if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        wrong = [number for number, each in enumerate(entries) if isinstance(each, ast.Constant) and each.value not in defined]
        if len(texts) == len(entries) and wrong and len(wrong) < len(entries) - isinstance(node.value, ast.Tuple):  # type: ignore[attr-defined]
            yield from _entries_gone(module, entries, wrong)


def _entries_gone(module: Module, entries: list[ast.expr], wrong: list[int]) -> Iterator[Finding]:
    """Each with the comma and the space behind it; the last one with those before it."""
    edits = []
    for number in wrong:
        start, end = module.source.span(entries[number])
        later = [each for each in range(number + 1, len(entries)) if each not in wrong]
        if later:
            end = module.source.span(entries[number + 1])[0]
        else:
            start = module.source.span(entries[number - 1])[1] if number else start
        if "#" not in module.text[start:end]:
            edits.append(Edit(start, end, ""))
    if edits:
        yield Finding(entries[wrong[0]].lineno, tuple(edits))


def _locals(function: Function) -> dict[str, list[ast.Name]]:
    """The uses of builtins' names in a function's own scope, where they are nothing but its variables."""
    arguments = {arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg)}
    found: dict[str, list[ast.Name]] = {}
    foreign: set[str] = set()
    for node in within(function.body):
        if isinstance(node, ast.Name) and node.id in _BUILTINS:
            found.setdefault(node.id, []).append(node)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            foreign |= set(node.names)
        elif isinstance(node, ast.alias):
            foreign.add(node.asname or node.name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler):
            foreign.add(node.name or "")
    return {name: uses for name, uses in found.items() if name not in arguments | foreign}


def _is_called(module: Module, use: ast.Name) -> bool:
    parent = module.parents.get(use)
    return isinstance(parent, ast.Call) and parent.func is use


def _plain_value(module: Module, use: ast.Name) -> bool:
    parent = module.parents.get(use)
    return isinstance(parent, ast.Assign) and use in parent.targets and isinstance(parent.value, _VALUES)


def _blocks(module: Module) -> Iterator[list[ast.stmt]]:
    for node in module.nodes:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and len(block) > 1 and isinstance(block[0], ast.stmt):
                yield block


def _nobody_needs(module: Module, dead: list[ast.stmt]) -> bool:
    """Statements that never run still count: a yield makes a generator, an assignment makes a local."""
    special = ast.Yield | ast.YieldFrom | ast.Await | ast.Global | ast.Nonlocal | ast.AsyncFor | ast.AsyncWith
    inside = {node for statement in dead for node in ast.walk(statement)}
    if any(isinstance(node, special) for node in inside):
        return False
    bound = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del)}
    bound |= {node.name for node in inside if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    bound |= {(node.asname or node.name).partition(".")[0] for node in inside if isinstance(node, ast.alias)}
    bound |= {node.name for node in inside if isinstance(node, ast.ExceptHandler) and node.name}
    scope = module.function_of(dead[0]) or module.tree
    return not any(isinstance(node, ast.Name) and node.id in bound and node not in inside for node in ast.walk(scope))


def _defined(module: Module) -> set[str] | None:
    """What the module binds at its top level, branches included; None where a star import may bind anything."""
    found: set[str] = {"__doc__", "__name__", "__file__", "__all__", "__version__"} & module.names
    for node in within(module.tree.body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            if node.name == "*":
                return None
            found.add(node.asname or node.name.partition(".")[0])
    found |= {name for node in module.nodes if isinstance(node, ast.Global) for name in node.names}
    return found

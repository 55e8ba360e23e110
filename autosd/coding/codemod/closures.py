"""Rules about what functions keep: defaults that are shared, variables that are bound too late."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.codemod.module import Edit, Finding, Function, Module, functions

_MAKERS = frozenset({"list", "dict", "set"})
_CHANGERS = frozenset({
    "append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove", "discard", "clear", "sort", "reverse",
})  # fmt: skip
_KEEPERS = frozenset({"append", "add", "insert", "appendleft", "setdefault"})


def mutable_defaults(module: Module) -> Iterator[Finding]:
    for function in functions(module):
        pairs = [(arg, default) for arg, default in _defaults(function.args) if _mutable(default) and _leaks(function, arg.arg)]
        pairs = [(arg, default) for arg, default in pairs if default.lineno == default.end_lineno and _annotated(module, arg) is not None]
        first = _first(function)
        indent, outer = (module.indent(first), module.indent(function)) if first is not None else (None, None)
        if not pairs or first is None or indent is None or outer is None or not indent.startswith(outer):
            continue
        newline, step = module.source.newline, indent[len(outer) :]
        lines = [f"{indent}if {arg.arg} is None:{newline}{indent}{step}{arg.arg} = {module.of(default)}{newline}" for arg, default in pairs]
        top = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", ()))])
        edits = [edit for arg, default in pairs for edit in (module.replace(default, "None"), *(_annotated(module, arg) or ()))]
        yield Finding(function.lineno, (*edits, module.insert(module.source.starts[top - 1], "".join(lines))))


def bound_too_late(module: Module) -> Iterator[Finding]:
    for node in module.nodes:
        if not isinstance(node, ast.Lambda) or node.args.vararg or node.args.kwarg or node.args.kwonlyargs:
            continue
        given = {arg.arg for arg in (*node.args.posonlyargs, *node.args.args)}
        used = [each for each in ast.walk(node.body) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)]
        used.sort(key=lambda each: (each.lineno, each.col_offset))
        kept = _kept_by_loop(module, node) - given
        late = [name for name in dict.fromkeys(each.id for each in used) if name in kept]
        if late:
            last = max((module.source.span(each)[1] for each in (*node.args.args, *node.args.posonlyargs, *node.args.defaults)), default=0)
            words = ", ".join(f"{name}={name}" for name in late)
            place = last or module.source.span(node)[0] + len("lambda")
            yield Finding(node.lineno, (module.insert(place, f", {words}" if last else f" {words}"),))


def _kept_by_loop(module: Module, node: ast.Lambda) -> set[str]:
    """Variables of the loops around a lambda that outlives its turn of the loop; nothing for one that is used at once."""
    kept, names = False, set[str]()
    below: ast.AST = node
    for each in module.ancestors(node):
        if isinstance(each, ast.Call) and below is not each.func and not kept:
            if getattr(each.func, "attr", "") not in _KEEPERS:
                return set()
            kept = True
        elif isinstance(each, ast.ListComp | ast.SetComp | ast.DictComp) and not kept:
            elements = (each.key, each.value) if isinstance(each, ast.DictComp) else (each.elt,)
            if below not in elements:
                return set()
            return {name for part in each.generators for name in _targets(part.target)}
        elif isinstance(each, ast.Assign) and any(isinstance(target, ast.Subscript) for target in each.targets):
            kept = True
        elif isinstance(each, ast.For | ast.AsyncFor):
            names |= set(_targets(each.target)) if below in each.body else set()
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            break
        elif _uses_at_once(each, kept):
            return set()
        below = each
    return names if kept else set()


def _uses_at_once(node: ast.AST, kept: bool) -> bool:
    """Whether what stands around a lambda is no way to keep it."""
    if isinstance(node, ast.expr):
        return not isinstance(node, ast.Tuple | ast.List | ast.Dict | ast.Call)
    return isinstance(node, ast.stmt) and not kept and not isinstance(node, ast.Expr)


def _targets(target: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _defaults(args: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    plain = [*args.posonlyargs, *args.args]
    yield from zip(plain[len(plain) - len(args.defaults) :], args.defaults, strict=True)
    yield from ((arg, default) for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if default is not None)


def _mutable(node: ast.expr) -> bool:
    if isinstance(node, ast.List | ast.Dict | ast.Set):
        return all(isinstance(each, ast.Constant) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS and not node.args and not node.keywords
    )


def _leaks(function: Function, name: str) -> bool:
    """Whether the default itself is changed or handed out: one that is only read does no harm, one named as a memory is meant."""
    if name.startswith("_") or any(word in name for word in ("cache", "memo", "seen", "registry")):
        return False
    for node in (each for statement in function.body for each in ast.walk(statement)):
        changed = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGERS
        if changed and _is(node.func.value, name):  # type: ignore[attr-defined]
            return True
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del) and _is(node.value, name):
            return True
        if isinstance(node, ast.AugAssign) and _is(node.target, name):
            return True
        kept = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript)
        if (kept or isinstance(node, ast.Return)) and _is(node.value, name):  # type: ignore[attr-defined]
            return True
    return False


def _is(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _first(function: Function) -> ast.stmt | None:
    """The first statement behind the docstring, when it stands on a line of its own."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return body[0] if body and body[0].lineno > function.lineno else None


def _annotated(module: Module, arg: ast.arg) -> tuple[Edit, ...] | None:
    """What lets the annotation say None too; None where that cannot be said in every Python the file may be for."""
    if arg.annotation is None:
        return ()
    text = module.of(arg.annotation)
    if "None" in text or "Optional" in text or "Any" in text:
        return ()
    later = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" and _names(node) for node in module.tree.body)
    return (module.insert(module.source.span(arg.annotation)[1], " | None"),) if later and not text.startswith(("'", '"')) else None


def _names(node: ast.ImportFrom) -> bool:
    return any(alias.name == "annotations" for alias in node.names)

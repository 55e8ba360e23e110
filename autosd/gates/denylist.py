"""What a change may not newly do, found in the syntax tree: leave the process, load code by stealth, reach into
the judge, equal everything.

Only what is *added* counts. A name is resolved through the file's imports, so
``from os import system as s`` is still ``os.system``.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from autosd.gates.denied_names import (
    COMPARISONS,
    COUNTED,
    DENIED_CALLS,
    DENIED_MODULES,
    HIDDEN_ATTRIBUTES,
    JUDGE_WORDS,
    NATURAL_PATCHES,
)


def added_traits(base: str, new: str) -> list[str]:
    """The denied traits that ``new`` has more of than ``base``, in order. A text that does not parse has none: other gates refuse it."""
    before, after = Counter(traits(base)), Counter(traits(new))
    return sorted(trait for trait in after if after[trait] > before[trait] and (_counted(trait) or not before[trait]))


def _counted(trait: str) -> bool:
    """Whether one more is too many; of the rest, a file that has some may have another (a moved or copied line of its own)."""
    kind, _, name = trait.partition(" ")
    return kind not in ("imports", "uses", "names", "reaches") or name in COUNTED


def traits(text: str) -> list[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    finder = _Finder(_imports(tree))
    return [trait for node in ast.walk(tree) for trait in finder.of(node)]


def _imports(tree: ast.AST) -> dict[str, str]:
    """Local name -> what it stands for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = alias.name if alias.asname else alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


class _Finder:
    def __init__(self, imports: dict[str, str]) -> None:
        self.imports = imports

    def of(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from self._import(node)
            case ast.Attribute() | ast.Name():
                yield from self._name(node)
            case ast.Call():
                yield from self._call(node)
            case ast.Constant(value=str() as text):
                yield from _text(text)
            case ast.Assign(targets=targets):
                yield from self._targets(targets)
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                yield from self._targets([target])
            case ast.Delete(targets=targets):
                yield from self._targets(targets)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _comparison(node)
            case ast.Compare():
                yield from _self_comparison(node)

    def full_name(self, node: ast.AST) -> str:
        """The dotted name of ``node`` with its first part resolved through the imports; "" for anything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.imports.get(node.id, node.id), *reversed(parts)])

    def _import(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{alias.name}" for alias in node.names] if node.module and not node.level else []
        else:
            modules = [alias.name for alias in node.names]
        for module in modules:
            if module.partition(".")[0] in DENIED_MODULES or module in DENIED_MODULES:
                yield f"imports {module}"
            elif module in DENIED_CALLS:
                yield f"uses {module}"

    def _name(self, node: ast.Attribute | ast.Name) -> Iterator[str]:
        name = self.full_name(node)
        if name in DENIED_CALLS or (name.partition(".")[0] in DENIED_MODULES and "." in name):
            yield f"uses {name}"
        last = node.attr if isinstance(node, ast.Attribute) else node.id
        if last in HIDDEN_ATTRIBUTES:
            yield f"reaches into {last}"

    def _call(self, node: ast.Call) -> Iterator[str]:
        name = self.full_name(node.func)
        if name in ("setattr", "delattr", "object.__setattr__") and node.args and self._foreign(node.args[0]):
            yield f"patches {self.full_name(node.args[0]) or 'another object'}"
        computed = name in ("getattr", "setattr") and len(node.args) > 1 and not isinstance(node.args[1], ast.Constant)
        if computed and self._foreign(node.args[0]):
            yield f"computes a name in {self.full_name(node.args[0])}"
        if name == "isinstance" and len(node.args) == 2 and self.full_name(node.args[1]) == "object":
            yield "compares with everything"

    def _targets(self, targets: list[ast.expr]) -> Iterator[str]:
        for target in targets:
            if isinstance(target, ast.Tuple | ast.List):
                yield from self._targets(target.elts)
            elif isinstance(target, ast.Attribute) and self._foreign(target.value):
                if target.attr not in NATURAL_PATCHES:
                    yield f"patches {self.full_name(target.value)}"
            elif isinstance(target, ast.Subscript) and self.full_name(target.value) in ("sys.modules", "os.environ", "globals"):
                yield f"changes {self.full_name(target.value)}"
            elif isinstance(target, ast.Name) and target.id in COMPARISONS:
                yield f"replaces {target.id}"

    def _foreign(self, node: ast.AST) -> bool:
        """Whether ``node`` is something that was imported (or a part of it)."""
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self.imports


def _text(text: str) -> Iterator[str]:
    if len(text) < 200:
        for word in JUDGE_WORDS:
            if word in text.lower():
                yield f"names {word}"
        if text in COMPARISONS or text in HIDDEN_ATTRIBUTES:
            yield f"names {text}"


def _comparison(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """A comparison that never looks at the other side equals everything."""
    arguments = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    if node.name not in COMPARISONS or node.name in ("__bool__", "__hash__"):
        return
    other = arguments[1] if len(arguments) > 1 else None
    reads = any(isinstance(part, ast.Name) and part.id == other for part in ast.walk(node))
    if not reads and not all(_refuses(part) for part in node.body):
        yield f"{node.name} never looks at the other side"


def _refuses(node: ast.stmt) -> bool:
    doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    unsupported = isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and node.value.id == "NotImplemented"
    return doc or unsupported or isinstance(node, ast.Raise)


def _self_comparison(node: ast.Compare) -> Iterator[str]:
    """``x == x`` holds for everything (the idiom for NaN is ``!=``)."""
    sides = [node.left, *node.comparators]
    for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
        plain = isinstance(operator, ast.Eq | ast.Is | ast.LtE | ast.GtE) and isinstance(left, ast.Name | ast.Attribute)
        if plain and ast.dump(left) == ast.dump(right):
            yield "compares with itself"

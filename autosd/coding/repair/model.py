"""The subject's code as the engine sees it: modules, functions, statements, and the names visible at a point."""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from autosd.coding.repair.source import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module


@dataclass(eq=False)
class Unit:
    """A function, a class body or a module's own code, with the statements that belong to it alone."""

    node: Scope
    module: Module
    name: str  # qualified: "Class.method", "outer.inner"; "" for the module
    parent: Unit | None
    statements: list[Statement] = field(default_factory=list)

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, Function)

    @property
    def owner(self) -> Unit | None:
        """The class this is a method of."""
        return self.parent if self.parent and isinstance(self.parent.node, ast.ClassDef) else None

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        if not isinstance(self.node, Function):
            return ()
        given = self.node.args
        every = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
        return tuple(argument.arg for argument in every if argument is not None)

    @cached_property
    def bindings(self) -> dict[str, int]:
        """Each local name with the first line that binds it."""
        found = dict.fromkeys(self.parameters, getattr(self.node, "lineno", 0))
        for statement in self.statements:
            for name in bound_names(statement.node):
                found.setdefault(name, statement.line)
        return found

    @cached_property
    def self_name(self) -> str | None:
        """The receiver's name in a method (``self``, ``cls``), else None."""
        static = isinstance(self.node, Function) and any(
            isinstance(d, ast.Name) and d.id == "staticmethod" for d in self.node.decorator_list
        )
        return self.parameters[0] if self.owner and self.parameters and not static else None


@dataclass(eq=False)
class Statement:
    """A statement (or except clause) with its place in its block. ``own`` are the nodes of its header alone."""

    node: ast.stmt | ast.ExceptHandler
    unit: Unit
    block: list[ast.stmt]
    index: int
    parent: Statement | None

    @property
    def line(self) -> int:
        return self.node.lineno

    @cached_property
    def lines(self) -> range:
        """The lines of the header: up to the first statement inside."""
        body = getattr(self.node, "body", None)
        end = self.node.end_lineno or self.line
        if isinstance(body, list) and body:
            end = max(self.line, min(end, body[0].lineno - 1))
        return range(self.line, end + 1)

    @cached_property
    def own(self) -> list[ast.AST]:
        """Nodes of the statement without those of statements nested in it, in order of the text."""
        return list(_own(self.node))

    @cached_property
    def loops(self) -> list[Statement]:
        """The loops around, innermost first, within the function."""
        found, at = [], self.parent
        while at is not None:
            if isinstance(at.node, (ast.For, ast.While, ast.AsyncFor)):
                found.append(at)
            at = at.parent
        return found


def _own(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.ExceptHandler)) or type(child).__name__ == "match_case":
            continue
        yield child
        yield from _own(child)


def bound_names(node: ast.AST) -> Iterator[str]:
    """Names that this statement's header binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        return
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield (alias.asname or alias.name).partition(".")[0]
        return
    if isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    for child in _own(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id


class Module(Source):
    """One file: its text, tree (None when it does not parse; ``error`` says why), units and statements."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(text)
        self.path = path
        self.error: SyntaxError | None = None
        self.tree: ast.Module | None = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = ast.parse(text[self.bom :])
        except SyntaxError as error:
            self.error = error
        except (ValueError, RecursionError, MemoryError) as error:
            self.error = SyntaxError(str(error))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        found: dict[ast.AST, ast.AST] = {}
        for node in ast.walk(self.tree) if self.tree else ():
            for child in ast.iter_child_nodes(node):
                found[child] = node
        return found

    @cached_property
    def units(self) -> list[Unit]:
        """The module's own unit first, then classes and functions in order of the text."""
        if self.tree is None:
            return []
        top = Unit(self.tree, self, "", None)
        found = [top]
        self._collect(top, self.tree.body, None, found)
        return found

    def _collect(self, unit: Unit, block: list[ast.stmt], parent: Statement | None, found: list[Unit]) -> None:
        for index, node in enumerate(block):
            statement = Statement(node, unit, block, index, parent)
            unit.statements.append(statement)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                inner = Unit(node, self, f"{unit.name}.{node.name}" if unit.name else node.name, unit)
                found.append(inner)
                self._collect(inner, node.body, None, found)
                continue
            for handler in getattr(node, "handlers", ()):
                clause = Statement(handler, unit, block, index, statement)
                unit.statements.append(clause)
                self._collect(unit, handler.body, clause, found)
            for name in ("body", "orelse", "finalbody"):
                self._collect(unit, getattr(node, name, []), statement, found)
            for case in getattr(node, "cases", ()):
                self._collect(unit, case.body, statement, found)

    @cached_property
    def statements(self) -> list[Statement]:
        return [statement for unit in self.units for statement in unit.statements]

    @cached_property
    def by_line(self) -> dict[int, Statement]:
        """The innermost statement of every line that has one."""
        found: dict[int, Statement] = {}
        for statement in self.statements:
            for line in statement.lines:
                if line not in found or found[line].line < statement.line or found[line].parent is None:
                    found[line] = statement
        return found

    @cached_property
    def by_node(self) -> dict[ast.AST, Statement]:
        return {statement.node: statement for statement in self.statements}

    @cached_property
    def formatted(self) -> list[tuple[int, int]]:
        """The spans of the f-strings."""
        return [self.span(node) for node in ast.walk(self.tree) if isinstance(node, ast.JoinedStr)] if self.tree else []

    @cached_property
    def untrusted(self) -> set[ast.AST]:
        """Nodes inside f-strings whose place the parser gives wrongly (before 3.12), and the strings' literal pieces."""
        found: set[ast.AST] = set()
        for whole in ast.walk(self.tree) if self.tree else ():
            if isinstance(whole, ast.JoinedStr):
                for part in ast.walk(whole):
                    if part is not whole and isinstance(part, ast.expr) and not self._placed(part, whole):
                        found.add(part)
        return found

    def _placed(self, node: ast.expr, whole: ast.JoinedStr) -> bool:
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and node in whole.values):
            return False
        try:
            text = self.code(node)
            return ast.dump(ast.parse(text, mode="eval").body) == ast.dump(node)
        except (SyntaxError, ValueError, IndexError):
            return isinstance(getattr(node, "ctx", None), ast.Store) and text == ast.unparse(node)

    def code(self, node: ast.AST) -> str:
        """The node's own text."""
        start, end = self.span(node)
        return self.text[start:end]

    def indent(self, node: ast.AST) -> str:
        """The white space before the statement's first line."""
        line = self.line(node.lineno)  # type: ignore[attr-defined]
        return line[: len(line) - len(line.lstrip())]

    @cached_property
    def step(self) -> str:
        """One level of indentation as this file has it."""
        for unit in self.units:
            for statement in unit.statements:
                if statement.parent is not None:
                    outer, inner = self.indent(statement.parent.node), self.indent(statement.node)
                    if inner.startswith(outer) and len(inner) > len(outer):
                        return inner[len(outer) :]
        return "    "

    @cached_property
    def names(self) -> frozenset[str]:
        """What the module's own level binds."""
        return frozenset(self.units[0].bindings) if self.units else frozenset()


class Project(Mapping[str, Module]):
    """The subject's modules by path, parsed when first looked at. ``test_files`` are never edited."""

    def __init__(self, files: Mapping[str, str], test_files: frozenset[str]) -> None:
        self._files = {path: text for path, text in files.items() if path.endswith((".py", ".pyi"))}
        self._modules: dict[str, Module] = {}
        self.test_files = test_files | {path for path in self._files if posixpath.basename(path) == "conftest.py"}

    def __getitem__(self, path: str) -> Module:
        module = self._modules.get(path)
        if module is None:
            module = self._modules[path] = Module(path, self._files[path])
        return module

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def editable(self, path: str) -> bool:
        return path in self._files and path not in self.test_files

    def raw(self, path: str) -> str:
        """The text without parsing it."""
        return self._files[path]


def build_project(files: Mapping[str, str], *, test_files: frozenset[str]) -> Project:
    """A project over the texts of ``files``; nothing is parsed before it is needed."""
    return Project(files, test_files)

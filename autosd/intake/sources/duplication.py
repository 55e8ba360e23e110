"""Functions whose bodies are the same, letter for letter once comments, layout and docstrings are taken out."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from autosd.domain.signals import Signal, SignalKind
from autosd.intake.sources.code import Function, functions, python_files, without_docstring

SMALLEST_NODES, SMALLEST_STATEMENTS = 40, 3  # what is smaller is alike by chance


class Duplication:
    """One signal for each body that stands in more than one place; tests may repeat themselves."""

    name = "duplication"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        found: dict[str, list[tuple[str, str, int, int]]] = {}
        for file in python_files(root):
            if file.tree is None or file.is_test:
                continue
            for name, node in functions(file.tree):
                if digest := _digest(node):
                    found.setdefault(digest, []).append((file.path, name, node.lineno, (node.end_lineno or 0) - node.lineno + 1))
        for places in found.values():
            if len(places) > 1:
                yield self._signal(project, places, now)

    def _signal(self, project: str, places: list[tuple[str, str, int, int]], now: datetime) -> Signal:
        subject = " ".join(f"{path}::{name}" for path, name, _, _ in places)
        lines = sum(length for _, _, _, length in places[1:])
        names = ", ".join(f"{name} ({path}:{line})" for path, name, line, _ in places[:5])
        said = f"{len(places)} functions have the same body: {names}"
        severity = round(min(1.0, 0.25 + lines / 120 + 0.1 * (len(places) - 2)), 4)
        evidence = {"places": [f"{path}:{line}" for path, _, line, _ in places], "lines": lines, "plan": ["deduplicate"]}
        paths = tuple(dict.fromkeys(path for path, _, _, _ in places))
        return Signal(SignalKind.DUPLICATION, project, subject, said, now, severity, 0.9, paths, evidence, source=self.name)


def _digest(node: Function) -> str:
    body = without_docstring(node.body)
    size = sum(1 for statement in body for _ in ast.walk(statement))
    if size < SMALLEST_NODES or sum(isinstance(each, ast.stmt) for top in body for each in ast.walk(top)) < SMALLEST_STATEMENTS:
        return ""
    shape = ast.dump(node.args) + "".join(map(ast.dump, body))
    return hashlib.sha256(shape.encode("utf-8", "surrogatepass")).hexdigest()

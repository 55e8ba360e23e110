"""What all sources share that look at a run of the tests: ids, files, the tests' own text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from pathlib import Path

from autosd.domain.suites import SuiteRun, TestResult
from autosd.intake.sources.code import functions, parsed, python_files

MOST_TESTS = 50  # told of one signal; the number of all of them stands beside


def file_of(test: str, root: Path) -> str:
    """The file of a test id, when there is one: unittest's ids are dotted names."""
    path = test.partition("::")[0]
    if path.endswith(".py"):
        return path
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        name = "/".join(parts[:length]) + ".py"
        if (root / name).is_file():
            return name
    return ""


def bare(test: str) -> str:
    """A test's id without the values that it was called with."""
    return test.partition("[")[0]


def results_of(run: SuiteRun) -> dict[str, TestResult]:
    return {result.id: result for result in run.results}


def paths_of(tests: Iterable[str], root: Path) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for test in tests if (path := file_of(test, root))))


class Mentions:
    """Which functions and classes of the project each test names in its own text."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_file: dict[str, dict[str, frozenset[str]]] = {}
        self._places: dict[str, list[str]] = {}
        for file in python_files(root):
            if file.tree is not None and not file.is_test:
                for name, _ in functions(file.tree):
                    self._places.setdefault(name.rpartition(".")[2], []).append(f"{file.path}::{name}")

    def of(self, test: str) -> frozenset[str]:
        path = file_of(test, self._root)
        if path not in self._by_file:
            self._by_file[path] = self._read(path)
        name = bare(test).rpartition("::")[2].rpartition(".")[2]
        return self._by_file[path].get(name, frozenset())

    def place(self, name: str) -> str:
        """``path::function`` where the name is defined, the first where there are several."""
        return self._places[name][0]

    def _read(self, path: str) -> dict[str, frozenset[str]]:
        tree = parsed((self._root / path).read_bytes().decode("utf-8", "replace")) if path and (self._root / path).is_file() else None
        return {name.rpartition(".")[2]: self._named(node) for name, node in functions(tree)} if tree else {}

    def _named(self, node: ast.AST) -> frozenset[str]:
        words = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        words |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
        return frozenset(words & self._places.keys())


def shown(tests: Sequence[str]) -> list[str]:
    return list(tests[:MOST_TESTS])

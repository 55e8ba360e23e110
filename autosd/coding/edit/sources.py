"""What of a project a model is shown: the failing tests, the code that they reach, what the task names, then what a search finds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autosd.coding.editing.edits import Problem
from autosd.coding.editing.paths import Tree
from autosd.coding.editing.symbols import Definition, definitions, parsed
from autosd.domain.passages import Passage
from autosd.domain.suites import Diagnosis
from autosd.governance.paths import is_secret, malformed
from autosd.governance.redaction import Redactor
from autosd.ports import Retriever

#: A file of so many lines is shown whole; of a larger one the functions that matter.
SMALL = 160
#: Of a file that is named and too large: its first lines (S1).
FIRST_LINES = 200
MOST_TESTS, MOST_FRAMES = 5, 8
_AROUND = 60


def tokens_of(text: str) -> int:
    """An estimate that is rather too high: code has about three characters to a token."""
    return len(text) // 3 + 1


@dataclass(frozen=True)
class _Module:
    path: str
    lines: tuple[str, ...]
    symbols: tuple[tuple[str, Definition], ...]

    def whole(self, why: str) -> Passage:
        return self.part(1, len(self.lines), "", why)

    def part(self, start: int, end: int, symbol: str, why: str) -> Passage:
        start, end = max(1, start), min(end, len(self.lines))
        return Passage(self.path, start, end, "\n".join(self.lines[start - 1 : end]), symbol, why=why)

    def around(self, line: int, why: str) -> Passage:
        """The innermost function or class that ``line`` is in; without one the lines around it."""
        if len(self.lines) <= SMALL:
            return self.whole(why)
        inside = [(name, node) for name, node in self.symbols if _first(node) <= line <= (node.end_lineno or line)]
        if not inside:
            return self.part(line - _AROUND, line + _AROUND, "", why)
        name, node = max(inside, key=lambda each: _first(each[1]))
        return self.part(_first(node), node.end_lineno or line, name, why)


class Sources:
    """Reads a project for one task. What is a secret, a link or no text is not there."""

    def __init__(self, root: Path, retriever: Retriever | None = None) -> None:
        self._root, self._tree, self._retriever = root, Tree(root), retriever
        self._known: dict[str, _Module | None] = {}
        self._redactor = Redactor()

    def gathered(self, diagnosis: Diagnosis, paths: Sequence[str], words: str, *, tokens: int) -> list[Passage]:
        """Within ``tokens`` in sum, the most telling first, no line twice."""
        chosen: list[Passage] = []
        left = tokens
        for passage in self._offered(diagnosis, paths, words, tokens):
            if any(_covers(other, passage) for other in chosen):
                continue
            passage = _fitting(passage, left)
            if passage.text.strip():
                chosen.append(passage)
                left -= tokens_of(passage.text)
            if left < 20:
                break
        return [
            Passage(each.path, each.start, each.end, self._redactor.code(each.text), each.symbol, each.score, each.why) for each in chosen
        ]

    def _offered(self, diagnosis: Diagnosis, paths: Sequence[str], words: str, tokens: int) -> Iterator[Passage]:
        yield from self._named(paths)
        yield from self._of_tests(diagnosis)
        if self._retriever is not None:
            for found in self._retriever.passages(self._root, words, tokens=tokens):
                if self.shows(found.path):
                    yield found

    def shows(self, path: str) -> bool:
        return not malformed(path) and not is_secret(path) and not isinstance(self._tree.place(path), Problem)

    def _named(self, paths: Iterable[str]) -> Iterator[Passage]:
        for path in paths:
            if module := self.module(path):
                yield (
                    module.whole("named by the task")
                    if len(module.lines) <= 2 * SMALL
                    else module.part(1, FIRST_LINES, "", "named by the task")
                )

    def _of_tests(self, diagnosis: Diagnosis) -> Iterator[Passage]:
        failures = {each.id: each.failure for each in diagnosis.run.results}
        tests = [(test, self._test(test)) for test in diagnosis.failing[:MOST_TESTS]]
        yield from (found for _, found in tests if found)
        for test, _ in tests:
            failure = failures.get(test)
            for frame in reversed(failure.frames[-MOST_FRAMES:] if failure else ()):
                module = self.module(frame.file)
                if module and frame.file != test.partition("::")[0]:
                    yield module.around(frame.line, "in the traceback")
        for test, passage in tests:
            if passage:
                yield from self._used(test.partition("::")[0], passage.text)

    def _test(self, test: str) -> Passage | None:
        file, _, rest = test.partition("::")
        if module := self.module(file):
            name = rest.partition("[")[0].replace("::", ".")
            for symbol, node in module.symbols:
                if symbol == name:
                    return module.part(_first(node), node.end_lineno or node.lineno, symbol, "a failing test")
            return module.whole("a failing test") if len(module.lines) <= SMALL else None
        return self._dotted_test(test)

    def _dotted_test(self, test: str) -> Passage | None:
        """Unittest's way to spell it: ``package.module.Class.method``."""
        parts = test.split(".")
        for end in range(len(parts) - 1, 0, -1):
            module = self.module("/".join(parts[:end]) + ".py") if all(part.isidentifier() for part in parts) else None
            if module:
                symbol = ".".join(parts[end:])
                found = next((node for name, node in module.symbols if name == symbol), None)
                return module.part(_first(found), found.end_lineno or 0, symbol, "a failing test") if found else None
        return None

    def _used(self, test_file: str, text: str) -> Iterator[Passage]:
        """What a test calls, in the modules of the project that its file imports."""
        module = self.module(test_file)
        tree = parsed("\n".join(module.lines)) if module else None
        if module is None or tree is None:
            return
        words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
            node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
        }
        said = {word for word in words if word in text}
        for imported in self._imports(tree):
            if len(imported.lines) <= SMALL:
                yield imported.whole("imported by a failing test")
                continue
            for name, node in imported.symbols:
                if name.rpartition(".")[2] in said and not (isinstance(node, ast.ClassDef) and "." in name):
                    yield imported.part(_first(node), node.end_lineno or node.lineno, name, "used by a failing test")

    def _imports(self, tree: ast.Module) -> Iterator[_Module]:
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                stem = name.replace(".", "/")
                places = (f"{top}{stem}{end}" for top in ("", "src/", "lib/") for end in (".py", "/__init__.py"))
                if found := next(filter(None, map(self.module, places)), None):
                    yield found

    def module(self, path: str) -> _Module | None:
        """A text of the project; with its symbols when it is Python that can be parsed."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def _read(self, path: str) -> _Module | None:
        if not path or path.startswith("/") or not self.shows(path):
            return None
        document = self._tree.read(path)
        if document is None or isinstance(document, Problem):
            return None
        tree = parsed("\n".join(document.lines)) if path.endswith((".py", ".pyi")) else None
        return _Module(path, tuple(document.lines), tuple(definitions(tree)) if tree else ())


def _first(node: Definition) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _covers(one: Passage, other: Passage) -> bool:
    return one.path == other.path and one.start <= other.start and other.end <= one.end


def _fitting(passage: Passage, tokens: int) -> Passage:
    """As many whole lines from its beginning as ``tokens`` allow."""
    if tokens_of(passage.text) <= tokens:
        return passage
    kept, left = [], tokens - 1
    for line in passage.text.split("\n"):
        left -= len(line) // 3 + 1
        if left < 0:
            break
        kept.append(line)
    text = "\n".join(kept)
    return Passage(passage.path, passage.start, passage.start + len(kept) - 1, text, passage.symbol, passage.score, passage.why)

"""Looking around in a workspace: lists, lines of a file, words, and where things are defined. Bounded in time and in what is said."""

from __future__ import annotations

import ast
import re
import time
import warnings
from collections.abc import Iterator
from fnmatch import fnmatchcase

from autosd.coding.agent.workspace import NotAllowed, Workspace

MOST_HITS, MOST_LISTED, MOST_LINES = 60, 400, 400
WIDEST = 240
#: A search ends after so many seconds with what it found.
SEARCH_SECONDS = 5.0


def listed(workspace: Workspace, under: str = "", glob: str = "") -> str:
    """Paths of files, one a line."""
    under = under.strip("/").removeprefix("./").removeprefix(".")
    found = [path for path in workspace.files() if (not under or path.startswith(f"{under}/")) and (not glob or fnmatchcase(path, glob))]
    if not found:
        raise NotAllowed("there are no such files")
    more = [f"... and {len(found) - MOST_LISTED} more"] if len(found) > MOST_LISTED else []
    return "\n".join([*found[:MOST_LISTED], *more])


def numbered(workspace: Workspace, path: str, start: int = 1, end: int = 0) -> str:
    """Lines ``start``..``end`` with their numbers; as many as are shown at once when ``end`` is 0."""
    lines = workspace.read(path).split("\n")
    first = max(1, start)
    last = min(end if end > 0 else len(lines), len(lines), first + MOST_LINES - 1)
    if first > len(lines):
        raise NotAllowed(f"{path} has only {len(lines)} lines")
    said = [f"{number}\t{lines[number - 1].rstrip(chr(13))[:2000]}" for number in range(first, last + 1)]
    if last < len(lines):
        said.append(f"... {len(lines) - last} more lines; ask for them with start={last + 1}")
    return "\n".join(said)


def searched(workspace: Workspace, words: str, under: str = "", *, any_case: bool = False) -> str:
    """Lines that hold ``words`` as they are written: no pattern, so that no pattern can take for ever."""
    if not words.strip():
        raise NotAllowed("there is nothing to look for")
    wanted = words.casefold() if any_case else words
    hits = _some(_hits(workspace, wanted, under.strip("/").removeprefix("./"), any_case))
    if not hits:
        raise NotAllowed("nothing was found")
    return "\n".join(hits)


def _some(hits: Iterator[str]) -> list[str]:
    until, found = time.monotonic() + SEARCH_SECONDS, []
    for hit in hits:
        if hit:
            found.append(hit)
        if len(found) >= MOST_HITS or time.monotonic() > until:
            found.append("... there may be more; look for something rarer")
            break
    return found


def _hits(workspace: Workspace, wanted: str, under: str, any_case: bool) -> Iterator[str]:
    for path, text in _texts(workspace, under):
        whole = text.casefold() if any_case else text
        if wanted not in whole:
            yield ""  # so that the clock is looked at
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if wanted in (line.casefold() if any_case else line):
                yield f"{path}:{number}: {line.strip()[:WIDEST]}"


def defined(workspace: Workspace, name: str) -> str:
    """Where a function, class or module-level name of Python is defined, with its lines."""
    last = name.rpartition(".")[2]
    if not last.isidentifier():
        raise NotAllowed(f"{name[:80]!r} is no name")
    shape = re.compile(rf"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+{re.escape(last)}\b|^{re.escape(last)}[ \t]*(?::[^=\n]+)?=", re.M)
    hits = _some(_definitions(workspace, name, last, shape))
    if not hits:
        raise NotAllowed(f"{name} is defined nowhere in the project")
    return "\n".join(hits)


def _definitions(workspace: Workspace, name: str, last: str, shape: re.Pattern[str]) -> Iterator[str]:
    for path, text in _texts(workspace, ""):
        if not path.endswith((".py", ".pyi")) or not shape.search(text):
            yield ""
            continue
        for start, end, kind, whole in _nodes(text):
            if whole.rpartition(".")[2] == last and (whole == name or whole.endswith(f".{name}") or "." not in name):
                yield f"{path}:{start}-{end} {kind} {whole}"


def _nodes(text: str) -> list[tuple[int, int, str, str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return list(_inside(tree, ""))


def _inside(node: ast.AST, above: str) -> Iterator[tuple[int, int, str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            whole = f"{above}.{child.name}" if above else child.name
            kind = "class" if isinstance(child, ast.ClassDef) else "function"
            yield child.lineno, child.end_lineno or child.lineno, kind, whole
            yield from _inside(child, whole)
        elif not above and isinstance(child, ast.Assign | ast.AnnAssign):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield child.lineno, child.end_lineno or child.lineno, "name", target.id


def _texts(workspace: Workspace, under: str) -> Iterator[tuple[str, str]]:
    for path in workspace.files():
        if not under or path == under or path.startswith(f"{under}/"):
            try:
                yield path, workspace.read(path)
            except NotAllowed:
                continue

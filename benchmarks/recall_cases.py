"""The set of recall: what a release says it fixed, and the functions it changed, of consecutive releases of real libraries.

Sources come by pip, once, into a folder outside of the repository. Tests, documentation and changelogs are taken out of what is searched.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

#: Consecutive releases whose source archives bring the changelog along.
RELEASES = {
    "arrow": "1.0.0 1.0.1 1.0.2 1.0.3 1.1.0 1.1.1 1.2.0 1.2.1 1.2.2 1.2.3",
    "babel": "2.11.0 2.12.0 2.12.1 2.13.0 2.13.1 2.14.0",
    "beautifulsoup4": "4.11.0 4.11.1 4.11.2 4.12.0 4.12.1 4.12.2 4.12.3",
    "boltons": "21.0.0 23.0.0 23.1.0 23.1.1 24.0.0 24.1.0",
    "cachetools": "5.0.0 5.1.0 5.2.0 5.2.1 5.3.0 5.3.1 5.3.2",
    "click": "8.1.0 8.1.1 8.1.2 8.1.3 8.1.4 8.1.5 8.1.6 8.1.7 8.1.8",
    "coverage": "7.2.0 7.2.1 7.2.2 7.2.3 7.2.4 7.2.5 7.2.6 7.2.7 7.3.0 7.3.1 7.3.2",
    "django": "4.2 4.2.1 4.2.2 4.2.3 4.2.4 4.2.5 4.2.6 4.2.7 4.2.8 4.2.9 4.2.10",
    "flask": "2.2.0 2.2.1 2.2.2 2.2.3 2.3.0 2.3.1 2.3.2 2.3.3",
    "jinja2": "3.0.0 3.0.1 3.0.2 3.0.3 3.1.0 3.1.1 3.1.2 3.1.3 3.1.4 3.1.5",
    "jsonschema": "4.17.0 4.17.1 4.17.2 4.17.3 4.18.0 4.18.1 4.18.2 4.18.3 4.18.4",
    "markdown": "3.4.1 3.4.2 3.4.3 3.4.4 3.5 3.5.1 3.5.2 3.6",
    "marshmallow": "3.13.0 3.14.0 3.14.1 3.15.0 3.16.0 3.17.0 3.17.1 3.18.0 3.19.0 3.20.0 3.20.1 3.20.2",
    "more-itertools": "9.0.0 9.1.0 10.0.0 10.1.0 10.2.0 10.3.0",
    "packaging": "22.0 23.0 23.1 23.2 24.0 24.1 24.2",
    "parso": "0.7.0 0.7.1 0.8.0 0.8.1 0.8.2 0.8.3",
    "pluggy": "1.0.0 1.1.0 1.2.0 1.3.0 1.4.0 1.5.0",
    "pygments": "2.13.0 2.14.0 2.15.0 2.15.1 2.16.0 2.16.1 2.17.0 2.17.1 2.17.2",
    "pyparsing": "3.0.6 3.0.7 3.0.8 3.0.9 3.1.0 3.1.1 3.1.2",
    "pytest": "7.2.0 7.2.1 7.2.2 7.3.0 7.3.1 7.3.2 7.4.0 7.4.1 7.4.2 7.4.3 7.4.4",
    "requests": "2.27.0 2.27.1 2.28.0 2.28.1 2.28.2 2.29.0 2.30.0 2.31.0",
    "sphinx": "7.1.0 7.1.1 7.1.2 7.2.0 7.2.1 7.2.2 7.2.3 7.2.4 7.2.5 7.2.6",
    "sqlparse": "0.4.0 0.4.1 0.4.2 0.4.3 0.4.4 0.5.0 0.5.1",
    "tomlkit": "0.11.0 0.11.1 0.11.2 0.11.3 0.11.4 0.11.5 0.11.6 0.11.7 0.11.8 0.12.0 0.12.1 0.12.2 0.12.3",
    "urllib3": "2.0.0 2.0.1 2.0.2 2.0.3 2.0.4 2.0.5 2.0.6 2.0.7 2.1.0",
    "werkzeug": "2.3.0 2.3.1 2.3.2 2.3.3 2.3.4 2.3.5 2.3.6 2.3.7 2.3.8 3.0.0 3.0.1 3.0.2 3.0.3 3.0.4",
}
FEW = ("click", "flask", "sqlparse", "parso")
#: A release that says or changes more mixes too many things to tell which words are about which function.
MOST_ENTRIES, MOST_FUNCTIONS = 10, 15
_CHANGELOG = re.compile(
    r"(?i)(^|/)(changes|changelog|history|news|release[-_ ]?notes?|versions)(\.(rst|md|txt))?$|docs?/(en/)?change[-_]?log|docs/releases/"
)
_OUT = re.compile(r"(?i)(^|/)(tests?|testing|docs?|examples?|benchmarks?|tools|scripts|news)(/|$)|(^|/)(test_[^/]*|conftest|setup)\.py$")
_ABOUT_NO_CODE = re.compile(
    r"(?i)\b(documentation|docs|docstrings?|typos?|typing|type (hints?|annotations?)|mypy|pyright|readme|github|ci|tox|wheels?|sdist|"
    r"drop(ped)? (support|python)|support (for )?python|python 3\.\d+ (support|wheels)|require[sd]? python|packaging|pyproject|"
    r"lexers?:|translations?|copyright)\b"
)
Function = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """``words`` are one line of the changelog; ``changed`` the functions (path, dotted name) that the release changed in ``tree``."""

    library: str
    release: str
    words: str
    tree: Path
    changed: frozenset[Function]


def cases(folder: Path, libraries: Sequence[str]) -> list[Case]:
    return [case for library in libraries for old, new in pairwise(RELEASES[library].split()) for case in _of(folder, library, old, new)]


def _of(folder: Path, library: str, old: str, new: str) -> Iterator[Case]:
    before, after = _source(folder, library, old), _source(folder, library, new)
    if before is None or after is None:
        return
    entries = [entry for entry in _entries(after, new) if not _ABOUT_NO_CODE.search(entry) and len(entry.split()) > 3]
    tree = _searched(folder, library, old, before)
    changed = frozenset(_changed(tree, _searched(folder, library, new, after)))
    if 0 < len(entries) <= min(MOST_ENTRIES, len(changed) + 1) and 0 < len(changed) <= MOST_FUNCTIONS:
        yield from (Case(library, new, entry, tree, changed) for entry in entries)


def _source(folder: Path, library: str, version: str) -> Path | None:
    """The unpacked source archive; None where it cannot be had."""
    place = folder / "sources" / f"{library}-{version}"
    if not place.exists():
        place.mkdir(parents=True)
        with_pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", library, "-d", str(place)]
        done = subprocess.run([*with_pip, f"{library}=={version}"], capture_output=True, text=True)
        for archive in place.glob("*.tar.gz") if done.returncode == 0 else ():
            with tarfile.open(archive) as tar:
                tar.extractall(place, filter="data")
            archive.unlink()
        print(f"{library} {version}: {'here' if done.returncode == 0 else 'cannot be had'}", file=sys.stderr, flush=True)
    return next((path for path in place.iterdir() if path.is_dir()), None)


def _searched(folder: Path, library: str, version: str, source: Path) -> Path:
    """A copy that holds the library's own code."""
    place = folder / "trees" / f"{library}-{version}"
    if not place.exists():
        for file in sorted(source.rglob("*.py")):
            path = file.relative_to(source).as_posix()
            if not _OUT.search(path.removeprefix("src/")) or path.startswith(
                ("django/test/", "src/flask/testing.py", "src/click/testing.py")
            ):
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place / path)
    return place


def _entries(source: Path, version: str) -> list[str]:
    """What the changelog says of ``version``, item by item."""
    for file in sorted(source.rglob("*")):
        path = file.relative_to(source).as_posix()
        if not file.is_file() or not _CHANGELOG.search(path) or file.suffix not in {".rst", ".md", ".txt", ""}:
            continue
        lines = file.read_text("utf-8", "replace").splitlines()
        section = lines if file.stem in {version, f"release-{version}"} else _section(lines, version)
        if items := _items(section):
            return items
    return []


def _section(lines: list[str], version: str) -> list[str]:
    title = re.compile(rf"^\W*([A-Za-z][\w.-]* ){{0,2}}\W*v?{re.escape(version)}(?![\w.]*\d)\b.{{0,60}}$")
    other = re.compile(r"^\W*([A-Za-z][\w.-]* ){0,2}\W*v?\d+\.\d+[\w.]*\b.{0,60}$")
    start = next((n for n, line in enumerate(lines) if title.match(line) and _is_title(lines, n)), None)
    if start is None:
        return []
    end = next((n for n in range(start + 1, len(lines)) if other.match(lines[n]) and _is_title(lines, n)), len(lines))
    return lines[start + 1 : end]


def _is_title(lines: list[str], number: int) -> bool:
    below = lines[number + 1].strip() if number + 1 < len(lines) else ""
    underlined = len(below) > 2 and len(set(below)) == 1 and below[0] in "=-~^*"
    return (
        underlined
        or lines[number].startswith(("#", "Version ", "Release ", "=", "["))
        or bool(re.match(r"v?\d+\.\d+[\w.]* ?\(", lines[number]))
    )


def _items(lines: list[str]) -> list[str]:
    items: list[str] = []
    inside = False
    for line in lines:
        if match := re.match(r"^\s{0,4}(?:[-*+•]|\d+\.)\s+(.*)", line):
            items.append(match[1])
            inside = True
        elif inside and line.strip() and line.startswith((" ", "\t")):
            items[-1] += " " + line.strip()
        else:
            inside = bool(inside and not line.strip())
    return items


def _changed(old: Path, new: Path) -> Iterator[Function]:
    """Functions of ``old`` that read otherwise in ``new``, or are gone from a file that is still there."""
    for file in sorted(old.rglob("*.py")):
        path = file.relative_to(old).as_posix()
        if (new / path).is_file() and (new / path).read_bytes() != file.read_bytes():
            after = functions(new / path)
            yield from ((path, name) for name, (code, _, _) in functions(file).items() if after.get(name, ("", 0, 0))[0] != code)


def functions(file: Path) -> dict[str, tuple[str, int, int]]:
    """By dotted name: the code as it is meant (no layout, no documentation), the first and the last line."""
    try:
        tree = ast.parse(file.read_text("utf-8", "replace"))
    except (SyntaxError, ValueError):
        return {}
    found: dict[str, tuple[str, int, int]] = {}
    pending: list[tuple[ast.AST, str]] = [(tree, "")]
    while pending:
        node, prefix = pending.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                found[prefix + child.name] = (_meant(child), first, child.end_lineno or first)
            elif isinstance(child, ast.ClassDef):
                pending.append((child, f"{prefix}{child.name}."))
            elif isinstance(child, ast.If | ast.Try | ast.With):
                pending.append((child, prefix))
    return found


def _meant(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(node.body) > 1:
        node.body = node.body[1:]
    return ast.dump(node)

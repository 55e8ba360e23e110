"""What a project says it needs, read as data from its files; only plain names and versions are kept."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from autosd.adapters.toolchains.layout import Project

_FILES = ("requirements.txt", "requirements/base.txt", "requirements/main.txt", "requirements/prod.txt")
_TEST_FILES = tuple(
    pattern.format(kind)
    for kind in ("test", "tests", "testing", "dev")
    for pattern in ("requirements-{}.txt", "requirements_{}.txt", "{}-requirements.txt", "{}_requirements.txt", "requirements/{}.txt")
)
_TEST_GROUPS = ("test", "tests", "testing", "dev")


@dataclass(frozen=True)
class Requirements:
    """Requirement lines (PEP 508, no URLs): what the project needs to run, and what its tests need on top."""

    runtime: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.runtime, *self.tests)


def requirements(project: Project) -> Requirements:
    """All that the project declares, in any of the usual places; itself is left out."""
    runtime = _clean([*_from_files(project.root, _FILES), *_declared(project)], project.name)
    tests = _clean([*_from_files(project.root, _TEST_FILES), *_test_groups(project)], project.name)
    return Requirements(runtime, tuple(line for line in tests if line not in runtime))


def missing(lines: Iterable[str]) -> list[str]:
    """The requirements that autosd's own environment does not meet."""
    return [line for line in lines if not _met(line)]


def _met(line: str, depth: int = 0) -> bool:
    from packaging.requirements import Requirement

    requirement = Requirement(line)
    if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
        return True
    try:
        found = metadata.distribution(requirement.name)
    except metadata.PackageNotFoundError:
        return False
    if not requirement.specifier.contains(found.version, prereleases=True):
        return False
    return depth > 3 or all(_met(needed, depth + 1) for extra in requirement.extras for needed in _of_extra(found, extra))


def _of_extra(found: metadata.Distribution, extra: str) -> Iterator[str]:
    from packaging.requirements import Requirement

    for line in found.requires or ():
        requirement = Requirement(line)
        if requirement.marker and "extra" in str(requirement.marker) and requirement.marker.evaluate({"extra": extra}):
            requirement.marker = None
            yield str(requirement)


def _clean(lines: Iterable[str], own_name: str) -> tuple[str, ...]:
    """Valid lines, once each. A URL, a path or an option would let a subject decide what is fetched and run: dropped."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    kept: dict[str, None] = {}
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.url is None and (not own_name or canonicalize_name(requirement.name) != canonicalize_name(own_name)):
            kept[str(requirement)] = None
    return tuple(kept)


def _from_files(root: Path, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from _lines(root, root / name, 0)


def _lines(root: Path, file: Path, depth: int) -> Iterator[str]:
    """Requirement lines of a requirements file and of those it includes, within the project only."""
    if (
        depth > 5
        or file.is_symlink()
        or not file.is_file()
        or file.stat().st_size > 1_000_000
        or not file.resolve().is_relative_to(root.resolve())
    ):
        return
    text = re.sub(r"\\\r?\n", " ", file.read_text("utf-8", "replace"))
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line)
        line = re.sub(r"\s--\w[\w-]*([= ]\S+)?", "", line).strip()  # hashes and other options of one line
        if match := re.match(r"(?:-r|--requirement)[ =]?\s*(\S+)", line):
            yield from _lines(root, file.parent / match[1], depth + 1)
        elif line and not line.startswith("-"):
            yield line


def _declared(project: Project) -> Iterator[str]:
    yield from _texts(project.get("project", "dependencies"))
    yield from _poetry(project.get("tool", "poetry", "dependencies"))
    yield from project.cfg.get("options", {}).get("install_requires", "").splitlines()
    yield from _setup_py(project.root / "setup.py")


def _test_groups(project: Project) -> Iterator[str]:
    for group in _TEST_GROUPS:
        yield from _texts(project.get("project", "optional-dependencies", group))
        yield from _group(project, group, 0)
        yield from _poetry(project.get("tool", "poetry", "group", group, "dependencies"))
        yield from project.cfg.get("options.extras_require", {}).get(group, "").splitlines()
    yield from _poetry(project.get("tool", "poetry", "dev-dependencies"))


def _group(project: Project, name: str, depth: int) -> Iterator[str]:
    """A PEP 735 group with the groups it includes."""
    entries = project.get("dependency-groups", name)
    for entry in entries if isinstance(entries, list) and depth < 5 else ():
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            yield from _group(project, entry["include-group"], depth + 1)


def _texts(values: Any) -> Iterator[str]:
    yield from (value for value in (values if isinstance(values, list) else ()) if isinstance(value, str))


def _poetry(table: Any) -> Iterator[str]:
    """Poetry's own notation (``^1.2``, ``~1.2``) as PEP 508 lines."""
    for name, value in (table if isinstance(table, dict) else {}).items():
        version = value.get("version", "*") if isinstance(value, dict) and not value.get("optional") else value
        if name.lower() != "python" and isinstance(version, str):
            yield f"{name}{_specifier(version)}"


def _specifier(version: str) -> str:
    match = re.fullmatch(r"([\^~])\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?.*", version.strip())
    if not match:
        version = version.strip()
        return "" if version in {"*", ""} else f"=={version}" if version[0].isdigit() else version
    kind, numbers = match[1], [int(part) for part in match.groups()[1:] if part is not None]
    fixed = (
        1 if kind == "~" and len(numbers) == 1 else 2 if kind == "~" else next((i + 1 for i, n in enumerate(numbers) if n), len(numbers))
    )
    upper = [*numbers[: fixed - 1], numbers[fixed - 1] + 1]
    return f">={'.'.join(map(str, numbers))},<{'.'.join(map(str, upper))}"


def _setup_py(file: Path) -> Iterator[str]:
    """A literal ``install_requires`` of a setup.py, read as text: it is never run."""
    if file.is_symlink() or not file.is_file() or file.stat().st_size > 1_000_000:
        return
    try:
        tree = ast.parse(file.read_text("utf-8", "replace"))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "install_requires" and isinstance(node.value, ast.List | ast.Tuple):
            yield from (e.value for e in node.value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str))

"""Where a project's modules are, read from its files; nothing of it is installed or run."""

from __future__ import annotations

import ast
import configparser
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SOURCE = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Project:
    """What a project's files say of it. ``table`` is pyproject.toml, ``cfg`` is setup.cfg; both empty where unreadable."""

    root: Path
    table: Mapping[str, Any]
    cfg: Mapping[str, Mapping[str, str]]

    def get(self, *keys: str) -> Any:
        """A value of pyproject.toml, None when any step of the way is missing."""
        value: Any = self.table
        for key in keys:
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value

    @property
    def name(self) -> str:
        name = self.get("project", "name") or self.get("tool", "poetry", "name") or self.cfg.get("metadata", {}).get("name") or ""
        return name if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name) else ""


def read_project(root: Path) -> Project:
    return Project(root, _toml(root / "pyproject.toml"), _ini(root / "setup.cfg"))


def import_roots(project: Project, site: Path | None, source: Path) -> tuple[Path, ...]:
    """Folders that have to come first on sys.path so that the tree under test wins over anything installed.

    ``source`` is the user's folder, whose editable install in ``site`` names the right places.
    """
    root = project.root
    named = [*_declared(project), *(_editable(site, source) if site else ()), "src"]
    roots = [root / place for place in dict.fromkeys(named) if place not in {"", "."} and (root / place).is_dir()]
    inside = [folder for folder in roots if Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))]
    return (*inside, root)


def uses_pytest(project: Project) -> bool:
    """Whether anything at the usual places speaks of pytest."""
    names = ("pytest.ini", ".pytest.ini", "conftest.py", "tests/conftest.py", "test/conftest.py")
    return any((project.root / name).is_file() for name in names) or bool(project.get("tool", "pytest")) or "tool:pytest" in project.cfg


def _declared(project: Project) -> Iterator[str]:
    """Source folders that the build configuration names (setuptools, poetry, setup.cfg)."""
    setuptools = project.get("tool", "setuptools")
    if isinstance(setuptools, dict):
        package_dir = setuptools.get("package-dir")
        yield from _texts([package_dir.get("")] if isinstance(package_dir, dict) else [])
        yield from _texts(project.get("tool", "setuptools", "packages", "find", "where"))
    packages = project.get("tool", "poetry", "packages")
    yield from _texts([entry.get("from") for entry in packages if isinstance(entry, dict)] if isinstance(packages, list) else [])
    yield from _texts([project.cfg.get("options.packages.find", {}).get("where")])
    if match := re.search(r"^\s*=\s*(\S+)", project.cfg.get("options", {}).get("package_dir", ""), re.M):
        yield from _texts([match[1]])


def _editable(site: Path, source: Path) -> Iterator[str]:
    """Folders of ``source`` that an editable install put on the path, relative to it."""
    for file in sorted(site.glob("*.pth"))[:200]:
        for line in read_text(file).splitlines()[:1000]:
            yield from _below(source, line.strip())
    for file in sorted(site.glob("__editable__*_finder.py"))[:50]:
        match = re.search(r"^MAPPING[^=]*=\s*(\{.*\})\s*$", read_text(file), re.M)
        try:
            mapping = ast.literal_eval(match[1]) if match else {}
        except (ValueError, SyntaxError):
            continue
        for place in mapping.values():
            if isinstance(place, str):
                yield from _below(source, str(Path(place).parent))


def _below(source: Path, place: str) -> Iterator[str]:
    if place.startswith("/") and Path(place).is_relative_to(source):
        yield Path(place).relative_to(source).as_posix()


def _texts(values: Any) -> Iterator[str]:
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, str) and _SOURCE.fullmatch(value) and ".." not in value and not value.startswith("/"):
            yield value.strip("/")


def _toml(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError:
        return {}


def _ini(file: Path) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(read_text(file))
    except configparser.Error:
        return {}
    return {section: dict(parser.items(section)) for section in parser.sections()}


def read_text(file: Path) -> str:
    """A file's text; "" for none, a link, or more than a configuration file holds."""
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > 2_000_000:
            return ""
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""

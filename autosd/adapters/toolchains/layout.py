"""Where a project's modules and its metadata are, read from its files; nothing of it is installed or run."""

from __future__ import annotations

import ast
import configparser
import hashlib
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
        for line in _text(file).splitlines()[:1000]:
            yield from _below(source, line.strip())
    for file in sorted(site.glob("__editable__*_finder.py"))[:50]:
        match = re.search(r"^MAPPING[^=]*=\s*(\{.*\})\s*$", _text(file), re.M)
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


def ensure_metadata(home: Path, project: Project, roots: tuple[Path, ...], interpreter_site: Path | None, python: Path) -> Path | None:
    """A folder with the distribution metadata and command scripts that an install of the project would have made.

    None when the project says no name, or its metadata can be seen already.
    """
    name = project.name
    if not name or _has_metadata(name, [*roots, *([interpreter_site] if interpreter_site else [])]):
        return None
    version = _version(project)
    points = _entry_points(project)
    info = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "entry_points.txt": _points_text(points)}
    scripts = {script: _script(python, target) for script, target in points.get("console_scripts", {}).items()}
    digest = hashlib.sha256(repr((info, scripts)).encode()).hexdigest()[:20]
    folder = home / "metadata" / digest
    if not folder.is_dir():
        draft = folder.with_name(f"{digest}.{os.getpid()}.tmp")
        _write(draft / f"{re.sub(r'[-_.]+', '_', name)}-{version}.dist-info", info, 0o644)
        _write(draft / "bin", scripts, 0o755)
        try:
            draft.rename(folder)
        except OSError:  # another run was faster
            if not folder.is_dir():
                raise
    return folder


def _has_metadata(name: str, folders: list[Path]) -> bool:
    wanted = re.sub(r"[-_.]+", "_", name).lower()
    for folder in folders:
        for entry in (*folder.glob("*.dist-info"), *folder.glob("*.egg-info")):
            if re.sub(r"[-_.]+", "_", entry.name.split("-")[0].removesuffix(".egg-info")).lower() == wanted:
                return True
    return False


def _version(project: Project) -> str:
    """The version the project says, else one its sources assign, else none worth the name."""
    said = project.get("project", "version") or project.get("tool", "poetry", "version") or project.cfg.get("metadata", {}).get("version")
    if isinstance(said, str) and re.fullmatch(r"\d[\w.+!-]*", said):
        return said
    package = re.sub(r"[-.]+", "_", project.name)
    for base in (
        project.root / "src" / package,
        project.root / package,
        project.root / "src" / package.lower(),
        project.root / package.lower(),
    ):
        for file in ("_version.py", "version.py", "__version__.py", "__about__.py", "__init__.py"):
            if match := re.search(r"""^(?:__version__|version)\s*(?::\s*\w+\s*)?=\s*['"](\d[\w.+!-]*)['"]""", _text(base / file), re.M):
                return match[1]
    return "0.0.0"


def _entry_points(project: Project) -> dict[str, dict[str, str]]:
    groups: dict[str, dict[str, str]] = {}
    declared = project.get("project", "entry-points")
    sources = {"console_scripts": project.get("project", "scripts") or project.get("tool", "poetry", "scripts")}
    sources.update(declared if isinstance(declared, dict) else {})
    plugins = project.get("tool", "poetry", "plugins")
    sources.update(plugins if isinstance(plugins, dict) else {})
    for line_group, text in project.cfg.get("options.entry_points", {}).items():
        sources.setdefault(line_group, dict(_pairs(text)))
    for group, points in sources.items():
        if isinstance(points, dict) and re.fullmatch(r"[\w.-]+", group):
            good = {
                name: target
                for name, target in points.items()
                if isinstance(target, str) and _POINT.fullmatch(target) and _NAME.fullmatch(name)
            }
            groups.setdefault(group, {}).update(good)
    return {group: points for group, points in groups.items() if points}


_POINT = re.compile(r"\s*[\w.]+\s*(:\s*[\w.]+\s*)?(\[[\w, -]*\])?\s*")
_NAME = re.compile(r"[A-Za-z0-9_][\w. -]*")


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, target = line.partition("=")
        if equals:
            yield name.strip(), target.strip()


def _points_text(groups: Mapping[str, Mapping[str, str]]) -> str:
    return "\n".join(
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in points.items()) for group, points in groups.items()
    )


def _script(python: Path, target: str) -> str:
    module, _, attribute = re.sub(r"\[.*\]", "", target).replace(" ", "").partition(":")
    call = f"sys.exit({module}.{attribute}())" if attribute else ""
    return f"#!{python}\nimport sys\nimport {module}\n{call}\n"


def _write(folder: Path, files: Mapping[str, str], mode: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(mode)


def _toml(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError:
        return {}


def _ini(file: Path) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(_text(file))
    except configparser.Error:
        return {}
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _text(file: Path) -> str:
    """A file's text; "" for none, a link, or more than a configuration file holds."""
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > 2_000_000:
            return ""
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""

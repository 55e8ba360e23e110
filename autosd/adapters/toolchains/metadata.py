"""The distribution metadata and commands that an install of the project would have made, without installing it."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from autosd.adapters.toolchains.layout import Project, read_text

_POINT = re.compile(r"\s*[\w.]+\s*(:\s*[\w.]+\s*)?(\[[\w, -]*\])?\s*")
_NAME = re.compile(r"[A-Za-z0-9_][\w. -]*")


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
        draft = folder.with_name(f"{digest}.{os.getpid()}.{threading.get_ident()}.tmp")
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
            if match := re.search(r"""^(?:__version__|version)\s*(?::\s*\w+\s*)?=\s*['"](\d[\w.+!-]*)['"]""", read_text(base / file), re.M):
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

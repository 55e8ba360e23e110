"""Path lookup under the guide's names: ``resolve_path`` and its like, over roots that are found once for the process."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from autosd.adapters.places import NotAFolder, NotFound, Places
from autosd.settings import load_settings, table

__all__ = [
    "clear_cache",
    "get_project_root",
    "get_project_roots",
    "list_files",
    "path_for_prompt",
    "resolve_dir",
    "resolve_module_path",
    "resolve_path",
]

Name = str | os.PathLike[str]

_lock = threading.RLock()
_kept: list[Places] = []


def resolve_path(name: Name, repo_hint: Name | None = None) -> Path:
    """Where ``name`` is: a file that is there in any root, else a new one in the first root that has its folder.

    ``repo_hint`` is a root, a path inside one, or a root's name, and keeps the lookup to it.
    """
    with _lock:
        return _places().resolve(name, repo_hint)


def resolve_dir(name: Name, repo_hint: Name | None = None) -> Path:
    """The same for a folder that is there. Raises ``NotADirectoryError``."""
    path = resolve_path(name, repo_hint)
    if not path.is_dir():
        raise NotAFolder(path)
    return path


def resolve_module_path(module: str, repo_hint: Name | None = None) -> Path:
    """The file of the dotted ``module``: ``a/b.py``, else ``a/b/__init__.py``."""
    place = module.replace(".", "/")
    for name in (f"{place}.py", f"{place}/__init__.py"):
        try:
            path = resolve_path(name, repo_hint)
        except FileNotFoundError:
            continue
        if path.is_file():
            return path
    raise NotFound(f"the module {module}", get_project_roots())


def path_for_prompt(name: Name, repo_hint: Name | None = None) -> str:
    """The path as a prompt names it, with forward slashes."""
    return resolve_path(name, repo_hint).as_posix()


def get_project_root(start: Name | None = None, repo_hint: Name | None = None) -> Path:
    """The root that ``repo_hint`` names, else that around ``start``, else the first."""
    with _lock:
        return _places().root(None if start is None else Path(start), repo_hint)


def get_project_roots() -> list[Path]:
    """All roots, the first first."""
    with _lock:
        return list(_places().roots())


def list_files(pattern: str = "*", repo_hint: Name | None = None) -> list[Path]:
    """Files whose names fit ``pattern`` in all roots, or in the one that is hinted at."""
    with _lock:
        return _places().files(pattern, repo_hint)


def clear_cache() -> None:
    """Forget the roots and what was found: the environment is read anew."""
    with _lock:
        _kept.clear()


def _places() -> Places:
    """Made of the environment at the first use, as settings are: once."""
    if not _kept:
        settings = load_settings(os.environ)
        named = [settings[row] for row in (table.ROOTS, table.REPOSITORIES, table.ROOT, table.REPOSITORY)]
        _kept.append(Places(named, Path.cwd(), settings[table.DISCOVERY_SECONDS]))
    return _kept[0]

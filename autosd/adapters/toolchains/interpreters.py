"""Describes a Python interpreter by looking at files: what a subject brings along is never run outside the sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from autosd.domain.errors import AutosdError

OLDEST = (3, 9)

#: Names of a project's own environment, in the order of preference.
OWN_NAMES = (".venv", "venv", "env")

_PROBE = "import sys,json;print(json.dumps([sys.executable,sys.version_info[:2],sys.base_prefix,sys.base_exec_prefix]))"


@dataclass(frozen=True)
class Interpreter:
    """A Python and all folders that have to be visible for it to start; ``site`` is where its packages are."""

    python: Path
    version: tuple[int, int]
    folders: tuple[Path, ...]
    site: Path | None
    prefix: Path

    def has(self, *packages: str) -> bool:
        """Whether these top-level packages stand in its own site-packages."""
        return self.site is not None and all((self.site / name).exists() or (self.site / f"{name}.py").exists() for name in packages)


def own_environment(folder: Path) -> Interpreter | None:
    """The working virtual environment in ``folder``, if there is one."""
    for name in OWN_NAMES:
        if found := environment(folder / name):
            return found
    return None


def environment(prefix: Path) -> Interpreter | None:
    """The virtual (or conda) environment at ``prefix``; None when it is none, or its interpreter is gone."""
    python = prefix / "bin" / "python"
    is_conda = (prefix / "conda-meta").is_dir()
    config = _config(prefix / "pyvenv.cfg")
    if not (config or is_conda) or not _runnable(python):
        return None
    found = _library(prefix, config.get("version_info") or config.get("version", ""))
    if found is None or (version := found[0]) < OLDEST:
        return None
    if is_conda and not config:
        return Interpreter(python, version, (prefix,), found[1], prefix)
    base = _base_folders(python, config, version)
    return Interpreter(python, version, (prefix, *base), found[1], prefix) if base else None


def given(python: Path) -> Interpreter:
    """The interpreter that a person named. Raises ``AUTOSD-PYTHON-INVALID``."""
    named = python
    if len(python.parts) == 1 and not python.exists() and (found := shutil.which(str(python))):
        named = Path(found)
    named = Path(os.path.abspath(named))  # noqa: PTH100 - the last link stays: it is what makes a virtual environment
    if not _runnable(named):
        raise _invalid(python, "is no program that can be run")
    if (named.parent.parent / "pyvenv.cfg").is_file():
        if found_environment := environment(named.parent.parent):
            return found_environment
        raise _invalid(python, f"belongs to an environment that is broken or older than {OLDEST[0]}.{OLDEST[1]}")
    return _probed(python, named)


def autosds_own() -> Interpreter:
    """The interpreter that runs autosd."""
    prefix, base = Path(sys.prefix), Path(sys.base_prefix)
    version = (sys.version_info[0], sys.version_info[1])
    found = _library(prefix, f"{version[0]}.{version[1]}")
    folders = (*((prefix,) if prefix != base else ()), *_visible(base, version), *_hops(Path(sys.executable)))
    return Interpreter(Path(sys.executable), version, tuple(dict.fromkeys(folders)), found[1] if found else None, prefix)


def _probed(python: Path, named: Path) -> Interpreter:
    """Ask an interpreter outside of any environment, isolated and without site: nothing of a subject is imported."""
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run([named, "-I", "-S", "-c", _PROBE], cwd="/", env=env, capture_output=True, timeout=20, check=True)
        executable, (major, minor), base, exec_base = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError, TypeError) as error:
        raise _invalid(python, "does not answer as Python 3 does") from error
    if (major, minor) < OLDEST:
        raise _invalid(python, f"is Python {major}.{minor}")
    prefix, version = Path(base), (int(major), int(minor))
    folders = dict.fromkeys((*_visible(prefix, version), *_visible(Path(exec_base), version), *_hops(Path(executable))))
    found = _library(prefix, f"{major}.{minor}")
    return Interpreter(Path(executable), version, tuple(folders), found[1] if found else None, prefix)


def _base_folders(python: Path, config: dict[str, str], version: tuple[int, int]) -> tuple[Path, ...]:
    """Folders of the interpreter under a virtual environment; empty when they hold no Python.

    Only folders with a standard library are named: a hostile ``home`` must not open somebody's private files to the tests.
    """
    real = Path(os.path.realpath(python))
    folders: dict[Path, None] = {}
    for bin_folder in (real.parent, Path(config.get("home", "")) if config.get("home", "").startswith("/") else real.parent):
        folders.update(dict.fromkeys(_visible(bin_folder.parent, version)))
    return (*folders, *_hops(python)) if folders else ()


def _visible(prefix: Path, version: tuple[int, int]) -> tuple[Path, ...]:
    """The parts of an interpreter's prefix that it needs, if ``prefix`` is one."""
    name = f"python{version[0]}.{version[1]}"
    if not any((prefix / lib / name / "os.py").is_file() for lib in ("lib", "lib64")):
        return ()
    return tuple(folder for part in ("bin", "lib", "lib64", "include") if (folder := prefix / part).is_dir())


def _hops(python: Path) -> tuple[Path, ...]:
    """The links on the way to the real program that lie outside the usual system folders (``/etc/alternatives``, say)."""
    hops, here = [], python
    for _ in range(10):
        if not here.is_symlink():
            break
        here = here.parent / here.readlink()
        if re.match(r"(python|pypy)[\w.-]*$", here.name) and str(here).startswith("/etc/alternatives/"):
            hops.append(here)
    return tuple(hops)


def _library(prefix: Path, version: str) -> tuple[tuple[int, int], Path] | None:
    """Version and site-packages of an environment, by its folder names."""
    for lib in sorted((prefix / "lib").glob("python3.*"), reverse=True):
        match = re.fullmatch(r"python(3)\.(\d+)t?", lib.name)
        if (
            match
            and (not version or version.startswith(f"3.{match[2]}.") or version == f"3.{match[2]}")
            and (lib / "site-packages").is_dir()
        ):
            return (3, int(match[2])), lib / "site-packages"
    return None


def _config(file: Path) -> dict[str, str]:
    if not file.is_file() or file.stat().st_size > 100_000:
        return {}
    pairs = (line.partition("=") for line in file.read_text("utf-8", "replace").splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _runnable(file: Path) -> bool:
    return os.path.isfile(file) and os.access(file, os.X_OK)  # noqa: PTH113 - what cannot be looked at is no error here


def _invalid(python: Path, why: str) -> AutosdError:
    return AutosdError("AUTOSD-PYTHON-INVALID", f"{python} {why}.", f"Name a Python {OLDEST[0]}.{OLDEST[1]} or newer with --python.")

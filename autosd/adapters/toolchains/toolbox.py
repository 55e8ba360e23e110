"""Lends autosd's own pytest to an interpreter that has none, behind everything the subject has itself."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from importlib import metadata
from pathlib import Path

from autosd.adapters.toolchains.interpreters import Interpreter
from autosd.domain.errors import AutosdError

_LENT = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
_LENT_BEFORE_3_11 = ("exceptiongroup", "tomli", "typing_extensions")

#: Put at the end of the path, so that a package of the subject always wins; a sitecustomize of the subject still runs.
_START = """\
import os, sys
sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
def _next():
    import importlib.machinery
    here = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", [entry for entry in sys.path if os.path.abspath(entry) != here])
    if spec and spec.loader:
        import importlib.util
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
_next()
"""


def ensure_toolbox(home: Path, interpreter: Interpreter, source: Path) -> Path:
    """A folder with ``start`` (goes on PYTHONPATH) and ``lib`` (pytest). Raises ``AUTOSD-ENV-NO-PYTEST``."""
    names = _LENT + (_LENT_BEFORE_3_11 if interpreter.version < (3, 11) else ())
    lent = _distributions(names, interpreter)
    tag = "{}.{}".format(*interpreter.version)
    key = repr((tag, _START, [(name, found.version) for name, found in lent.items()]))
    folder = home / "toolbox" / hashlib.sha256(key.encode()).hexdigest()[:20]
    if folder.is_dir():
        return folder
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "start").mkdir(parents=True)
    (draft / "start" / "sitecustomize.py").write_text(_START, encoding="utf-8")
    for distribution in lent.values():
        _copy(distribution, draft / "lib")
    _compile(interpreter, draft, source)
    try:
        draft.rename(folder)
    except OSError:  # another run was faster
        shutil.rmtree(draft, ignore_errors=True)
        if not folder.is_dir():
            raise
    return folder


def _distributions(names: tuple[str, ...], interpreter: Interpreter) -> dict[str, metadata.Distribution]:
    from packaging.specifiers import SpecifierSet

    found = {}
    for name in names:
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            raise _none(interpreter, f"{name} is not installed beside autosd") from None
        requires = str(distribution.metadata.json.get("requires_python", ""))
        if not SpecifierSet(requires).contains("{}.{}.99".format(*interpreter.version)):
            raise _none(interpreter, f"autosd's {name} {distribution.version} needs Python {requires}")
        found[name] = distribution
    return found


def _none(interpreter: Interpreter, why: str) -> AutosdError:
    return AutosdError(
        "AUTOSD-ENV-NO-PYTEST",
        f"{interpreter.python} has no pytest, and none can be lent to it: {why}.",
        f"Install pytest there: {interpreter.python} -m pip install pytest",
        exit_code=1,
    )


def _copy(distribution: metadata.Distribution, target: Path) -> None:
    """The distribution's modules and metadata, its bytecode too; programs outside site-packages are left behind."""
    for file in distribution.files or ():
        if file.is_absolute() or ".." in file.parts:
            continue
        source = Path(str(distribution.locate_file(file)))
        if source.is_file():
            goal = target / file
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, goal)


def _compile(interpreter: Interpreter, folder: Path, source: Path) -> None:
    """Bytecode for the version that will import it: the folder is read-only for tests, so it must be there beforehand.

    Only by an installed interpreter, isolated and without site: a program that a subject brought along is not run here.
    """
    real = Path(os.path.realpath(interpreter.python))
    installed = real.parent in interpreter.folders and re.fullmatch(r"python3[.\d]*", real.name) and not real.is_relative_to(source)
    if installed and interpreter.version != sys.version_info[:2]:
        words = [str(real), "-I", "-S", "-m", "compileall", "-q", str(folder)]
        subprocess.run(words, cwd="/", env={}, capture_output=True, timeout=120, check=False)  # without it imports are only slower

"""The environment that subjects of tests run in: an interpreter and pytest, nothing else.

The one that the tests themselves run in has plugins for pytest that take as long to load as pytest does, and each subject starts it many
times. Made once and kept, for the versions that are installed here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path

from autosd.adapters.toolchains.interpreters import Interpreter, environment
from autosd.domain.sandboxing import Mount
from autosd.ports import SubjectEnv

_CONTENT = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")


@lru_cache(maxsize=1)
def prefix() -> Path:
    """Its folder."""
    versions = [f"{name} {distribution(name).version}" for name in _CONTENT]
    key = hashlib.sha256(repr([versions, sys.executable, sys.version, os.getuid()]).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"autosd-lean-{key}"
    if not (folder / "whole").exists():
        with tempfile.TemporaryDirectory(prefix="autosd-lean-") as making:
            _make(Path(making) / "env")
            shutil.rmtree(folder, ignore_errors=True)
            try:
                (Path(making) / "env").rename(folder)
            except OSError:
                if not (folder / "whole").exists():  # else another process was faster
                    raise
    return folder


def _make(folder: Path) -> None:
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", "--symlinks", folder], check=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    for name in _CONTENT:
        found = distribution(name)
        for top in {Path(str(file)).parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            source = Path(str(found.locate_file(top)))
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, site / top)  # with its times: the compiled files stay good
    (folder / "whole").touch()


def interpreter() -> Interpreter:
    """What stands in for the interpreter that runs autosd, where that is chosen for a subject."""
    found = environment(prefix())
    assert found is not None
    return found


def subject_env() -> SubjectEnv:
    python = interpreter()
    return SubjectEnv(python.python, tuple(map(Mount, python.folders)))

"""What of the host has to be seen inside for a program to run: its file, its virtual environment, and the Python behind that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Mount

#: What every sandbox shows anyway.
SHOWN = ("/usr", "/bin", "/sbin", "/lib", "/lib64")
_HOME = re.compile(r"^\s*home\s*=\s*(.+?)\s*$", re.M)


def mounts_of(program: str, more: tuple[Path, ...]) -> tuple[Mount, ...]:
    """``more`` are the folders that a person named. Raises ``AUTOSD-COMMAND-PROGRAM`` for a program that is not there."""
    found = dict.fromkeys(more)
    if program.startswith("/"):
        if not Path(program).is_file():
            raise _missing(f"There is no program {program}.")
        found.update(dict.fromkeys(_behind(Path(program))))
    elif "/" in program:
        raise _missing(f"{program} is a relative path.")
    for path in found:
        if not path.exists():
            raise _missing(f"There is no {path}, which the outside agent should see.")
    return tuple(Mount(path) for path in found if not _shown(path))


def _behind(program: Path) -> Iterator[Path]:
    """A virtual environment is shown whole; so is the installation that its interpreter is a link to."""
    seen: set[Path] = set()
    for place in (program, program.resolve()):
        folder = place.parent.parent
        whole = folder if (folder / "pyvenv.cfg").is_file() else place
        if whole not in seen:
            seen.add(whole)
            yield whole
        yield from _interpreters(folder)


def _interpreters(environment: Path) -> Iterator[Path]:
    try:
        match = _HOME.search((environment / "pyvenv.cfg").read_text("utf-8", "replace"))
    except OSError:
        return
    if match and (home := Path(match[1])).is_absolute():
        yield home.parent
        real = (home / "python3").resolve().parent.parent
        if real != home.parent:
            yield real


def _shown(path: Path) -> bool:
    return any(path == Path(top) or path.is_relative_to(top) for top in SHOWN)


def _missing(message: str) -> AutosdError:
    remedy = "Give the absolute path of an installed program as the first word of command.line."
    return AutosdError("AUTOSD-COMMAND-PROGRAM", message, remedy)

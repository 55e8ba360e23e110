"""Private copies for the rung that cannot mount: where they lie, and the translation that keeps their real place out of sight."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autosd.adapters.sandbox.cgroups import PREFIX, start_time
from autosd.adapters.sandbox.staging import special_files
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Mount

SHARED_BASE = Path("/var/tmp/autosd-dens")  # noqa: S108  checked to be root's own


class Den:
    """A folder of one run: its ``tmp`` and a copy of each ``SCRATCH`` mount. Named after our process, so that leftovers can be told."""

    def __init__(self, base: Path, mounts: Iterable[Mount]) -> None:
        self.path = base / f"{PREFIX}{os.getpid()}-{start_time(os.getpid())}-{secrets.token_hex(6)}"
        self.path.mkdir(mode=0o711)
        (self.path / "tmp").mkdir()
        self.copies: dict[Path, Path] = {}
        for mount in mounts:  # parents first
            if mount.access is Access.SCRATCH:
                self._copy(mount.path)
            elif self._inside(mount.path) != mount.path:
                self._link(mount.path)

    def _inside(self, path: Path) -> Path:
        """Where ``path`` lies for the process: in the nearest copy above it, else where it always was."""
        for source in sorted(self.copies, key=lambda found: -len(found.parts)):
            if path.is_relative_to(source):
                return self.copies[source] / path.relative_to(source)
        return path

    def _copy(self, source: Path) -> None:
        inside = self._inside(source)
        target = self.path / f"c{len(self.copies)}"
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=special_files)
        else:
            shutil.copy2(source, target)
        if inside != source:
            self._replace(inside, target)
        self.copies[source] = target

    def _link(self, path: Path) -> None:
        self._replace(self._inside(path), path)

    @staticmethod
    def _replace(place: Path, target: Path) -> None:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        place.symlink_to(target)

    def remove(self) -> None:
        discard(self.path)


def base_folder(home: Path) -> Path:
    """Where dens lie. As root a run has a uid of its own, which must be able to get there: a private home is no place for it."""
    if os.geteuid() != 0:
        base = home / "sandbox" / "dens"
        base.mkdir(parents=True, exist_ok=True)
        return base
    base = SHARED_BASE
    base.mkdir(mode=0o711, exist_ok=True)
    found = base.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise AutosdError("AUTOSD-SANDBOX-UNAVAILABLE", f"{base} belongs to somebody else.", f"Remove {base}.")
    return base


def discard(path: Path) -> None:
    """Remove a tree whose folders may have lost their write permission."""

    def retry(_: Any, name: str, __: Any) -> None:
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(name), 0o700)  # noqa: PTH101, PTH120
            os.chmod(name, 0o700)  # noqa: PTH101
            Path(name).unlink() if Path(name).is_symlink() or not Path(name).is_dir() else Path(name).rmdir()

    for _ in range(3):
        shutil.rmtree(path, onerror=retry)
        if not path.exists():
            return


def discard_stale(base: Path) -> None:
    """Remove the dens of processes that are gone."""
    for path in base.glob(f"{PREFIX}*") if base.is_dir() else ():
        words = path.name.split("-")
        if len(words) >= 4 and words[1].isdigit() and start_time(int(words[1])) != words[2]:
            discard(path)


class Translation:
    """Says the copies' paths for the originals on the way in, and the originals' on the way out."""

    def __init__(self, copies: dict[Path, Path]) -> None:
        self._out = {str(copy): str(source) for source, copy in copies.items()}
        self._in = {source: copy for copy, source in self._out.items()}
        longest = sorted(self._in, key=len, reverse=True)
        self._pattern = re.compile("(?:" + "|".join(map(re.escape, longest)) + r")(?=$|[/:;,\s\"'\]\)=])") if longest else None

    def inward(self, value: Any) -> Any:
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self._pattern.sub(lambda match: self._in[match.group()], value)
        if isinstance(value, bytes):
            return self.inward(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        return _mapped(value, self.inward)

    def outward(self, value: Any) -> Any:
        if isinstance(value, str):
            for copy, source in self._out.items():
                value = value.replace(copy, source)
            return value
        if isinstance(value, bytes):
            for copy, source in self._out.items():
                value = value.replace(os.fsencode(copy), os.fsencode(source))
            return value
        return _mapped(value, self.outward)


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {change(key): change(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [change(item) for item in value]
    return value

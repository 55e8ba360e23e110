"""Where the files of projects are: their roots as the settings name them, else found from a folder, and names looked up in them.

No name leads out of its root, neither by ``..`` nor through a link. A file that is there, in whichever root, beats a place where one could
be made.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autosd.domain.errors import AutosdError

_NOT_SEARCHED = frozenset({".git", ".hg", ".svn"})


class NotFound(AutosdError, FileNotFoundError):
    """A ``FileNotFoundError`` too, as the guide says."""

    def __init__(self, what: str, roots: Sequence[Path]) -> None:
        listed = ", ".join(map(str, roots)) or "no folder"
        super().__init__(
            "AUTOSD-PATH-NOT-FOUND", f"{what} is not there; looked in {listed}.", "Name a file of the project, or set MENACE_ROOTS."
        )


class NotAFolder(AutosdError, NotADirectoryError):
    """A ``NotADirectoryError`` too, as the guide says."""

    def __init__(self, path: Path) -> None:
        super().__init__("AUTOSD-PATH-NOT-A-FOLDER", f"{path} is not a folder.", "Name a folder of the project.")


@dataclass
class Places:
    """Lookups in the roots. ``named`` are what each setting says, strongest first; of them the first counts that names folders which are
    there. Answers are remembered until ``clear``.
    """

    named: Sequence[Sequence[Path]] = ()
    here: Path = field(default_factory=Path.cwd)
    seconds: float = 5.0
    _roots: tuple[Path, ...] = ()
    _found: dict[tuple[Path, str], Path] = field(default_factory=dict)

    def clear(self) -> None:
        self._roots = ()
        self._found.clear()

    def roots(self) -> tuple[Path, ...]:
        """The roots, the first first: named ones, else the checkout around the folder that work began in, else that folder."""
        if not self._roots:
            self._roots = self._named() or (checkout_around(self.here) or _real(self.here),)
        return self._roots

    def root(self, start: Path | None = None, hint: str | os.PathLike[str] | None = None) -> Path:
        """The root that ``hint`` names; else the one around ``start``; else the first."""
        if hint is not None:
            return self._hinted(hint)
        if start is None:
            return self.roots()[0]
        start = _real(start if start.is_dir() else start.parent)
        around = next((root for root in self.roots() if start.is_relative_to(root)), None) if self._named() else None
        return around or checkout_around(start) or self.roots()[0]

    def resolve(self, name: str | os.PathLike[str], hint: str | os.PathLike[str] | None = None) -> Path:
        """Where ``name`` is. An absolute one is only tidied. A relative one is looked for in every root as it stands; then it is a new file
        of the first root that has its folder; last, what is there and whose path ends with it. Raises ``AUTOSD-PATH-NOT-FOUND`` and
        ``AUTOSD-PATH-ESCAPES``.
        """
        if Path(name).is_absolute():
            return Path(os.path.normpath(name))
        place = _tidy(name)
        roots = self.roots() if hint is None else (self._hinted(hint),)
        for find in (self._there, self._new, self._by_its_end):
            for root in roots:
                if found := find(root, place):
                    return found
        raise NotFound(str(name), roots)

    def files(self, pattern: str = "*", hint: str | os.PathLike[str] | None = None) -> list[Path]:
        """Files whose name fits ``pattern`` (as a shell means it) in every root, or in the one that ``hint`` names."""
        roots = self.roots() if hint is None else (self._hinted(hint),)
        found = (file for root in roots for file in self._walk(root) if PurePosixPath(file.name).match(pattern))
        return sorted(dict.fromkeys(found))

    def _named(self) -> tuple[Path, ...]:
        for said in self.named:
            if there := tuple(dict.fromkeys(_real(path) for path in said if path.is_dir())):
                return there
        return ()

    def _hinted(self, hint: str | os.PathLike[str]) -> Path:
        """A path that is a root or lies in one, or a root's own name. A hint that fits none is a mistake, not a wish for the first."""
        roots = self.roots()
        if same := next((root for root in roots if root.name == str(hint)), None):
            return same
        where = _real(self.here / hint)
        inside = [root for root in roots if where.is_relative_to(root)] if Path(hint).is_absolute() or where.exists() else []
        if inside:
            return max(inside, key=lambda root: len(root.parts))
        listed = ", ".join(map(str, roots))
        raise AutosdError(
            "AUTOSD-ROOT-UNKNOWN", f"{str(hint)!r} is none of the roots {listed}.", "Name a root by its path or its folder's name."
        )

    def _there(self, root: Path, place: PurePosixPath) -> Path | None:
        file = root / place
        if not os.path.lexists(file):
            return None
        return _inside(root, file, place)

    def _by_its_end(self, root: Path, place: PurePosixPath) -> Path | None:
        """The file or folder whose path ends with ``place``: of several the one least deep, then by name."""
        key = (root, str(place))
        known = self._found.get(key)
        if known is None or not known.exists():
            parts = place.parts
            ending = [path for path in self._walk(root, folders=True) if path.parts[-len(parts) :] == parts]
            known = min(ending, key=lambda path: (len(path.parts), str(path)), default=None)
            if known is not None:
                self._found[key] = known
        return known

    def _new(self, root: Path, place: PurePosixPath) -> Path | None:
        parent = root / place.parent
        return _inside(root, root / place, place) if parent.is_dir() else None

    def _walk(self, root: Path, *, folders: bool = False) -> Iterator[Path]:
        """In no time without end: a root may be a home folder."""
        until = time.monotonic() + self.seconds
        for folder, names, files in os.walk(root):
            names[:] = sorted(name for name in names if name not in _NOT_SEARCHED)
            yield from (Path(folder, name) for name in sorted(files))
            yield from (Path(folder, name) for name in names if folders)
            if time.monotonic() > until:
                return


def checkout_around(start: Path) -> Path | None:
    """The nearest folder at or above ``start`` that git keeps: found by looking, so that no configuration of the checkout has a say."""
    start = _real(start)
    return next((folder for folder in (start, *start.parents) if os.path.lexists(folder / ".git")), None)


def _tidy(name: str | os.PathLike[str]) -> PurePosixPath:
    """``name`` without ``.`` and doubled slashes, its own leading dots kept. Raises ``AUTOSD-PATH-ESCAPES`` for one that leads out."""
    text = os.fspath(name)
    place = PurePosixPath(os.path.normpath(text)) if text else PurePosixPath()
    if not text.strip() or "\0" in text or place.parts[:1] == ("..",):
        raise _escapes(text)
    return place


def _inside(root: Path, file: Path, place: PurePosixPath) -> Path:
    if not _real(file).is_relative_to(root):
        raise _escapes(str(place))
    return file


def _escapes(name: str) -> AutosdError:
    return AutosdError("AUTOSD-PATH-ESCAPES", f"{name!r} names nothing inside of a root.", "Name a file by its path in the project.")


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))

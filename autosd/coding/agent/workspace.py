"""The project as a model may see and change it: a base that is only read, and edits that lie over it in memory.

No path leads out, through a link, to a secret or to what judges changes. Nothing is written to any disk here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from autosd.coding.repair.subject import SKIPPED
from autosd.governance.paths import is_protected, is_secret, malformed

MOST_BYTES = 2_000_000
MOST_FILES = 20_000
MOST_EDITED = 60
MOST_PATH, MOST_PART = 1000, 200


class NotAllowed(Exception):
    """What was asked for is not there or not to be had; ``str()`` is the sentence that the model is answered with."""


class Workspace:
    """``locked`` tells which files take part in the tests: they are read, never changed. ``protected`` are the site's own patterns.

    ``prefix`` is where the project lies in its repository.
    """

    def __init__(self, root: Path, locked: Callable[[str], bool], *, prefix: str = "", protected: Iterable[str] = ()) -> None:
        self._root, self._prefix, self._locked, self._protected = root, prefix, locked, tuple(protected)
        self._edits: dict[str, str] = {}
        self.version = 0  # goes up with every change

    def read(self, path: str) -> str:
        """The text of a file as it is now. Raises ``NotAllowed``."""
        path = self.checked(path)
        if path in self._edits:
            return self._edits[path]
        text = self._base(path)
        if text is None:
            raise NotAllowed(f"there is no file {path}")
        return text

    def write(self, path: str, text: str) -> None:
        """Raises ``NotAllowed``, also for a file that takes part in the tests."""
        path = self.checked(path)
        if self._locked(path):
            raise NotAllowed(f"{path} takes part in the tests, which may not be changed")
        if len(text.encode()) > MOST_BYTES:
            raise NotAllowed(f"{path} would have more than {MOST_BYTES} bytes")
        if path not in self._edits and len(self._edits) >= MOST_EDITED:
            raise NotAllowed(f"{MOST_EDITED} files were changed already")
        if (self._root / path).is_dir() or any(other.startswith(f"{path}/") for other in self._edits):
            raise NotAllowed(f"{path} is a folder")
        if any(path.startswith(f"{other}/") for other in self._edits):
            raise NotAllowed(f"{path} leads through a file")
        self._edits[path] = text
        self.version += 1

    def restore(self, path: str) -> bool:
        """Back to the base; whether anything was undone."""
        undone = self._edits.pop(self.checked(path), None) is not None
        self.version += undone
        return undone

    def is_new(self, path: str) -> bool:
        """Whether the base has no such file."""
        return not os.path.lexists(self._root / self.checked(path))

    def changed(self) -> dict[str, str | None]:
        """Path -> new text of what differs from the base now."""
        return {path: text for path, text in sorted(self._edits.items()) if text != self._base_or_none(path)}

    def before(self, path: str) -> str | None:
        """The base's text of a changed file; None where it is new."""
        return self._base_or_none(path)

    def files(self) -> Iterator[str]:
        """Every file that may be read, in order; links and the folders of tools are left out."""
        seen = 0
        new = {path for path in self._edits if self.is_new(path)}
        for path in self._walk():
            if self.refusal(path) is None:
                yield path
                new.discard(path)
                seen += 1
                if seen >= MOST_FILES:
                    return
        yield from sorted(new)

    def checked(self, path: str) -> str:
        """One spelling of ``path``. Raises ``NotAllowed`` with the reason."""
        path = path.removeprefix("./")
        if why := self.refusal(path):
            raise NotAllowed(f"{path[:200]!r} cannot be used: {why}")
        return path

    def refusal(self, path: str) -> str | None:
        if why := malformed(path):
            return f"it is no path in the project ({why})"
        spellings = (path, f"{self._prefix}/{path}") if self._prefix else (path,)
        if any(map(is_secret, spellings)):
            return "secrets may lie there"
        if any(is_protected(spelling, self._protected) for spelling in spellings):
            return "it belongs to what judges changes"
        if ".git" in path.casefold().split("/"):
            return "it belongs to git"
        return self._in_the_way(path)

    def _in_the_way(self, path: str) -> str | None:
        spot, parts = self._root, path.split("/")
        if len(path.encode()) > MOST_PATH or any(len(part.encode()) > MOST_PART for part in parts):
            return "it is too long"
        for number, part in enumerate(parts, 1):
            spot = spot / part
            try:
                mode = spot.lstat().st_mode
            except OSError:
                return None  # nothing is there, so nothing is in the way
            if stat.S_ISLNK(mode):
                return "a symbolic link lies on the way"
            if number < len(parts) and not stat.S_ISDIR(mode):
                return "it leads through a file"
        return None

    def _walk(self) -> Iterator[str]:
        for folder, folders, names in os.walk(self._root):
            folders[:] = sorted(name for name in folders if name not in SKIPPED and not (Path(folder) / name / "pyvenv.cfg").exists())
            inside = Path(folder).relative_to(self._root).as_posix()
            for name in sorted(names):
                yield name if inside == "." else f"{inside}/{name}"

    def _base_or_none(self, path: str) -> str | None:
        try:
            return self._base(path)
        except NotAllowed:
            return None

    def _base(self, path: str) -> str | None:
        try:
            descriptor = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise NotAllowed(f"{path} cannot be read: {error.strerror}") from None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            os.close(descriptor)
            raise NotAllowed(f"{path} is no file" if not stat.S_ISREG(found.st_mode) else f"{path} is too large to be looked at")
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, opened without following links
            data = file.read(MOST_BYTES + 1)
        return text_of(path, data)


def text_of(path: str, data: bytes) -> str:
    """``data`` as a text that can be written back byte for byte. Raises ``NotAllowed``."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotAllowed(f"{path} is no UTF-8 text") from None
    if "\0" in text:
        raise NotAllowed(f"{path} is no text")
    return text

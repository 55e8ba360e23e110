"""Globs of leave: anchored at the project's root, case and spelling exact, so that nothing is covered by accident.

``*`` and ``?`` stay inside one component, ``**`` stands for any number of whole components. ``src/**`` is all below ``src``;
``*.md`` is Markdown at the top; ``**/*.md`` anywhere. Everything else, brackets too, means itself.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from functools import lru_cache

from autosd.governance.paths import malformed

MAX_GLOB = 512


def fault(glob: str) -> str | None:
    """Why ``glob`` is none; or None."""
    if not glob or len(glob) > MAX_GLOB:
        return "empty or far too long"
    if glob.endswith("/"):
        return f"a folder is written {glob}**"
    if any("**" in part and part != "**" for part in glob.split("/")):
        return "'**' stands alone between slashes"
    return malformed(re.sub(r"[*?]+", "x", glob))


def covers(glob: str, path: str) -> bool:
    """Whether ``path``, a plain relative one, fits ``glob``. Time grows with the product of both lengths, whatever the glob."""
    # what lies in a folder, not a file of its name, which would take the folder's place
    globs = [*glob.split("/"), "*"] if glob.endswith("**") else glob.split("/")
    return _fits(globs, path.split("/"))


def _fits(globs: list[str], parts: list[str]) -> bool:
    """Wildcard matching that goes back to the last ``**`` only: that is enough, and never exponential."""
    at = part = 0
    star = back = -1
    while part < len(parts):
        if at < len(globs) and globs[at] == "**":
            star, back, at = at, part, at + 1
        elif at < len(globs) and _component(globs[at])(parts[part]):
            at, part = at + 1, part + 1
        elif star >= 0:
            back += 1
            at, part = star + 1, back
        else:
            return False
    return all(glob == "**" for glob in globs[at:])


@lru_cache(maxsize=4096)
def _component(glob: str) -> Callable[[str], object]:
    """``fnmatch`` writes expressions that never go back over what a star took."""
    return re.compile(fnmatch.translate(glob.replace("[", "[[]"))).match

"""The files of a project as a short list: what a model has to know to name one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from autosd.coding.repair.subject import SKIPPED
from autosd.governance.paths import is_secret, malformed

MOST_LOOKED_AT, MOST_SHOWN = 5000, 120


def layout(root: Path) -> str:
    """Shallow paths first, Python before the rest; names that hide something, and secret ones, are left out."""
    found = sorted(_files(root), key=lambda path: (path.count("/"), not path.endswith(".py"), path))
    more = f"\n... and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return "\n".join(found[:MOST_SHOWN]) + more


def _files(root: Path) -> Iterator[str]:
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED and not name.startswith("."))
        for name in sorted(names):
            path = (Path(folder) / name).relative_to(root).as_posix()
            count += 1
            if count > MOST_LOOKED_AT:
                return
            if not malformed(path) and not is_secret(path) and not name.startswith("."):
                yield path

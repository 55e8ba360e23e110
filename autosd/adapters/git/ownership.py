"""Root at work in somebody's repository leaves nothing there that its owner could not write over."""

from __future__ import annotations

import os
from pathlib import Path

from autosd.adapters.git.command import Git


def hand_over(git: Git, common_dir: Path, ref: str, sha: str, parent: str | None) -> None:
    """Give what the commit ``sha`` brought to the owner of the repository; a root-owned object folder would stop their next commit."""
    owner = (common_dir / "objects").stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    known = [f"^{parent}"] if parent else []
    listing = git.run("rev-list", "--objects", "--no-object-names", sha, *known).decode().split()
    objects = common_dir / "objects"
    places = [place for name in listing for place in (objects / name[:2], objects / name[:2] / name[2:])]
    for kept in (Path(ref), Path("logs") / ref):
        places += [common_dir / folder for folder in (kept, *kept.parents[:-1])]
    for place in places:
        if place.exists() and not place.is_symlink() and place.stat().st_uid == 0:
            os.chown(place, owner.st_uid, owner.st_gid, follow_symlinks=False)

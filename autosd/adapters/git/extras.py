"""Files that git leaves out and tests need all the same: generated modules, built extensions, metadata, submodules."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from autosd.adapters.git.command import Git, Running

_SOURCE = (".py", ".pyi", ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".txt", ".csv", ".html", ".typed")
_BUILT = (".so", ".pyd")
_METADATA = (".egg-info", ".dist-info")
_SOURCE_BYTES, _BUILT_BYTES, _ALL_BYTES, _ALL_FILES = 1_000_000, 64_000_000, 256_000_000, 5_000

#: Folders that are caches, environments or products, never sources.
_SKIP = re.compile(
    r"(__pycache__|\.git|\.hg|\.?venv.*|virtualenv|env|node_modules|site-packages|build|dist|target|htmlcov|artifacts|"
    r"\..*_cache|\.tox|\.nox|\.eggs|\.cache|\.idea|\.vscode|\.hypothesis|\.autosd)"
)
#: A name that promises a secret is not copied, not even into the sandbox.
_SECRET = re.compile(r"(?i)(secret|credential|password|passwd|token|service.?account|private.?key|\.env|id_rsa|\.pem$|\.key$)")


def ask_ignored(git: Git) -> Running:
    """Begin to list what git ignores; whole ignored folders come as one entry."""
    return git.start("ls-files", "-z", "-o", "-i", "--exclude-standard", "--directory")


def wanted(top: Path, ignored: Iterable[str], linked: Iterable[str]) -> list[str]:
    """Paths of the ignored files, and of the files of linked repositories, that tests may need; bounded in size and number."""
    found: list[str] = []
    size = 0
    for path, status in [*_ignored_files(top, ignored), *_linked_files(top, linked)]:
        size += status.st_size
        if size > _ALL_BYTES or len(found) >= _ALL_FILES:
            break
        found.append(path)
    return found


def filtered(git: Git, top: Path) -> list[str]:
    """Files whose committed form is not what people work with (Git LFS, git-crypt): the filter is not run, its result is copied."""
    attributes = top / ".gitattributes"
    if not attributes.is_file() or attributes.is_symlink():
        return []
    drivers = dict.fromkeys(re.findall(rb"\sfilter=([\w.-]+)", attributes.read_bytes()[:1_000_000]))
    found = [git.run("ls-files", "-z", "--", f":(top,attr:filter={driver.decode()})") for driver in drivers]
    return [os.fsdecode(path) for listing in found for path in listing.split(b"\0") if path]


def bring(source: Path, target: Path, paths: Iterable[str], *, over: bool = False) -> None:
    """Copy ``paths`` from tree to tree; what vanished meanwhile, or (unless ``over``) stands in the way, is passed over."""
    for path in paths:
        goal = target / path
        if over and goal.is_file() and not goal.is_symlink() and _regular(source, path):
            goal.unlink()
        if goal.exists() or goal.is_symlink() or any(part.is_symlink() for part in goal.parents if part.is_relative_to(target)):
            continue
        try:
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / path, goal, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError, PermissionError, FileExistsError):
            continue


def _ignored_files(top: Path, ignored: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
    for entry in ignored:
        if not entry.endswith("/"):
            if not any(_SKIP.fullmatch(part) for part in Path(entry).parts[:-1]):
                yield from _measured(top, entry)
        elif not any(_SKIP.fullmatch(part) for part in Path(entry).parts):
            for path in _walk(top, entry.rstrip("/")):
                yield from _measured(top, path)


def _linked_files(top: Path, linked: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
    for folder in linked:
        for path in _walk(top, folder):
            status = _regular(top, path)
            if status and status.st_size <= _SOURCE_BYTES and not _SECRET.search(path):
                yield path, status


def _measured(top: Path, path: str) -> Iterator[tuple[str, os.stat_result]]:
    name = os.path.basename(path)  # noqa: PTH119 - hot
    in_metadata = any(part.endswith(_METADATA) for part in Path(path).parts)
    if _SECRET.search(name) or not (in_metadata or name.endswith(_SOURCE + _BUILT)):
        return
    status = _regular(top, path)
    if status and status.st_size <= (_BUILT_BYTES if name.endswith(_BUILT) else _SOURCE_BYTES):
        yield path, status


def _regular(top: Path, path: str) -> os.stat_result | None:
    file = top / path
    try:
        return file.lstat() if file.is_file() and not file.is_symlink() else None
    except OSError:
        return None


def _walk(top: Path, folder: str) -> Iterator[str]:
    """Files under ``folder``, environments and caches left out, links not followed, at most a bounded number."""
    seen = 0
    for place, folders, files in os.walk(top / folder):
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not _SKIP.fullmatch(name))
        for name in sorted(files):
            if (seen := seen + 1) > 4 * _ALL_FILES:
                return
            if name != ".git":
                yield os.path.relpath(os.path.join(place, name), top)  # noqa: PTH118

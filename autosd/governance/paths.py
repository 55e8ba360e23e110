"""Paths that changes may not touch, decided on text alone. One spelling a path: what two file systems could read as the same is the same.

The attacks this stops: ``..``, NUL, backslashes and drive letters; other case, other unicode forms and invisible characters
(file systems that fold them see ``.git``); trailing dots and spaces, ``GIT~1`` and streams (Windows drops or resolves them).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath

#: Never touched, never shown (S1). The first three are looked for anywhere in the path, as the guide's own system does.
SECRET_PARTS = (".env", "_secure/")
SECRET_PATTERNS = (
    "_secure",
    ".ssh/",
    ".aws/",
    ".gnupg/",
    ".kube/",
    ".docker/config.json",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    "id_rsa*",
    "id_ed25519*",
    "id_ecdsa*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
)

#: What judges a change is out of a change's reach: autosd's walls, CI, git's own files, code ownership.
PROTECTED_PATTERNS = (
    ".git*",
    ".autosd/",
    "autosd.toml",
    "CODEOWNERS",
    "/ci/",
    "/.ci/",
    ".circleci/",
    ".buildkite/",
    ".woodpecker/",
    ".woodpecker.y*ml",
    ".travis.y*ml",
    ".drone.y*ml",
    ".appveyor.y*ml",
    "appveyor.y*ml",
    "azure-pipelines*.y*ml",
    "bitbucket-pipelines.y*ml",
    "cloudbuild.y*ml",
    "Jenkinsfile*",
    ".pre-commit-config.y*ml",
    "autosd/governance/",
    "autosd/gates/",
    "autosd/settings/",
    "autosd/settings.py",
    "autosd/inside/",
    "autosd/adapters/sandbox/",
    "autosd/adapters/keyring.py",
    "autosd/adapters/private_files.py",
    "autosd/adapters/grants/",
    "autosd/domain/decisions.py",
    "autosd/acts/allowing/",
    "autosd/ports/",
    "autosd/pipeline.py",
)

_INVISIBLE = frozenset({"Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_ODD = re.compile(r"[\x00-\x1f\x7f\\:]")


@lru_cache(maxsize=4096)  # each rule asks for itself
def malformed(path: str) -> str | None:
    """Why ``path``, as written or as its compatibility form reads, is no plain relative path inside a project; or None."""
    folded = unicodedata.normalize("NFKC", path)
    return _oddity(path) or _oddity(folded) or ("characters that read as a slash" if folded.count("/") != path.count("/") else None)


def _oddity(path: str) -> str | None:
    if not path or len(path) > 4096:
        return "empty or far too long"
    if _ODD.search(path):
        return "control character, backslash or colon"
    if path.startswith(("/", "~")):
        return "not relative to the project"
    for part in path.split("/"):
        if part in ("", ".", ".."):
            return "empty, '.' or '..' component"
        if part != part.strip() or part.endswith("."):
            return "component with a space or dot at its edge"
        if re.search(r"~\d+(\.|$)", part):
            return "short name"
        if any(unicodedata.category(char) in _INVISIBLE for char in part):
            return "invisible or unassigned character"
    return None


@lru_cache(maxsize=4096)
def canonical(path: str) -> str | None:
    """The one spelling of ``path``, for comparing; None when it is malformed."""
    if malformed(path):
        return None
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


@lru_cache(maxsize=4096)
def is_secret(path: str) -> bool:
    """Whether ``path`` is where secrets live (S1: ``.env``, ``BrainOps.env``, ``_secure/`` and their like)."""
    name = canonical(path)
    return name is None or any(part in name for part in SECRET_PARTS) or matches(name, SECRET_PATTERNS)


def is_protected(path: str, more: Iterable[str] = ()) -> bool:
    """Whether ``path`` belongs to what judges changes, or to ``more`` patterns."""
    name = canonical(path)
    return name is None or _judges(name) or matches(name, more)


@lru_cache(maxsize=4096)
def _judges(name: str) -> bool:
    return matches(name, PROTECTED_PATTERNS)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a canonical path, or a folder above it, fits one of the globs.

    As in an ignore file: a pattern without a slash fits a component anywhere; a leading slash anchors it at the top; ``*`` and
    ``?`` stay inside a component, ``**`` crosses them; a trailing slash names a folder and all that is in it.
    """
    return any(_compiled(pattern).match(name) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    glob = unicodedata.normalize("NFKC", pattern).casefold().strip()
    start = "" if glob.startswith("/") else r"(?:.*/)?"
    parts = [_part(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob.strip("/")) if part]
    if not parts:
        return re.compile(r"(?!)")
    # a folder's pattern also fits a file of its name: such a file would take the folder's place
    return re.compile(start + "".join(parts) + r"(?:/.*)?\Z", re.DOTALL)


def _part(part: str) -> str:
    return {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))


def has_suffix(path: str, suffixes: Iterable[str]) -> bool:
    """Whether the last suffix of ``path`` is among ``suffixes``, whatever the case. A name that only begins with a dot, or has
    none, has no suffix and fits nothing: ``.py`` and ``Makefile`` are kinds of their own."""
    suffix = PurePosixPath(path).suffix.casefold()
    return suffix != "" and suffix in {each.casefold() for each in suffixes}


def inside(path: Path, root: Path) -> bool:
    """Whether ``path`` is ``root`` or lies in it. Both must be resolved already; one that is relative or has ``..`` is inside nothing."""
    if any(not p.is_absolute() or ".." in p.parts for p in (path, root)):
        return False
    return path.is_relative_to(root)

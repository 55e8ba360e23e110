"""Where a change comes from: what was signed of it, and what a commit really holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


@dataclass(frozen=True)
class FileChange:
    """One path between a commit and its parent. Without ``read`` (a link, a submodule, something enormous) only ``blobs`` tell it."""

    path: str  # in the repository
    old: bytes | None
    new: bytes | None
    modes: tuple[str, str]  # git's, "000000" where there is none
    blobs: tuple[str, str] = ("", "")
    read: bool = True


@dataclass(frozen=True)
class CommitRead:
    """A commit as it stands in the repository, with what it changes of its first parent."""

    sha: str
    parent: str | None
    message: str
    files: tuple[FileChange, ...]


@dataclass(frozen=True)
class Part:
    """One hunk that was signed: ``digest`` is over its path, the lines that went and came, and the lines around them."""

    path: str
    digest: str


@dataclass(frozen=True)
class Provenance:
    """What is signed of a change. Every value is one line of text, empty where there is none to tell."""

    change: str
    strategy: str = ""
    model: str = ""
    prompt: str = ""  # hash of what the model was asked
    proposal: str = ""
    risk: str = ""
    approvals: str = ""  # how many people said yes to these bytes
    grant: str = ""
    base: str = ""
    tests: str = ""
    gates: str = ""
    sandbox: str = ""
    overfit: str = ""
    evidence: str = ""
    cost: str = ""
    project: str = ""
    repository: str = ""  # its first commit, which every clone has
    permit: str = ""  # the record's name of the leave that it was landed by
    time: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Signed:
    """A statement with its signature, as the envelope carries it. ``key`` is only a hint; ``payload`` is what was signed, byte for byte."""

    provenance: Provenance
    payload: bytes
    signature: bytes
    key: str

    def unsigned(self) -> Signed:
        return replace(self, signature=b"", key="")


class Authenticity(StrEnum):
    """``partial``: all that was signed is there unchanged, and something else besides."""

    AUTHENTIC = "authentic"
    PARTIAL = "partial"
    TAMPERED = "tampered"
    UNKNOWN = "unknown"

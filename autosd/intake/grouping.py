"""Which failures share a cause: same kind, same place in the project, same message once its accidents are taken out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from autosd.domain.suites import FailureGroup, Frame, TestResult

_ACCIDENTS = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x"),
    (re.compile(r"'[^']*'|\"[^\"]*\""), "'…'"),
    (re.compile(r"(/[\w.\-]+){2,}"), "/…"),
    (re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?"), "0"),
    (re.compile(r"\s+"), " "),
)

_PLACED = frozenset({"SyntaxError", "IndentationError", "TabError", "RecursionError", "TestTimeout"})  # the place says it all


def normalised(message: str) -> str:
    """``message`` without what differs from run to run and from input to input: numbers, texts, addresses, paths."""
    for pattern, instead in _ACCIDENTS:
        message = pattern.sub(instead, message)
    return message.strip()[:200]


def group(results: Iterable[TestResult]) -> tuple[FailureGroup, ...]:
    """Groups in the order of their first test."""
    found: dict[tuple[str, str, str], list[TestResult]] = {}
    for result in results:
        found.setdefault(cause(result), []).append(result)
    return tuple(_group(key, members) for key, members in found.items())


def cause(result: TestResult) -> tuple[str, str, str]:
    """Kind, place and normalised message; the place is the file of the test when no frame lies inside the project."""
    failure = result.failure
    if failure is None:
        return (str(result.outcome), "", result.id)
    message = "" if failure.kind in _PLACED else normalised(failure.message)
    return (failure.kind, site(failure.frames) or result.id.partition("::")[0], message)


def site(frames: Iterable[Frame]) -> str:
    """``file:function`` of the innermost frame inside the project (its path is relative there)."""
    inside = [frame for frame in frames if not frame.file.startswith(("/", "<"))]
    return f"{inside[-1].file}:{inside[-1].function}" if inside else ""


def _group(key: tuple[str, str, str], members: list[TestResult]) -> FailureGroup:
    kind, place, _ = key
    failure = members[0].failure
    fingerprint = hashlib.sha256("\0".join(key).encode()).hexdigest()[:16]
    return FailureGroup(fingerprint, tuple(member.id for member in members), kind, failure.message if failure else "", place)

"""What the warm server says, read with distrust: it shares a process with the code under repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from autosd.domain.suites import Failure, Frame, Outcome
from autosd.ports import SessionLost

TEXT = 4000
ITEMS = 200_000


class Verdict(StrEnum):
    """What became of one candidate."""

    PLAUSIBLE = "plausible"  # targets as needed, no guard broke
    PARTIAL = "partial"  # need="any": some targets pass, no guard broke
    KILLED = "killed"
    INVALID = "invalid"  # does not compile
    DUPLICATE = "duplicate"  # compiles to what ``twin`` compiled to (0: the original)
    FUEL = "fuel"
    TIMEOUT = "timeout"
    CRASH = "crash"


@dataclass(frozen=True)
class TestPlace:
    __test__ = False

    id: str
    file: str
    line: int


@dataclass(frozen=True)
class Explained:
    """A failure with what its own frame could tell: the two sides of the assertion (``op`` between them), local values."""

    failure: Failure
    test: str = ""  # for collection errors: what was being collected
    left: str | None = None
    right: str | None = None
    op: str = ""
    expression: str = ""
    locals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    python: tuple[int, ...]
    tests: tuple[TestPlace, ...]
    errors: tuple[Explained, ...]


@dataclass(frozen=True)
class Observed:
    """One test on the unchanged program. The last four maps are empty unless ``full`` was asked for."""

    test: str
    outcome: Outcome
    seconds: float
    lines: Mapping[str, frozenset[int]]
    failure: Explained | None
    looped: Mapping[str, frozenset[int]]  # lines it went round in when its time was up
    vars: Mapping[str, Mapping[int, Mapping[str, frozenset[str]]]]
    values: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]]
    attrs: Mapping[str, frozenset[str]]
    returns: Mapping[str, Mapping[str, frozenset[str]]]


@dataclass(frozen=True)
class Tried:
    """``share``: of the tests of a file that could not be collected before, when such a file is a target."""

    id: int
    verdict: Verdict
    passed: tuple[str, ...] = ()
    killed_by: str | None = None
    ran: int = 0
    twin: int | None = None
    share: float = 1.0


@dataclass(frozen=True)
class Probed:
    """Behaviour on extra inputs; ``outputs`` compare position by position over candidates (id 0: the original).

    ``kinds`` says where each input comes from: ``p`` recorded in a passing test, ``f`` in a failing one, ``m`` a
    mutated neighbour. ``agree`` is None when no input was recorded in a passing test.
    """

    id: int
    agree: float | None
    kept: int
    outputs: tuple[str | None, ...]
    kinds: str = ""
    inputs: tuple[str, ...] = ()


def text(value: Any, limit: int = TEXT) -> str:
    return value[:limit] if isinstance(value, str) else ""


def maybe(value: Any, limit: int = TEXT) -> str | None:
    return value[:limit] if isinstance(value, str) else None


def number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9 else 0.0


def integer(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53 else 0


def rows(value: Any) -> list[Any]:
    return value[:ITEMS] if isinstance(value, list) else []


def table(value: Any) -> dict[str, Any]:
    return {key: item for key, item in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}


def words(value: Any) -> tuple[str, ...]:
    return tuple(item[:TEXT] for item in rows(value) if isinstance(item, str))


def line_sets(value: Any) -> dict[str, frozenset[int]]:
    return {file: frozenset(map(integer, rows(lines))) for file, lines in table(value).items()}


def read_failure(value: Any) -> Explained | None:
    if not isinstance(value, dict):
        return None
    frames = tuple(
        Frame(text(frame.get("file"), 500), integer(frame.get("line")), text(frame.get("function"), 200))
        for frame in rows(value.get("frames"))[:60]
        if isinstance(frame, dict)
    )
    return Explained(
        Failure(text(value.get("kind"), 200), text(value.get("message")), frames),
        text(value.get("test"), 1000),
        maybe(value.get("left")),
        maybe(value.get("right")),
        text(value.get("op"), 100),
        text(value.get("expression"), 1000),
        {name: text(item, 500) for name, item in table(value.get("locals")).items()},
    )


def read_opened(message: Mapping[str, Any]) -> Opened:
    tests = tuple(
        TestPlace(row["id"], text(row.get("file"), 1000), integer(row.get("line")))
        for row in rows(message.get("tests"))
        if isinstance(row, dict) and isinstance(row.get("id"), str)
    )
    errors = tuple(found for found in map(read_failure, rows(message.get("errors"))) if found is not None)
    return Opened(tuple(map(integer, rows(message.get("python"))[:3])), tests, errors)


def read_observed(message: Mapping[str, Any]) -> Observed:
    try:
        outcome = Outcome(str(message.get("outcome")))
    except ValueError:
        raise SessionLost("nonsense: an outcome that does not exist") from None
    return Observed(
        text(message.get("test")),
        outcome,
        number(message.get("seconds")),
        line_sets(message.get("lines")),
        read_failure(message.get("failure")),
        line_sets(message.get("looped")),
        {file: _lines_of(lines) for file, lines in table(message.get("vars")).items()},
        {file: _values_of(functions) for file, functions in table(message.get("values")).items()},
        {kind: frozenset(words(names)) for kind, names in table(message.get("attrs")).items()},
        {
            file: {name: frozenset(words(kinds)) for name, kinds in table(found).items()}
            for file, found in table(message.get("returns")).items()
        },
    )


def _lines_of(lines: Any) -> dict[int, dict[str, frozenset[str]]]:
    return {
        int(line): {name: frozenset(words(kinds)) for name, kinds in table(names).items()}
        for line, names in table(lines).items()
        if line.isdecimal()
    }


def _values_of(functions: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    return {function: {name: words(known) for name, known in table(names).items()} for function, names in table(functions).items()}


def read_tried(message: Mapping[str, Any]) -> Tried:
    try:
        verdict = Verdict(str(message.get("verdict")))
    except ValueError:
        raise SessionLost("nonsense: a verdict that does not exist") from None
    twin = message.get("twin")
    return Tried(
        integer(message.get("id")),
        verdict,
        words(message.get("passed")),
        maybe(message.get("killed_by")),
        integer(message.get("ran")),
        integer(twin) if twin is not None else None,
        min(number(message["share"]), 1.0) if "share" in message else 1.0,
    )


def read_probed(message: Mapping[str, Any]) -> Probed:
    agree = message.get("agree")
    return Probed(
        integer(message.get("id")),
        min(number(agree), 1.0) if isinstance(agree, (int, float)) else None,
        integer(message.get("kept")),
        tuple(maybe(item, 200) for item in rows(message.get("outputs"))),
        text(message.get("kinds"), 10_000),
        words(message.get("inputs")),
    )

"""What the failures suggest: which templates become more likely when tests fail in a certain way."""

from __future__ import annotations

from typing import Any

from autosd.coding.repair.observations import Observations, ObservedFailure, literal
from autosd.domain.suites import Outcome

_NONE = {"insert.default": 6.0, "condition.gain": 2.0, "guard.insert": 2.0, "insert.return": 4.0, "statement.kind": 3.0, "default": 2.0}
_BOUNDS = {
    "compare.operator": 1.5,
    "off_by_one": 2.0,
    "condition.gain": 2.0,
    "guard.insert": 1.5,
    "slice.bounds": 1.5,
    "constant.number": 1.3,
}
_TYPES = {"wrap": 2.0, "unwrap": 2.0, "argument.order": 1.5, "argument.count": 3.0, "name.variable": 1.3, "constant.keyword": 1.3}
_ATTRIBUTE = {"name.attribute": 2.0, "name.method": 2.0, "class.field": 8.0, "class.super": 8.0, "unwrap": 1.5, "wrap": 1.5, "lookup": 2.0}
_NAME = {"name.unknown": 30.0, "import.add": 30.0, "name.scope": 20.0, "name.unbound": 10.0, "insert.assign": 2.0, "guard.otherwise": 4.0}
_IMPORT = {"import.source": 30.0, "import.add": 10.0, "name.unknown": 5.0}

#: Factors by the exception that a test ends with.
BY_KIND: dict[str, dict[str, float]] = {
    "IndexError": _BOUNDS,
    "KeyError": {
        "default": 5.0,
        "insert.ensure": 8.0,
        "counter": 4.0,
        "guard.insert": 1.5,
        "condition.gain": 1.5,
        "constant.string": 2.0,
        "insert.assign": 1.5,
    },
    "TypeError": _TYPES,
    "AttributeError": _ATTRIBUTE,
    "NameError": _NAME,
    "UnboundLocalError": _NAME,
    "ImportError": _IMPORT,
    "ModuleNotFoundError": _IMPORT,
    "ZeroDivisionError": {"guard.insert": 3.0, "ternary": 8.0, "condition.gain": 1.5, "guard.except": 3.0, "clamp": 2.0},
    "RecursionError": {
        "guard.insert": 3.0,
        "condition.replace": 1.5,
        "compare.bound": 1.5,
        "reuse": 1.5,
        "off_by_one": 1.5,
        "extend.arithmetic": 1.5,
    },
    "StopIteration": {"guard.except": 3.0, "keyword.argument": 3.0},
    "ValueError": {"guard.except": 2.0, "guard.insert": 1.5, "keyword.argument": 1.5, "constant.string": 1.3},
}


def boosts(observations: Observations) -> dict[str, float]:
    """Factors on the priors of templates; absent means 1."""
    found: dict[str, float] = {}
    failures = observations.failures
    for failure in failures[:50]:
        _raise(found, BY_KIND.get(failure.kind.rpartition(".")[2], {}))
        _raise(found, _by_message(failure))
        _raise(found, _by_sides(failure))
    if any(test.outcome is Outcome.TIMEOUT for test in observations.failing):
        _raise(found, {"compare.operator": 1.3, "insert.assign": 2.0, "insert.copy": 1.5, "condition.gain": 1.5, "reuse": 1.3})
    return found


def _raise(found: dict[str, float], factors: dict[str, float]) -> None:
    for name, factor in factors.items():
        found[name] = max(found.get(name, 1.0), factor)


def _by_message(failure: ObservedFailure) -> dict[str, float]:
    said = failure.message
    if "NoneType" in said:
        return _NONE
    if "DID NOT RAISE" in said or "not raised" in said:
        return {"guard.insert": 3.0, "condition.gain": 1.5, "insert.guarded": 2.0, "class.super": 2.0}
    if "unexpected keyword" in said or "positional argument" in said:
        return {"keyword.argument": 4.0, "argument.count": 5.0, "name.module": 2.0}
    if "generator" in said or "not iterable" in said:
        return {"wrap": 2.0, "statement.kind": 3.0, "unwrap": 1.5}
    return {}


def _by_sides(failure: ObservedFailure) -> dict[str, float]:
    """What the two sides of a failed comparison have in common tells how the value went wrong."""
    if failure.left is None or failure.right is None:
        return {}
    left, right = literal(failure.left), literal(failure.right)
    if (failure.left == "None") != (failure.right == "None"):
        return {"insert.return": 5.0, "statement.kind": 3.0, "guard.insert": 1.5}
    if left is None or right is None:
        return {}
    if type(left) is not type(right):
        return _by_types(left, right)
    if isinstance(left, bool):
        return {
            "negation": 1.5,
            "compare.operator": 1.3,
            "boolean.operator": 1.5,
            "constant.keyword": 1.5,
            "condition.replace": 1.3,
            "condition.gain": 1.3,
        }
    if isinstance(left, (int, float)):
        return _by_numbers(left, right)
    if isinstance(left, str):
        return _by_strings(left, right)
    if isinstance(left, (list, tuple)):
        return _by_sequences(list(left), list(right))
    if isinstance(left, dict):
        return {"parallel.part": 4.0, "insert.assign": 1.3, "counter": 2.0, "constant.string": 1.3} if set(left) != set(right) else {}
    return {}


def _by_types(left: Any, right: Any) -> dict[str, float]:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)) and not isinstance(left, bool) and not isinstance(right, bool):
        return {"arithmetic.operator": 1.5, "wrap": 2.0}
    return {"wrap": 3.0, "unwrap": 2.0, "statement.kind": 2.0, "constant.keyword": 2.0, "extend.sequence": 1.5, "index_of": 1.5}


def _by_numbers(left: float, right: float) -> dict[str, float]:
    if abs(left - right) == 1:
        return {"off_by_one": 1.5, "compare.operator": 1.5, "constant.number": 1.5}
    if left == -right:
        return {"sign": 6.0, "augmented.operator": 3.0, "wrap": 2.0, "arithmetic.swap": 2.0}
    if isinstance(left, float) and abs(left - right) < 0.51:
        return {"wrap": 2.0, "arithmetic.operator": 1.5, "keyword.argument": 1.5}
    return {}


def _by_strings(left: str, right: str) -> dict[str, float]:
    if left.lower() == right.lower():
        return {"wrap": 4.0, "unwrap": 2.0, "name.method": 3.0}
    if left.split() == right.split() or left.strip() == right.strip():
        return {"wrap": 2.0, "constant.string": 3.0, "name.method": 2.0, "unwrap": 1.5}
    if left == right[::-1]:
        return {"arithmetic.swap": 3.0, "wrap": 2.0, "index_of": 2.0, "slice.bounds": 2.0}
    return {"constant.string": 1.5, "constant.format": 2.0}


def _by_sequences(left: list[Any], right: list[Any]) -> dict[str, float]:
    if left == right[::-1]:
        return {"name.method": 2.0, "keyword.argument": 4.0, "wrap": 2.0, "arithmetic.swap": 2.0, "insert.call": 2.0, "slice.bounds": 2.0}
    try:
        if sorted(left) == sorted(right):
            return {"wrap": 3.0, "keyword.argument": 4.0, "insert.call": 2.0, "compare.operator": 1.3, "argument.order": 1.3}
    except TypeError:
        return {}
    if len(left) != len(right):
        short, long = sorted((left, right), key=len)
        if long[: len(short)] == short or long[-len(short) :] == short:
            return {
                "insert.copy": 2.0,
                "insert.call": 2.0,
                "off_by_one": 1.3,
                "slice.bounds": 1.5,
                "duplicate.around": 4.0,
                "insert.guarded": 2.0,
            }
    return {}

"""Terms as canonical JSON, and back. One spelling a value: what is not exactly what would be written is refused.

Whatever cannot be read raises ``Unreadable``, never anything else: the words come from whoever holds a token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from autosd.domain.actions import Risk
from autosd.domain.grants import Budgets, Capability, RequiredGates, Terms
from autosd.domain.projects import is_project_id
from autosd.governance.grants.globs import fault

ENVIRONMENTS = ("dev", "staging", "prod")
SCAN_MODES = ("off", "if-available", "required")  # from loose to strict
MAX_COUNT = 1_000_000_000
MAX_ITEMS = 1000

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_WORD = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")


class Unreadable(ValueError):
    """This is no part of a grant that this version understands; ``str()`` says why."""


def is_word(text: object) -> bool:
    """Names of domains, platforms, test scopes."""
    return isinstance(text, str) and _WORD.fullmatch(text) is not None


def written_time(moment: datetime) -> str:
    """UTC, whole seconds: parts of a second are dropped."""
    return moment.astimezone(UTC).strftime(_TIME)


def read_time(text: object) -> datetime:
    try:
        moment = datetime.strptime(text, _TIME).replace(tzinfo=UTC) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or written_time(moment) != text:
        raise Unreadable("a time is not written as YYYY-MM-DDTHH:MM:SSZ")
    return moment


def written_terms(terms: Terms) -> dict[str, Any]:
    """Only what the terms speak of."""
    said = {each.name: getattr(terms, each.name) for each in fields(terms)}
    return {name: _written(value) for name, value in said.items() if value is not None}


def read_terms(said: object) -> Terms:
    """The reverse of ``written_terms``; names it does not know are refused, since they might have narrowed."""
    values = _mapping(said)
    unknown = set(values) - set(_READERS)
    if unknown:
        raise Unreadable(f"unknown terms: {', '.join(sorted(unknown))[:100]}")
    return Terms(**{name: _READERS[name](value) for name, value in values.items()})


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def read_canonical(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
        exact = isinstance(value, dict) and canonical(value) == data
    except (ValueError, RecursionError):
        exact = False
    if not exact:
        raise Unreadable("it is no canonical JSON object")
    return dict(value)


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return written_time(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    return asdict(value) if isinstance(value, Budgets | RequiredGates) else value


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable("an object was expected")
    return value


def _items(value: object, good: Callable[[Any], bool], what: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS or not all(isinstance(item, str) and good(item) for item in value):
        raise Unreadable(f"{what} cannot be read")
    return value


def _set_of(what: str, good: Callable[[Any], bool]) -> Callable[[object], frozenset[str]]:
    def read(value: object) -> frozenset[str]:
        items = _items(value, good, what)
        if items != sorted(set(items)):
            raise Unreadable(f"{what} are not sorted")
        return frozenset(items)

    return read


def _capabilities(value: object) -> frozenset[Capability]:
    return frozenset(map(Capability, _set_of("capabilities", set(Capability).__contains__)(value)))


def _paths(value: object) -> tuple[str, ...]:
    return tuple(_items(value, lambda item: fault(item) is None, "paths"))


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_COUNT:
        raise Unreadable("a number is out of bounds")
    return value


def _risk(value: object) -> Risk:
    try:
        return Risk(str(value))
    except ValueError:
        raise Unreadable("unknown risk") from None


def _budgets(value: object) -> Budgets:
    said = _mapping(value)
    if set(said) != {each.name for each in fields(Budgets)}:
        raise Unreadable("budgets cannot be read")
    return Budgets(**{name: _count(number) for name, number in said.items()})


def _gates(value: object) -> RequiredGates:
    said = dict(_mapping(value))
    flags = {name: said.pop(name, None) for name in ("quality_gates", "canary_required_for_prod")}
    scope = said.pop("min_test_scope", None)
    modes = {name: said.pop(name, None) for name in ("security_scan_mode", "sbom", "dependency_audit")}
    if said or not is_word(scope) or not all(type(flag) is bool for flag in flags.values()):
        raise Unreadable("required gates cannot be read")
    if not all(mode in SCAN_MODES for mode in modes.values()):
        raise Unreadable("required gates cannot be read")
    return RequiredGates(**flags, **modes, min_test_scope=scope)


_READERS: dict[str, Callable[[Any], Any]] = {
    "project_ids": _set_of("project ids", is_project_id),
    "capabilities": _capabilities,
    "environments": _set_of("environments", ENVIRONMENTS.__contains__),
    "domains": _set_of("domains", is_word),
    "platforms": _set_of("platforms", is_word),
    "paths": _paths,
    "not_before": read_time,
    "expires_at": read_time,
    "max_uses": _count,
    "max_lines": _count,
    "max_risk": _risk,
    "budgets": _budgets,
    "required_gates": _gates,
}

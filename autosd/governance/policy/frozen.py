"""Facts as the record keeps them, and back: only what is not at its default, in JSON's own types. Facts hold no secrets.

What a decision was made on can be looked at, and decided anew under other rules, for as long as the record is kept.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from autosd.domain.actions import Action
from autosd.domain.decisions import Facts
from autosd.domain.policies import Leave

_PLAIN = (str, int, float, bool, type(None))


def to_json(facts: Facts) -> dict[str, Any]:
    """Compact, deterministic, and enough for ``from_json`` to give back equal facts."""
    return _object(facts)


def from_json(data: Mapping[str, Any]) -> Facts:
    """The facts that ``to_json`` wrote. Raises ``ValueError`` for what it did not; facts that no longer exist are left out."""
    try:
        facts: Facts = _read(Facts, data)
    except (TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError(f"no frozen facts: {error}") from None
    return facts


@lru_cache(maxsize=64)
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    found = []
    for each in fields(kind):
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        found.append((each.name, default))
    return tuple(found)


def _object(value: Any) -> dict[str, Any]:
    return {
        name: _plain(said) for name, default in _defaults(typing.cast(Hashable, type(value))) if (said := getattr(value, name)) != default
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Leave):
        return value.word
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(map(_plain, value))
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if is_dataclass(value):
        return _object(value)
    raise TypeError(f"{type(value).__name__} has no place in facts")


@lru_cache(maxsize=64)
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, data: Any) -> Any:
    """``data`` as a value of ``kind``: one reader for each shape that facts are made of."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _read_either(typing.get_args(kind), data)
    shape = typing.get_origin(kind) or kind
    if shape in (tuple, frozenset):
        if not isinstance(data, list):
            raise ValueError(data)
        return shape(_read(typing.get_args(kind)[0], each) for each in data)
    if is_dataclass(shape):
        hints = _hints(typing.cast(Hashable, shape))
        return typing.cast(Callable[..., Any], shape)(**{name: _read(hints[name], each) for name, each in data.items() if name in hints})
    return _read_plain(shape, data)


def _read_either(kinds: tuple[Any, ...], data: Any) -> Any:
    """Nothing, or the first kind that it is a value of; an action that is none of ours stays a word."""
    if data is None:
        return None
    if Action in kinds:
        return Action(data) if data in Action._value2member_map_ else str(data)
    return _read(next(each for each in kinds if each is not type(None)), data)


def _read_plain(kind: Any, data: Any) -> Any:
    if kind is Leave:
        return next(each for each in Leave if each.word == data)
    if kind is datetime:
        return datetime.fromisoformat(data)
    if kind is dict:
        return dict(data)
    if kind is float and isinstance(data, int | float):
        return float(data)
    if kind in _PLAIN and not isinstance(data, kind):
        raise ValueError(data)
    return kind(data)

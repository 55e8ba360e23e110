"""One layer of policy as a file says it. Whatever is not understood is an error: a policy that is half read would allow too much."""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autosd.domain.actions import Risk
from autosd.domain.errors import AutosdError
from autosd.domain.policies import LEAVES, Leave
from autosd.governance.policy.changing import FIELDS, SECTIONS

FILE_NAME = "policy.toml"
MAX_BYTES = 65_536
_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Layer:
    """What one file says: field (or ``budgets.<name>``) -> value. A file that is not there says nothing."""

    name: str  # organisation, tenant, project, repository
    place: Path
    said: Mapping[str, Any] = field(default_factory=dict)
    there: bool = False


def read_layer(name: str, path: Path, *, trusted: bool = True) -> Layer:
    """The layer in ``path``. Raises ``AUTOSD-POLICY-INVALID``, one line that names file, key and the nearest right key."""
    text = _text(path, trusted)
    if text is None:
        return Layer(name, path)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _invalid(path, f"it is no TOML: {str(error)[:200]}", "Correct it") from None
    return Layer(name, path, _said(data, path), True)


def _said(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for section, keys in data.items():
        if section not in SECTIONS or not isinstance(keys, dict):
            # a section is no key and a key no section; either way the person needs the nearest name that exists
            names = [*SECTIONS, *FIELDS]
            raise _invalid(path, f"there is no section {section[:80]!r}", _nearest(section, names, "section"))
        for key, value in keys.items():
            name = f"{section}.{key}"
            if name not in FIELDS:
                raise _invalid(path, f"there is no key {name[:80]!r}", _nearest(name, list(FIELDS), "key"))
            said[FIELDS[name]] = _value(name, value, path)
    return said


def _value(name: str, raw: Any, path: Path) -> Any:
    parse, allowed = _kind(FIELDS[name])
    try:
        return parse(raw)
    except (ValueError, TypeError):
        raise _invalid(path, f"{str(raw)[:60]!r} is no value of {name!r}", f"Give {allowed}") from None


def _kind(where: str) -> tuple[Callable[[Any], Any], str]:
    if where in LEAVES:
        return _leave, 'true, false or "with_grant"'
    if where == "require_canary_for_prod":
        return _flag, "true or false"
    if where == "max_risk":
        return _risk, "low, medium, high or critical"
    if where in ("allowed_paths", "protected_paths"):
        return _globs, "a list of globs"
    return _number, f"a whole number from 0 to {_LARGEST}"


def _leave(raw: Any) -> Leave:
    if isinstance(raw, bool):
        return Leave.YES if raw else Leave.NO
    if raw == "with_grant":
        return Leave.WITH_GRANT
    raise ValueError(raw)


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ValueError(raw)
    return raw


def _risk(raw: Any) -> Risk:
    if not isinstance(raw, str):
        raise ValueError(raw)
    return Risk(raw)


def _globs(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(each, str) and each.strip(" /") and "\0" not in each for each in raw):
        raise ValueError(raw)
    return tuple(raw)


def _number(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= _LARGEST:
        raise ValueError(raw)
    return raw


def _nearest(word: str, names: list[str], what: str) -> str:
    tail = word.rpartition(".")[2]
    same = [name for name in names if name.rpartition(".")[2] == tail]
    near = next(iter(same + difflib.get_close_matches(word, names, n=1, cutoff=0.5)), "")
    return f"Did you mean {near}" if near else f"Use a {what} that exists: {', '.join(names)}"


def _text(path: Path, trusted: bool) -> str | None:
    """The file's text; None when there is none. A plain file of sane size; of a project's own, no link on the way from its root."""
    if not trusted and path.parent.is_symlink():
        raise _invalid(path, f"{path.parent.name} is a symbolic link", "Make it a folder")
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if trusted else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise _invalid(path, "it is a link that leads nowhere", "Make it a plain file that can be read") from None
        return None
    except OSError as error:
        raise _invalid(path, f"it cannot be read ({error.strerror})", "Make it a plain file that can be read") from None
    with os.fdopen(descriptor, "rb") as file:
        plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
        content = file.read(MAX_BYTES + 1) if plain else b""
    if not plain or len(content) > MAX_BYTES:
        why = f"it is larger than {MAX_BYTES} bytes" if plain else "it is no plain file"
        raise _invalid(path, why, "Make it a plain file that can be read")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise _invalid(path, "it is no UTF-8 text", "Correct it") from None


def _invalid(path: Path, why: str, hint: str) -> AutosdError:
    return AutosdError("AUTOSD-POLICY-INVALID", f"{path}: {why}, so nothing is permitted.", f"{hint}.")

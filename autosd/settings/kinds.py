"""What a setting's value may look like: one parser for each kind, for text (environment, options) and TOML alike."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

T = TypeVar("T")

TRUE_WORDS = ("1", "true", "yes", "y", "on")
FALSE_WORDS = ("0", "false", "no", "n", "off")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """``parse`` raises ``ValueError`` for a value that is not ``allowed``; ``show`` is what people and files read."""

    name: str
    allowed: str
    parse: Callable[[Any], T]
    show: Callable[[T], str]


def parse_flag(raw: object) -> bool:
    """The one parser for truth values; everything that is not one of its words is refused, never guessed."""
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(word)


def _text(raw: object) -> str:
    if not isinstance(raw, str) or "\0" in raw:
        raise ValueError(raw)
    return raw.strip()


def _items(raw: object) -> tuple[str, ...]:
    """A TOML array of strings, or text with commas between the items."""
    parts = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple):
        raise ValueError(raw)
    return tuple(item for item in map(_text, parts) if item)


def _path(raw: object) -> Path:
    text = str(raw) if isinstance(raw, Path) else _text(raw)
    if not text:
        raise ValueError(raw)
    return Path(text)


def _absolute(path: Path) -> Path:
    if not path.is_absolute() and path.parts[:1] != ("~",):
        raise ValueError(path)
    return path


def _suffix(text: str) -> str:
    suffix = text if text.startswith(".") else f".{text}"
    if not re.fullmatch(r"\.[A-Za-z0-9_+-]+", suffix):
        raise ValueError(text)
    return suffix.lower()


def _bounded(raw: object, kind: type[int] | type[float], low: float, high: float) -> int | float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str) or (kind is int and isinstance(raw, float)):
        raise ValueError(raw)
    value = kind(raw)
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(raw)
    return value


def _database_url(raw: object) -> str:
    """SQLite or PostgreSQL; ``postgres://`` is the same as ``postgresql://``."""
    text = re.sub(r"^postgres://", "postgresql://", _text(raw))
    if not re.match(r"(sqlite|postgresql)(\+[a-z0-9]+)?://", text):
        raise ValueError("scheme")
    return text


def _redis_url(raw: object) -> str:
    text = _text(raw)
    if not re.match(r"(redis|rediss|unix)://", text):
        raise ValueError("scheme")
    return text


_PASSWORDS = (r"(?P<before>://[^/@:]*:)(?P<secret>.*)(?=@)", r"(?i)(?P<before>[?&](?:password|passwd|pwd|sslpassword)=)(?P<secret>[^&#]*)")


def passwords(url: str) -> tuple[str, ...]:
    """The passwords in ``url``, as written and percent-decoded."""
    written = [match["secret"] for shape in _PASSWORDS for match in re.finditer(shape, url) if match["secret"]]
    return tuple(dict.fromkeys([*written, *map(unquote, written)]))


def mask_url(url: str) -> str:
    """``url`` without its password, also where the password stands in the query."""
    for shape in _PASSWORDS:
        url = re.sub(shape, r"\g<before>***", url)
    return url


def _model_url(raw: object) -> str:
    """Where a model is: no name, password, query or fragment in it, since it is shown and repeated."""
    text = _text(raw).rstrip("/")
    if not re.fullmatch(r"https?://[^\s/@?#:]+(:\d{1,5})?(/[^\s@?#]*)?|https?://\[[0-9a-fA-F:.]+\](:\d{1,5})?(/[^\s@?#]*)?", text):
        raise ValueError("no plain address")
    return text


def _secret(raw: object) -> str:
    """What goes into a header as it stands."""
    text = _text(raw)
    if not re.fullmatch(r"[!-~]*", text):
        raise ValueError("not one word of ASCII")
    return text


def _show_optional(value: object) -> str:
    return "" if value is None else str(value)


def _show_flag(value: bool | None) -> str:
    return "" if value is None else str(value).lower()


def _show_items(value: tuple[object, ...]) -> str:
    return ",".join(map(str, value))


FLAG: Kind[bool] = Kind("flag", "1/true/yes/y/on or 0/false/no/n/off", parse_flag, _show_flag)
SWITCH: Kind[bool | None] = Kind("flag or unset", FLAG.allowed, parse_flag, _show_flag)
TEXT: Kind[str] = Kind("text", "any text", _text, str)
PATH: Kind[Path] = Kind("path", "a path", _path, str)
PROJECT_PATH: Kind[Path] = Kind("path", "a path; a relative one is taken from the project's root", _path, str)
OPTIONAL_PATH: Kind[Path | None] = Kind("path or unset", "a path", _path, _show_optional)
WORDS: Kind[tuple[str, ...]] = Kind("list", "items with commas between them", _items, _show_items)
SUFFIXES: Kind[tuple[str, ...]] = Kind(
    "list of suffixes", "suffixes such as .py, with commas between them", lambda raw: tuple(map(_suffix, _items(raw))), _show_items
)
ROOTS: Kind[tuple[Path, ...]] = Kind(
    "list of paths", "absolute paths with commas between them", lambda raw: tuple(_absolute(_path(i)) for i in _items(raw)), _show_items
)
DATABASE_URL: Kind[str] = Kind("URL", "a sqlite:// or postgresql:// URL", _database_url, mask_url)
REDIS_URL: Kind[str] = Kind("URL", "a redis://, rediss:// (TLS) or unix:// URL", _redis_url, mask_url)
MODEL_URL: Kind[str] = Kind("URL", "an http:// or https:// address, without user, password and query", _model_url, str)
SECRET: Kind[str] = Kind("secret", "one word without spaces", _secret, lambda value: "***" if value else "")


def integer(low: int, high: int) -> Kind[int]:
    return Kind("whole number", f"{low} to {high}", lambda raw: int(_bounded(raw, int, low, high)), str)


def number(low: float, high: float) -> Kind[float]:
    return Kind("number", f"{low:g} to {high:g}", lambda raw: float(_bounded(raw, float, low, high)), lambda value: f"{value:g}")


def optional(kind: Kind[T]) -> Kind[T | None]:
    """The same, or unset: no value of its own."""
    return Kind(kind.name, kind.allowed, kind.parse, lambda value: "" if value is None else kind.show(value))


def choice(*words: str) -> Kind[str]:
    def parse(raw: object) -> str:
        word = _text(raw).lower()
        if word not in words:
            raise ValueError(word)
        return word

    return Kind("choice", ", ".join(words), parse, str)


def choices(*words: str) -> Kind[tuple[str, ...]]:
    def parse(raw: object) -> tuple[str, ...]:
        items = tuple(item.lower() for item in _items(raw))
        if not set(items) <= set(words):
            raise ValueError(raw)
        return items

    return Kind("list of choices", ", ".join(words) + "; with commas between them", parse, _show_items)

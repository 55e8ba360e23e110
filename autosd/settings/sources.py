"""Where settings come from: ``autosd.toml`` files, the environment, options. Each source yields raw values with their origin."""

from __future__ import annotations

import errno
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosd.domain.errors import AutosdError
from autosd.settings.nearest import unknown_setting
from autosd.settings.table import BY_NAME, TABLE, FromProject, Merge, Setting

FILE_NAME = "autosd.toml"
MAX_FILE_BYTES = 65_536


@dataclass(frozen=True)
class Given:
    """One parsed value of one setting, and where it was said."""

    setting: Setting[Any]
    value: Any
    origin: str
    base: Path  # what a relative path in it is relative to


def checkout_of(folder: Path) -> Path:
    """The nearest folder at or above ``folder`` that git works in; ``folder`` itself when there is none."""
    return next((each for each in (folder, *folder.parents) if os.path.lexists(f"{each}/.git")), folder)


def from_options(options: Mapping[str, Any], cwd: Path) -> Iterator[Given]:
    """Options by setting name; ``None`` means not given."""
    for name, raw in options.items():
        if raw is not None:
            yield _given(_row(name, "the command line"), raw, "option", cwd)


def from_environment(env: Mapping[str, str], cwd: Path) -> Iterator[Given]:
    """Values of the environment, strongest name first. An empty variable counts as unset.

    Where the strongest name decides, the others are not even read: a ``DATABASE_URL`` may belong to another program.
    """
    for row in TABLE:
        for name, scale in row.env_names.items():
            raw = env.get(name, "").strip()
            if raw:
                origin = f"environment {name}"
                yield _given(row, _scaled(row, raw, scale, origin), origin, cwd)
                if row.merge is Merge.STRONGEST:
                    break


def _scaled(row: Setting[Any], raw: str, scale: float, origin: str) -> str:
    if scale == 1.0:
        return raw
    try:
        return repr(float(raw) * scale)
    except ValueError:
        raise _invalid(row, raw, origin) from None


def from_file(path: Path, *, trusted: bool) -> Iterator[Given]:
    """Values of an ``autosd.toml``; nothing when there is none. An untrusted one may only say what the table allows it."""
    text = _read(path, follow=trusted)
    for name, raw in _flatten(_parse(text, path)):
        place = f"{path}:{_line_of(text, name)}"
        given = _given(_row(name, place), raw, place, path.parent)
        if not trusted:
            _refuse_untrusted(given)
        yield given


def _refuse_untrusted(given: Given) -> None:
    row = given.setting
    stricter = row.project is FromProject.STRICTER and (row.merge is Merge.UNION or given.value == row.strict)
    if not stricter and row.project is not FromProject.YES:
        raise AutosdError(
            "AUTOSD-SETTING-NOT-FOR-PROJECTS",
            f"{given.origin}: {row.name} = {row.kind.show(given.value)} may not be said by a project, which is untrusted.",
            f"Remove it there; say it in the {FILE_NAME} of autosd's own home, or as {row.env}.",
        )


def _given(row: Setting[Any], raw: Any, origin: str, base: Path) -> Given:
    try:
        return Given(row, row.kind.parse(raw), origin, base)
    except (ValueError, TypeError, OverflowError):
        raise _invalid(row, raw, origin) from None


def _invalid(row: Setting[Any], raw: Any, origin: str) -> AutosdError:
    # a mistyped URL may hold a password, and a mistyped key is nearly one: they are never repeated
    said = "" if row.kind.name in ("URL", "secret") else f" {str(raw)[:80]!r}"
    return AutosdError(
        "AUTOSD-SETTING-INVALID",
        f"{origin}:{said} is no value of {row.name} ({row.kind.name}).",
        f"Give {row.kind.allowed}; {row.env} sets it for one run.",
    )


def _row(name: str, place: str) -> Setting[Any]:
    if name not in BY_NAME:
        raise unknown_setting(name, place, BY_NAME)
    return BY_NAME[name]


def _read(path: Path, *, follow: bool) -> str:
    """The file's text, or nothing when there is none. Only a plain file of sane size: a pipe would hang, a link may lead anywhere."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise _unreadable(path, "not a plain file" if error.errno == errno.ELOOP else error.strerror or "unknown error") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _unreadable(path, "not a plain file")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise _unreadable(path, f"larger than {MAX_FILE_BYTES} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise _unreadable(path, "not UTF-8 text") from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(path, str(error)[:200]) from None


def _unreadable(path: Path, why: str) -> AutosdError:
    return AutosdError("AUTOSD-SETTINGS-UNREADABLE", f"{path} cannot be read: {why}.", "Correct or remove that file.")


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _line_of(text: str, name: str) -> int:
    """The line that says ``name``, for error messages; 1 when it is written in a way we do not look for."""
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped.strip("[] \t").replace('"', "") + "."
        elif section + stripped.split("=")[0].replace('"', "").strip() == name:
            return number
    return 1

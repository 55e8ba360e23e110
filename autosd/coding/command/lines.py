"""The command line of an outside agent: words without a shell, with places that are filled in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from autosd.domain.errors import AutosdError

#: Name -> what stands in its place.
PLACES = {
    "task_file": "the path of a file that holds the task",
    "task": "the task itself, as one word",
    "model": "the name of the model",
    "base_url": "where the agent finds the model's API, without the version",
    "key": "the stand-in for the key",
    "root": "the project's folder",
}
#: Places that only mean something where there is a model.
OF_MODELS = frozenset({"model", "base_url", "key"})
_PLACE = re.compile(r"\{([a-z_]+)\}")


def words_of(line: str) -> tuple[str, ...]:
    """Raises ``AUTOSD-COMMAND-INVALID``."""
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        raise _invalid(f"The command line of the outside agent cannot be read: {error}.", "Quote it as for a shell.") from None
    if not words:
        raise _invalid("No command line of an outside agent is set.", "Set command.line, for example in autosd's own autosd.toml.")
    unknown = sorted({name for word in words for name in _PLACE.findall(word)} - set(PLACES))
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACES)
        raise _invalid(f"The command line has a place that nothing is known for: {{{unknown[0]}}}.", f"Use one of {known}.")
    return words


def places_in(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for word in words for name in _PLACE.findall(word) if name in PLACES)


def filled(words: tuple[str, ...], values: Mapping[str, str]) -> tuple[str, ...]:
    """One word stays one word, whatever is put into it."""
    return tuple(_PLACE.sub(lambda match: values[match[1]], word) for word in words)


def variables_of(items: tuple[str, ...]) -> dict[str, str]:
    """``NAME=VALUE`` items. Raises ``AUTOSD-COMMAND-INVALID``."""
    found: dict[str, str] = {}
    for item in items:
        name, sign, value = item.partition("=")
        if not sign or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise _invalid(f"{item.partition('=')[0][:60]!r} is no variable of the form NAME=VALUE.", "Correct command.env.")
        found[name] = value
    return found


def _invalid(message: str, remedy: str) -> AutosdError:
    return AutosdError("AUTOSD-COMMAND-INVALID", message, remedy)

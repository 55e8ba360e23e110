"""Puts a new piece in place of an old one that must stand in the text exactly once; blanks at the ends of lines do not count."""

from __future__ import annotations

import re

_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class NoMatch(ValueError):
    """``str()`` is the sentence that the model is answered with."""


def replaced(text: str, old: str, new: str) -> str:
    """``text`` with ``old`` replaced; line ends stay those of the text. Raises ``NoMatch`` where ``old`` is missing or ambiguous."""
    if not old.strip():
        raise NoMatch("the old text is empty: to make a file use write_file")
    windows = "\r\n" in text
    plain = text.replace("\r\n", "\n") if windows else text
    old, new = old.replace("\r\n", "\n"), new.replace("\r\n", "\n")
    start, end = _place(plain, old)
    if start != end and plain[start:end].endswith("\n") and not old.endswith("\n") and not new.endswith("\n"):
        new += "\n"
    result = plain[:start] + new + plain[end:]
    if windows:
        result = result.replace("\n", "\r\n")
        if "\n" in text.replace("\r\n", ""):
            raise NoMatch("the file mixes two kinds of line ends; it cannot be edited without changing lines that stay")
    return result


def _place(text: str, old: str) -> tuple[int, int]:
    count = text.count(old)
    if count == 1:
        start = text.index(old)
        return start, start + len(old)
    if count > 1:
        raise NoMatch(f"the old text stands there {count} times: give more lines around it")
    return _place_of_lines(text, old)


def _place_of_lines(text: str, old: str) -> tuple[int, int]:
    """The run of whole lines that is ``old`` but for blanks at their ends."""
    lines = _LINES.findall(text)
    wanted = [line.rstrip() for line in old.strip("\n").split("\n")]
    stripped = [line.rstrip() for line in lines]
    found = [at for at in range(len(lines) - len(wanted) + 1) if stripped[at : at + len(wanted)] == wanted]
    if not found:
        raise NoMatch("the old text does not stand in the file: read it again and copy the lines as they are, indentation too")
    if len(found) > 1:
        raise NoMatch(f"the old text stands there {len(found)} times: give more lines around it")
    start = sum(map(len, lines[: found[0]]))
    return start, start + sum(map(len, lines[found[0] : found[0] + len(wanted)]))

"""Puts a helper into a file: behind what is there, or over the lines it was asked for. Nothing else of the file changes."""

from __future__ import annotations

import ast

from autosd.coding.helper.checking import defines
from autosd.domain.chunks import Region


def appended(text: str, helper: str) -> tuple[str, str]:
    """The new text of the file, in its own line ends, and why there is none."""
    try:
        known = defines(text)
    except (SyntaxError, ValueError, RecursionError):
        return "", "the file itself is no Python that can be read"
    if twice := sorted(known & defines(helper)):
        return "", f"the file has {', '.join(twice)} already"
    end = _line_end(text)
    body = text if not text or text.endswith(("\n", "\r")) else text + end
    between = end * 2 if body.strip() else ""
    return body + between + helper.replace("\n", end), ""


def spliced(text: str, region: Region, lines: str) -> tuple[str, str]:
    """``lines`` in the place of the region's."""
    there = text.splitlines(keepends=True)
    if not 1 <= region.start_line <= region.end_line <= len(there):
        return "", f"the file has {len(there)} lines, no lines {region.start_line} to {region.end_line}"
    end = _line_end(text)
    new = "".join([*there[: region.start_line - 1], lines.replace("\n", end), *there[region.end_line :]])
    try:
        ast.parse(new)
    except (SyntaxError, ValueError, RecursionError) as error:
        return "", f"with it the file is no Python: {getattr(error, 'msg', None) or error}"
    return new, ""


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"

"""Lines by which a model says that it left something out: code that would be lost if they were taken for the file."""

from __future__ import annotations

import re

_LEFT_OUT = re.compile(
    r"^\s*(?:#|//|/\*|<!--|--|;|%)?\s*[(\[]?\s*(?:\.\.\.|…)?\s*"
    r"(?:\(?(?:the )?(?:rest|remainder|remaining|other|existing|previous|original|same|unchanged)\b[^\n]{0,60}"
    r"(?:code|file|methods?|functions?|class|unchanged|same|before|above|here|implementation|imports?|lines)\b[^\n]{0,40})"
    r"\s*(?:\.\.\.|…)?\s*[)\]]?\s*(?:\*/|-->)?\s*$",
    re.IGNORECASE,
)


def elided(old: str, new: str) -> str:
    """The first line that ``new`` has and ``old`` has not, and that stands for others; empty when there is none."""
    there = set(old.splitlines())
    for line in new.splitlines():
        if len(line) < 200 and ("..." in line or "…" in line) and line not in there and _LEFT_OUT.match(line):
            return line.strip()
    return ""

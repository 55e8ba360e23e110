"""How many tokens a text is about to cost, where no model's own vocabulary is at hand."""

from __future__ import annotations

import re
from collections.abc import Callable

#: Counts the tokens of a text: ``estimate``, or a model's own way to count.
CountTokens = Callable[[str], int]

#: Words, numbers in threes and runs of signs, each with the blank before it: near to what byte-pair vocabularies make of code.
_PIECES = re.compile(r"[^\W\d_]{1,9}|\d{1,3}|_+|[^\w\s]{1,3}|\n[ \t]*")


def estimate(text: str) -> int:
    """For most code within a fifth of what ``cl100k_base`` says; words between blanks are less than half of it."""
    return len(_PIECES.findall(text))

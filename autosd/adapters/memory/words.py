"""From any text to a question for the full-text index, and from its answers to one order."""

from __future__ import annotations

import re
from datetime import datetime

#: Tables with words use this: case and accents do not matter, and ``sorted`` finds ``sort``.
TOKENIZER = "porter unicode61 remove_diacritics 2"
MAX_TERMS = 32
HALF_LIFE_DAYS = 30.0
RECENCY_WEIGHT = 0.25

_WORD = re.compile(r"[^\W_]+")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LONGEST_LIKE = 1000  # SQLite refuses much longer ones
_PREFIX_FROM = 3  # a shorter word would match the beginning of almost anything


def terms(text: str) -> list[str]:
    """The words of ``text``, each once, in their order; of ``camelCase`` its parts as well."""
    found: dict[str, None] = {}
    for word in _WORD.findall(text):
        found[word.lower()] = None
        parts = _HUMPS.findall(word)
        if len(parts) > 1:
            found.update(dict.fromkeys(part.lower() for part in parts))
    return list(found)[:MAX_TERMS]


def match_of(text: str) -> str:
    """A question for FTS5 that any of the words answers; empty when there is none. Punctuation cannot break it: each word is quoted."""
    return " OR ".join(f'"{term}"*' if len(term) >= _PREFIX_FROM else f'"{term}"' for term in terms(text))


def like_of(text: str) -> str:
    """For ``LIKE ? ESCAPE '\\'``: ``text`` anywhere, taken literally."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text.strip()[:_LONGEST_LIKE]) + "%"


def recency(ts: datetime, now: datetime) -> float:
    """1 for now, halved every month; what is from the future counts as now."""
    days = max((now - ts).total_seconds() / 86_400, 0.0)
    return float(0.5 ** (days / HALF_LIFE_DAYS))


def weighed(rank: float, ts: datetime, now: datetime, success: float = 0.5) -> float:
    """``rank`` is FTS5's BM25 (lower is better). Recency and past success shift it by a quarter and a half at most."""
    return -rank * (1 + RECENCY_WEIGHT * recency(ts, now)) * (0.5 + success)

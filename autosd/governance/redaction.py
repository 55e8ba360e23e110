"""Secrets taken out of what is kept: used for everything that goes into the record, and for logs and artifacts.

Three nets: literal secrets that the caller knows, the shapes of well-known credentials, and names that promise a secret.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

MASK = "[redacted]"
MAX_TEXT = 8000
MARGIN = 4096
MAX_ITEMS = 1000
MAX_DEPTH = 12

#: Names whose values are never kept (``apiKey``, ``DB_PASSWORD``, ``x-auth-token``) ...
_SECRET_NAME = re.compile(
    r"(?i)(pass(word|wd|phrase)|pwd$|secret|token|credential|authorization|api[-_]?key|access[-_]?key|private[-_]?key|"
    r"signing[-_]?key|auth[-_]?(context|header)|cookie|session[-_]?id|dsn$|database[-_]?url|connection[-_]?string)"
)
#: ... and names that only look like it: counts and limits.
_HARMLESS_NAME = re.compile(
    r"(?i)(max|min|num|total|prompt|completion|input|output|context)_?tokens(_|$)|tokens_|token_(count|threshold|limit)|tokenizer"
)

_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # JSON web tokens
        r"\bgh[pousr]_[A-Za-z0-9]{16,}",
        r"\bgithub_pat_[A-Za-z0-9_]{16,}",
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_.-]{16,}",
        r"\b(?:sk|rk|pk)(?:-|_live_|_test_)[A-Za-z0-9_-]{16,}",  # OpenAI, Anthropic, Stripe
        r"\b(?:AKIA|ASIA|AGPA|AROA|AIDA)[A-Z0-9]{16}\b",
        r"\bAIza[A-Za-z0-9_-]{30,}",
        r"\bya29\.[A-Za-z0-9_-]{16,}",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"https://hooks\.slack\.com/[A-Za-z0-9/_-]+",
        r"\b(?:npm|hf|dop_v1|pul|shpat|atlasv1)_[A-Za-z0-9]{16,}",
        r"\bpypi-[A-Za-z0-9_-]{16,}",
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}",
    )
)
#: Shapes of which only a part is the secret: the part before it is kept.
_TAILS = tuple(
    re.compile(shape)
    for shape in (
        r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9+/._~=-]{8,}",
        r"(\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/@:'\"]*:)[^\s'\"]{0,500}(?=@)",  # user:password@ in a URL
        r"(?i)((?:password|passwd|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|accountkey|private[-_]?key|"
        r"signing[-_]?key|credential)s?[\w-]{0,20}[\"']?\s{0,3}(?:=>|:=|[:=](?!:))\s{0,3})(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&\"'}\])]+)",
    )
)


def redact_text(text: str, known: Iterable[str] = ()) -> str:
    """``text`` without secrets, and cut where it is longer than anybody reads."""
    whole = len(text)
    text = text[: MAX_TEXT + MARGIN]  # a secret that lies across the cut is still seen whole
    for secret in sorted((s for s in known if len(s) >= 4), key=len, reverse=True):
        text = text.replace(secret, MASK)
    for shape in _SHAPES:
        text = shape.sub(MASK, text)
    for tail in _TAILS:
        text = tail.sub(rf"\1{MASK}", text)
    if whole <= MAX_TEXT:
        return text
    end = min(MAX_TEXT, len(text) - MARGIN) if whole > MAX_TEXT + MARGIN else MAX_TEXT
    return f"{text[: max(end, 0)]}[cut: {whole} characters in all]"


def redact(value: Any, known: Iterable[str] = ()) -> Any:
    """``value`` as plain JSON data without secrets: text redacted, values under secret names blanked, odd objects named by their type."""
    return _redact(value, tuple(known), MAX_DEPTH)


def _redact(value: Any, known: tuple[str, ...], depth: int) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, str):
        return redact_text(str(value), known)
    if isinstance(value, PurePath):
        return redact_text(str(value), known)
    if isinstance(value, datetime):
        return value.isoformat()
    if depth == 0:
        return f"<{type(value).__name__}: nested too deep>"
    if isinstance(value, Mapping):
        return _redact_mapping(value, known, depth)
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        kept = [_redact(item, known, depth - 1) for item in items[:MAX_ITEMS]]
        return [*kept, f"[cut: {len(items) - MAX_ITEMS} more]"] if len(items) > MAX_ITEMS else kept
    return f"<{type(value).__name__}>"  # its repr could hold anything


def _redact_mapping(value: Mapping[Any, Any], known: tuple[str, ...], depth: int) -> dict[str, Any]:
    result = {}
    for key, item in list(value.items())[:MAX_ITEMS]:
        name = redact_text(str(key), known)
        secret = is_secret_name(name) and not isinstance(item, bool | None) and item != ""
        result[name] = MASK if secret else _redact(item, known, depth - 1)
    return result


def is_secret_name(name: str) -> bool:
    return bool(_SECRET_NAME.search(name)) and not _HARMLESS_NAME.search(name)


class RedactingFilter(logging.Filter):
    """Takes secrets out of every log line, its arguments and its traceback before any handler writes it."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        super().__init__()
        self.known = tuple(known)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact_text(record.getMessage(), self.known), None
        if record.exc_info:
            record.exc_text = redact_text(logging.Formatter().formatException(record.exc_info), self.known)
            record.exc_info = None
        return True

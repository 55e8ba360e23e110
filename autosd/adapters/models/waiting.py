"""How long a provider asks to be left alone, read from the headers of its refusal: seconds, dates, durations, moments."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Longer than this nobody means: a moment read as a duration, or a mistake.
LONGEST = 86_400.0

#: Most telling first. Of those that also say how much is left, the ones with something left come last: they are not what is used up.
_RESETS = (
    ("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"),
    ("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
    ("x-ratelimit-reset", "x-ratelimit-remaining"),
    ("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"),
    ("anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"),
    ("anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-input-tokens-remaining"),
    ("anthropic-ratelimit-output-tokens-reset", "anthropic-ratelimit-output-tokens-remaining"),
)
_UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s?(ms|us|µs|ns|d|h|m|s)\s?", re.ASCII)
_EPOCH = 1e8  # a plain number from here on is a moment: 1973 in seconds; from 1e11 on, in milliseconds


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds, at most ``LONGEST``; None when no header says anything that can be understood."""
    given = {name.lower(): value for name, value in headers.items()}
    if _NUMBER.fullmatch(milliseconds := given.get("retry-after-ms", "").strip()):
        found = _bounded(float(milliseconds) / 1000)
        if found is not None:
            return found
    resets = sorted(_RESETS, key=lambda pair: _something_left(given.get(pair[1], "")))
    for name in ("retry-after", *(reset for reset, _ in resets)):
        if (seconds := seconds_in(given.get(name, ""), now)) is not None:
            return seconds
    return None


def seconds_in(text: str, now: datetime) -> float | None:
    """``1.5``, ``250ms``, ``6m0s``, an HTTP date, an RFC 3339 time, a moment in seconds or milliseconds since 1970; what is past is 0."""
    text = text.strip()
    if not text or len(text) > 64:
        return None
    if _NUMBER.fullmatch(text):
        return _bounded(_until(float(text), now))
    duration = _duration(text.lower())
    if duration is None:
        duration = _until_date(text, now)
    return None if duration is None else _bounded(duration)


def _something_left(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text.strip())) and float(text) > 0


def _until(number: float, now: datetime) -> float:
    """A duration as it is; of a moment what is left until then."""
    if number < _EPOCH:
        return number
    return max(0.0, (number / 1000 if number >= 1e11 else number) - now.timestamp())


def _duration(text: str) -> float | None:
    """``1h2m3.5s``: the parts one after the other, nothing between them."""
    total, place = 0.0, 0
    while place < len(text):
        part = _PART.match(text, place)
        if not part:
            return None
        total += float(part[1]) * _UNITS[part[2]]
        place = part.end()
    return total


def _until_date(text: str, now: datetime) -> float | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        try:
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return max(0.0, (moment - now).total_seconds())
        except OverflowError:
            return None
    return None


def _bounded(seconds: float) -> float | None:
    return min(seconds, LONGEST) if math.isfinite(seconds) and seconds >= 0 else None

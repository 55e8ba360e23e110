"""How long a provider asks to wait: every form of header, and nothing absurd."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from autosd.adapters.models.waiting import LONGEST, retry_after, seconds_in

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EPOCH = NOW.timestamp()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        ("1.5", 1.5),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("250ms", 0.25),
        ("250MS", 0.25),
        ("12s", 12.0),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("1d", 86_400.0),
        ("17us", 17e-6),
        ("1 s", 1.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("2026-01-02T03:05:05Z", 60.0),
        ("2026-01-02T04:05:05+01:00", 60.0),
        ("2026-01-02T03:05:05", 60.0),
        (f"{EPOCH + 30:.0f}", 30.0),
        (f"{(EPOCH + 30) * 1000:.0f}", 30.0),
        (f"{EPOCH - 30:.0f}", 0.0),
        ("999999", LONGEST),
        ("400h", LONGEST),
    ],
)
def test_every_form_is_understood(text: str, seconds: float) -> None:
    assert seconds_in(text, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "-1", "-5s", "nan", "inf", "-inf", "1e9", "infinity", "NaN", "6m0", "s", "5 minutes", "1,5", "٣", "9" * 400, "\0", "0x10"],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert seconds_in(text, NOW) is None


def test_the_most_telling_header_wins_whatever_its_case() -> None:
    every = {
        "X-RateLimit-Reset": "9s",
        "x-ratelimit-reset-tokens": "8s",
        "X-RATELIMIT-RESET-REQUESTS": "7s",
        "Retry-After": "6",
        "Retry-After-Ms": "5000",
    }
    found = []
    while every:
        found.append(retry_after(every, NOW))
        every.popitem()
    assert found == [5.0, 6.0, 7.0, 8.0, 9.0]
    assert retry_after({}, NOW) is None and retry_after({"retry-after": "soon", "x-ratelimit-reset": "2s"}, NOW) == 2.0


def test_a_limit_with_something_left_is_not_what_is_waited_for() -> None:
    headers = {
        "x-ratelimit-reset-requests": "12ms",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-tokens": "6m0s",
        "x-ratelimit-remaining-tokens": "0",
    }
    assert retry_after(headers, NOW) == 360.0


def test_anthropics_resets_are_moments() -> None:
    headers = {
        "anthropic-ratelimit-requests-remaining": "3",
        "anthropic-ratelimit-requests-reset": "2026-01-02T03:04:06Z",
        "anthropic-ratelimit-output-tokens-remaining": "0",
        "anthropic-ratelimit-output-tokens-reset": "2026-01-02T03:04:35Z",
    }
    assert retry_after(headers, NOW) == 30.0


@quick(deadline=None, database=None)
@given(st.one_of(st.text(max_size=80), st.from_regex(r"\A[0-9.]{0,12}(ms|s|m|h|d)?[0-9.]{0,12}(ms|s)?\Z"), st.floats().map(str)))
def test_whatever_a_header_says_the_wait_is_finite_and_bounded(text: str) -> None:
    names = ("retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-remaining", "anthropic-ratelimit-tokens-reset")
    for name in names:
        seconds = retry_after({name: text}, NOW)
        assert seconds is None or (math.isfinite(seconds) and 0 <= seconds <= LONGEST)


@quick(deadline=None, database=None)
@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_a_duration_of_several_parts_is_their_sum(hours: int, minutes: int, seconds: int, millis: int) -> None:
    text = f"{hours}h{minutes}m{seconds}s{millis}ms"
    assert seconds_in(text, NOW) == pytest.approx(hours * 3600 + minutes * 60 + seconds + millis / 1000)

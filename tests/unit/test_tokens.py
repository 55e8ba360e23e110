"""Tokens are estimated near to what a vocabulary says, and nothing is fetched to count them."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosd.adapters.vocabulary import FILE, counter
from autosd.domain.tokens import estimate


@pytest.mark.parametrize(
    ("text", "counted"),  # by cl100k_base
    [("def f(x):\n    return x+1\n", 10), ("", 0), ("hello world", 2), ("a = 12345", 5)],
)
def test_the_estimate_is_near_to_what_a_vocabulary_counts(text: str, counted: int) -> None:
    assert counted * 0.75 <= estimate(text) <= counted * 1.5


def test_code_is_never_taken_for_as_short_as_its_words() -> None:
    code = Path(__file__).read_text()
    assert estimate(code) > 2 * len(code.split())


def test_without_package_or_vocabulary_tokens_are_estimated(tmp_path: Path) -> None:
    assert counter(None) is estimate and counter(tmp_path) is estimate
    assert not (tmp_path / FILE).exists()

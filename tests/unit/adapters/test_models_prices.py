"""Prices: what is shipped, what a person's own file adds, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosd.adapters.models.prices import load_prices
from autosd.domain.errors import AutosdError
from autosd.domain.models import Usage


def test_the_shipped_prices_are_dated_and_know_the_guides_models() -> None:
    prices = load_prices()
    assert prices.as_of.startswith("20") and prices.own is None
    for name in ("openai:gpt-4-0125-preview", "openai:gpt-3.5-turbo", "anthropic:claude-sonnet-5-5"):
        assert prices.of(name), name


def test_a_dated_version_costs_what_its_model_costs_and_a_longer_name_is_another_model() -> None:
    prices = load_prices()
    assert prices.of("openai:gpt-4o-2024-08-06") == prices.of("openai:gpt-4o-latest") == prices.of("openai:gpt-4o")
    assert prices.of("openai:gpt-4o-audio") is None and prices.of("elsewhere:gpt-4o") is None
    local = prices.of("ollama:llama3:8b")
    assert local and local.of(Usage(10**6, 10**6)) == 0.0


def test_cached_and_written_tokens_have_prices_of_their_own() -> None:
    price = load_prices().of("anthropic:claude-sonnet-4-5")
    assert price and price.of(Usage(1_000_000, 100_000, 600_000), written=100_000) == pytest.approx(0.3 * 3 + 0.6 * 0.3 + 0.1 * 3.75 + 1.5)


def test_a_long_request_costs_more_all_of_it() -> None:
    price = load_prices().of("anthropic:claude-haiku-5-5")
    assert price and price.of(Usage(100_000, 1000)) == pytest.approx(0.0105)
    assert price.of(Usage(100_001, 1000)) == pytest.approx(0.100001 * 0.5 + 0.0025)


def test_a_file_of_ones_own_adds_and_wins(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text('"openai:gpt-4o" = { input = 1, output = 2 }\n["house:brain"]\ninput = 0.5\noutput = 0.5\n')
    prices = load_prices(own)
    mine, house = prices.of("openai:gpt-4o"), prices.of("house:brain")
    assert mine and (mine.input, mine.cached, mine.output) == (1, 1, 2)
    assert house and prices.of("openai:gpt-4") and prices.own == own


@pytest.mark.parametrize(
    "text",
    [
        "= what",
        '"gpt-4o" = { input = 1, output = 2 }',
        '"openai:x" = { input = 1 }',
        '"openai:x" = 3',
        '"openai:x" = { input = -1, output = 2 }',
        '"openai:x" = { input = nan, output = 2 }',
        '"openai:x" = { input = true, output = 2 }',
        '"openai:x" = { input = "1", output = 2 }',
        '"openai:x" = { input = 1, output = 2, per = "kilo" }',
        '"openai:x" = { input = 1, output = 2, long = { input = 1, output = 2 } }',
        '"openai:x" = { input = 1, output = 2, long = 5 }',
    ],
)
def test_a_file_that_says_no_prices_is_one_clear_line(tmp_path: Path, text: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(text)
    with pytest.raises(AutosdError) as caught:
        load_prices(own)
    assert caught.value.code == "AUTOSD-PRICES-INVALID" and "\n" not in str(caught.value) and str(own) in caught.value.message


def test_a_file_that_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(AutosdError, match="cannot be used"):
            load_prices(path)

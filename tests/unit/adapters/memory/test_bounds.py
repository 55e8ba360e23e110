"""Bounds of a chance, against closed forms and against drawing lots."""

from __future__ import annotations

from random import Random

import pytest

from autosd.adapters.memory.bounds import beta_quantile


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("count", [0, 1, 5, 40])
def test_without_a_loss_or_without_a_win_it_is_the_closed_form(share: float, count: int) -> None:
    assert beta_quantile(share, count, 0) == pytest.approx(share ** (1 / (count + 1)))
    assert beta_quantile(share, 0, count) == pytest.approx(1 - (1 - share) ** (1 / (count + 1)))


@pytest.mark.parametrize(("wins", "losses"), [(3, 1), (2, 9), (60, 40), (700, 500)])
def test_it_is_where_so_many_lots_lie_below(wins: int, losses: int) -> None:
    lots = Random(1)
    bound = beta_quantile(0.1, wins, losses)
    below = sum(lots.betavariate(wins + 1, losses + 1) < bound for _ in range(20_000)) / 20_000
    assert below == pytest.approx(0.1, abs=0.01)


def test_a_win_more_raises_it_and_a_loss_more_lowers_it_also_where_the_way_of_counting_changes() -> None:
    for total in (0, 7, 998, 1000, 1002):
        wins = total // 3
        here = beta_quantile(0.1, wins, total - wins)
        assert beta_quantile(0.1, wins, total - wins + 1) < here < beta_quantile(0.1, wins + 1, total - wins)

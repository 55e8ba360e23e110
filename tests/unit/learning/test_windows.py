"""S4's opportunity windows: what counts as a chance, and when one is made."""

from __future__ import annotations

from autosd.learning.windows import Cycle, Habits, Windows, after

IDLE = Cycle()


def passes(*cycles: Cycle, habits: Habits | None = None) -> Windows:
    state = Windows()
    for cycle in cycles:
        state = after(state, cycle, habits or Habits())
    return state


def test_counters_and_streaks_move_only_when_a_window_is_open() -> None:
    state = passes(Cycle(scanned=True), IDLE, Cycle(created=1))
    assert (state.learning_opportunities, state.improvement_opportunities) == (1, 1)
    assert (state.no_learning_streak, state.no_improvement_streak) == (1, 1)
    off = passes(Cycle(scanned=True), IDLE, Cycle(created=1), habits=Habits(windowed=False))
    assert (off.no_learning_streak, off.no_improvement_streak) == (3, 3)


def test_success_ends_a_streak() -> None:
    state = passes(Cycle(scanned=True), Cycle(scanned=True, kept=2), Cycle(created=1), Cycle(created=1, wins=1))
    assert (state.no_learning_streak, state.no_improvement_streak) == (0, 0)
    assert passes(Cycle(created=1, verified=1, losses=1)).no_improvement_streak == 1


def test_after_three_idle_passes_something_is_explored_and_counting_begins_anew() -> None:
    assert not passes(IDLE, IDLE).synthetic_window_open
    third = passes(IDLE, IDLE, IDLE)
    assert third.synthetic_window_open and third.no_opportunity_iterations == 0
    assert (third.learning_opportunities, third.no_learning_streak) == (0, 1)
    assert not passes(IDLE, IDLE, IDLE, IDLE).synthetic_window_open
    assert passes(IDLE, habits=Habits(threshold=1)).synthetic_window_open


def test_without_leave_nothing_is_made_up() -> None:
    state = passes(*[IDLE] * 9, habits=Habits(synthetic=False))
    assert not state.synthetic_window_open and state.no_opportunity_iterations == 9


def test_a_long_streak_is_said() -> None:
    assert passes(*[Cycle(scanned=True)] * 8).warnings == ("nothing was learnt in 8 passes",)

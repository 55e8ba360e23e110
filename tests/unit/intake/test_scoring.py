"""Priorities use all of 0 to 1, and risk is what the guides' words say it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.domain.actions import Risk
from autosd.domain.signals import SignalKind
from autosd.intake.scoring import ACTIONABILITY, AUTO_APPROVABLE, RISKINESS, Score, is_test_path, novelty_of, risk_level, risk_of, value_of

UNIT = st.floats(0, 1)


def test_both_ends_of_the_range_can_be_reached() -> None:
    assert Score(1, 1, 1, 0).priority == 1.0  # S4's own formula ends at 0.85, below its threshold of 0.9
    assert Score(0, 0, 0, 1).priority == 0.0


def test_the_weights_are_the_guide_s() -> None:
    base = Score(0.5, 0.5, 0.5, 0.5).priority
    assert Score(0.6, 0.5, 0.5, 0.5).priority - base == pytest.approx(0.040)
    assert Score(0.5, 0.6, 0.5, 0.5).priority - base == pytest.approx(0.025)
    assert Score(0.5, 0.5, 0.6, 0.5).priority - base == pytest.approx(0.020)
    assert Score(0.5, 0.5, 0.5, 0.6).priority - base == pytest.approx(-0.015)


@settings(deadline=None)
@given(UNIT, UNIT, UNIT, UNIT)
def test_a_priority_is_within_0_and_1_and_says_what_it_is_made_of(value: float, novelty: float, confidence: float, risk: float) -> None:
    score = Score(value, novelty, confidence, risk)
    assert 0 <= score.priority <= 1 and str(score).startswith(f"{score.priority:.2f} = ")


def test_every_kind_has_its_figures() -> None:
    assert ACTIONABILITY.keys() == RISKINESS.keys() == set(SignalKind)
    assert all(RISKINESS[kind] < 0.45 for kind in AUTO_APPROVABLE)


def test_risk_words_begin_where_the_guide_says() -> None:
    assert [risk_level(each) for each in (0.44, 0.45, 0.74, 0.75, 0.95)] == [Risk.LOW, Risk.MEDIUM, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL]


@pytest.mark.parametrize(
    ("paths", "word"),
    [
        (("shop.py",), Risk.LOW),
        (tuple(f"m{n}.py" for n in range(11)), Risk.MEDIUM),
        (("pyproject.toml", "shop.py"), Risk.MEDIUM),
        (("src/auth/login.py",), Risk.HIGH),
        (("tests/test_auth.py",), Risk.LOW),
        ((".github/workflows/ci.yml",), Risk.CRITICAL),
    ],
)
def test_risk_comes_from_how_much_and_what_is_touched(paths: tuple[str, ...], word: Risk) -> None:
    assert risk_level(risk_of(SignalKind.FAILING_TEST, paths)) is word


def test_what_nobody_can_place_is_worth_little() -> None:
    assert value_of(SignalKind.CRASH, 0.8, ()) < 0.2 * value_of(SignalKind.CRASH, 0.8, ("a.py",)) + 0.01
    assert value_of(SignalKind.AGENT_FAILURE_RATE, 0.8, ()) == pytest.approx(0.56)  # agents have no path


def test_what_was_never_proposed_is_new_and_each_like_it_takes_a_little() -> None:
    assert novelty_of([], 0) == 1.0
    assert 1.0 > novelty_of([], 3) > novelty_of([], 9) > 0.5


def test_tests_are_known_by_their_names() -> None:
    assert all(map(is_test_path, ("tests/a.py", "test_a.py", "src/a_test.py", "conftest.py", "pkg/test/util.py")))
    assert not any(map(is_test_path, ("contest.py", "src/testify.py", "latest/a.py", "attest_x.py")))

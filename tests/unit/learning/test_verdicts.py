"""Win, loss, inconclusive: S4's table, on measurements that are paired and repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from autosd.domain.outcomes import Evidence, Measures, Verdict
from autosd.learning.signals import Watched
from autosd.learning.verdicts import EXHAUSTED, judge, pooled, settled

THREE = (1.0, 1.0, 1.0)
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def measured(**values: Any) -> Measures:
    return Measures(**{"tests_passed": 100, "run_seconds": THREE, **values})


def test_a_test_that_fails_no_more_is_a_sure_win() -> None:
    found = judge(measured(failing_tests=1, tests_passed=9), measured(tests_passed=10))
    assert (found.verdict, found.confidence) == (Verdict.WIN, 0.80)
    assert found.reasons == ("health_score_improved", "open_issues_reduced", "errors_reduced", "success_rate_improved")
    assert found.delta.health_score == 20 and not found.pending_recheck


@pytest.mark.parametrize(
    ("before", "after", "verdict", "confidence", "reason"),
    [
        ({}, {"failing_tests": 1}, Verdict.LOSS, 0.85, "errors_increased"),
        ({}, {"lint_errors": 1}, Verdict.LOSS, 0.85, "open_issues_increased"),
        ({"lint_errors": 3}, {"lint_errors": 1}, Verdict.WIN, 0.80, "open_issues_reduced"),
        ({"complexity": 30.0}, {"complexity": 20.0}, Verdict.WIN, 0.66, "complexity_reduced"),
        ({"complexity": 30.0}, {"complexity": 36.0}, Verdict.INCONCLUSIVE, 0.50, "complexity_increased"),
        ({"complexity": 30.0, "coverage": 0.9}, {"complexity": 36.0, "coverage": 0.8}, Verdict.LOSS, 0.75, "coverage_reduced"),
        ({"complexity": 30.0, "coverage": 0.8}, {"complexity": 20.0, "coverage": 0.7}, Verdict.INCONCLUSIVE, 0.55, "coverage_reduced"),
    ],
)
def test_the_table_of_verdicts(before: Any, after: Any, verdict: Verdict, confidence: float, reason: str) -> None:
    found = judge(measured(**before), measured(**after))
    assert (found.verdict, found.confidence) == (verdict, confidence)
    assert reason in found.reasons and not found.pending_recheck


@pytest.mark.parametrize(
    ("watched", "reason"),
    [
        (Watched(execution_failed=True), "execution_failed"),
        (Watched(reverted=True), "change_reverted"),
        (Watched(returned=True), "problem_returned"),
        (Watched(base_red=True), "base_branch_red"),
    ],
)
def test_what_was_seen_where_it_landed_is_a_loss_whatever_was_measured(watched: Watched, reason: str) -> None:
    better = judge(measured(failing_tests=1), measured(), watched)
    assert better.verdict is Verdict.LOSS and better.critical and better.reasons[0] == reason
    assert judge(Measures(), Measures(), watched).verdict is Verdict.LOSS


def test_few_repeats_decide_nothing_and_are_looked_at_again() -> None:
    found = judge(Measures(failing_tests=1, run_seconds=(1.0, 1.0)), Measures(tests_passed=1, run_seconds=(1.0, 1.0)))
    assert found.verdict is Verdict.INCONCLUSIVE and found.pending_recheck and found.reasons == ("too_few_samples",)


def test_nothing_moved_is_looked_at_again_until_the_attempts_are_used_up() -> None:
    found = judge(measured(), measured())
    assert (found.verdict, found.confidence, found.pending_recheck) == (Verdict.INCONCLUSIVE, 0.50, True)
    assert settled(found, 2, most=3) == found
    last = settled(found, 3, most=3)
    assert not last.pending_recheck and last.verdict is Verdict.INCONCLUSIVE and EXHAUSTED in last.reasons


def test_a_time_counts_only_when_it_is_large_and_beyond_doubt() -> None:
    slow, fast = tuple(2.0 + i / 100 for i in range(9)), tuple(1.0 + i / 100 for i in range(9))
    assert judge(measured(run_seconds=slow), measured(run_seconds=fast)).verdict is Verdict.WIN
    assert judge(measured(run_seconds=slow[:8]), measured(run_seconds=fast[:8])).verdict is Verdict.INCONCLUSIVE
    assert "latency_regressed" in judge(measured(run_seconds=fast), measured(run_seconds=slow)).reasons
    little = tuple(each - 0.05 for each in slow)  # surely faster, by less than S4's 100 ms
    assert judge(measured(run_seconds=slow), measured(run_seconds=little)).positives == ()


def test_repeats_of_earlier_looks_are_kept_in_pairs() -> None:
    earlier = Evidence(
        "e", "r", "p", measured(run_seconds=(1.0, 2.0)), measured(run_seconds=(3.0, 4.0)), Verdict.INCONCLUSIVE, 0.5, (), NOW
    )
    before, after = pooled(earlier, measured(run_seconds=(5.0, 6.0, 7.0)), measured(run_seconds=(8.0,), failing_tests=2))
    assert before.run_seconds == (1.0, 2.0, 5.0) and after.run_seconds == (3.0, 4.0, 8.0)
    assert after.failing_tests == 2
    alone = pooled(None, measured(memory_mb=(1.0,)), replace(measured(), memory_mb=(2.0, 3.0)))
    assert [side.memory_mb for side in alone] == [(1.0,), (2.0,)]

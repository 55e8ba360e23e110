"""From signals to proposals: put together, scored, never twice, within limits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.domain.actions import Risk
from autosd.domain.proposals import OPEN, Proposal, ProposalStatus
from autosd.domain.signals import Signal, SignalKind, Stream
from autosd.intake.proposing import WHY_NOT, Limits, NotProposed, opportunities, propose
from autosd.intake.wording import worded

NOW = datetime(2026, 1, 2, tzinfo=UTC)
K = SignalKind


def signal(kind: SignalKind = K.FAILING_TEST, subject: str = "shop.py::price", **more: Any) -> Signal:
    paths = more.pop("paths", ("shop.py",))
    return Signal(kind, more.pop("project", "shop"), subject, f"{subject} is wrong", NOW, **{"severity": 0.8, "paths": paths, **more})


def proposed(signals: Sequence[Signal], there: Sequence[Proposal] = (), **limits: Any) -> tuple[list[Proposal], list[NotProposed]]:
    ids = (f"id-{number}" for number in itertools.count(len(there)))
    return propose(
        opportunities(signals),
        earlier=lambda fingerprint: [each for each in there if each.fingerprint == fingerprint],
        there=[each for each in there if each.status in OPEN],
        limits=Limits(**limits),
        now=NOW,
        new_id=lambda: next(ids),
    )


def test_a_failing_test_becomes_a_proposal_that_says_all_a_person_asks() -> None:
    [made], left = proposed([signal(evidence={"tests": ["test_shop.py::test_price"], "failing": 1})])
    assert left == [] and made.status is ProposalStatus.PENDING and made.kind == "failing_test" and made.risk is Risk.LOW
    assert made.title == "Repair shop.py::price: 1 failing test" and made.expected_effect == "1 failing test fewer"
    assert made.description and made.steps and made.criteria and made.benefits and made.risks and made.effort_hours > 0
    assert made.evidence["tests"] == ["test_shop.py::test_price"] and made.expires_at == NOW + timedelta(days=30)
    assert made.auto_approvable and made.priority > 0.82


@pytest.mark.parametrize("status", sorted(OPEN))
def test_what_is_open_is_not_proposed_again(status: ProposalStatus) -> None:
    [made], _ = proposed([signal()])
    again, [left] = proposed([signal(severity=1.0)], [replace(made, status=status)])
    assert again == [] and left.reason == "open_already"


def test_a_no_stands_until_it_is_clearly_worse() -> None:
    [made], _ = proposed([signal(severity=0.8)])
    no = replace(made, status=ProposalStatus.REJECTED, notes="by design")
    _, [left] = proposed([signal(severity=0.94)], [no])
    assert left.reason == "rejected" and "by design" in left.detail
    [again], _ = proposed([signal(severity=0.96)], [no])
    assert again.fingerprint == made.fingerprint
    _, [left] = proposed([signal(severity=0.96)], [no, replace(no, severity=0.95)])  # the worst No counts
    assert left.reason == "rejected"


@pytest.mark.parametrize("status", [ProposalStatus.EXPIRED, ProposalStatus.VERIFIED, ProposalStatus.REVERTED])
def test_what_came_back_is_proposed_again_and_counts_as_less_new(status: ProposalStatus) -> None:
    [made], _ = proposed([signal()])
    [again], _ = proposed([signal()], [replace(made, status=status)])
    assert again.priority < made.priority


def test_failing_tests_that_are_all_spoken_for_are_not_proposed_under_another_cause() -> None:
    [made], _ = proposed([signal(evidence={"tests": ["a", "b"]})])
    again, [left] = proposed([signal(subject="shop.py::other", evidence={"tests": ["b"]})], [made])
    assert again == [] and left.reason == "open_already"
    more, _ = proposed([signal(subject="shop.py::other", evidence={"tests": ["b", "c"]})], [made])
    assert len(more) == 1


def test_one_file_is_one_proposal_for_complexity_and_one_rule_is_one_for_defects() -> None:
    deep = [signal(K.COMPLEXITY, f"m.py::f{n}", severity=0.9, paths=("m.py",)) for n in range(3)]
    other = signal(K.COMPLEXITY, "n.py::g", severity=0.9, paths=("n.py",))
    rules = [signal(K.LINT_DEFECT, "ruff B006", evidence={"count": 2, "places": ["a.py:1", "b.py:2"], "rule": "B006"})]
    made, _ = proposed([*deep, other, *rules])
    assert sorted(each.title for each in made) == [
        "Correct ruff B006 in 2 places", "Simplify 1 function in n.py", "Simplify 3 functions in m.py"
    ]  # fmt: skip


def test_limits_count_what_is_open_and_the_best_come_first() -> None:
    signals = [signal(subject=f"shop.py::f{n}", severity=0.5 + n / 20) for n in range(6)]
    made, left = proposed(signals, most_of_kind=2)
    assert [each.title for each in made] == [f"Repair shop.py::f{n}: 0 failing tests" for n in (5, 4)]
    assert {each.reason for each in left} == {"limit_of_kind"}
    mixed = [*signals, signal(K.LINT_DEFECT, "ruff F821", severity=1.0)]
    made, left = proposed(mixed, most_open=3)
    assert len(made) == 3 and {each.reason for each in left} == {"limit_of_project"}
    more, _ = proposed(mixed, made, most_open=3)
    assert more == []
    free = [replace(each, status=ProposalStatus.REJECTED) for each in made]
    more, _ = proposed(mixed, free, most_open=3)
    assert len(more) == 3  # what is over takes no place


def test_what_is_not_important_or_not_sure_is_left_with_its_reason() -> None:
    _, left = proposed([signal(K.COMPLEXITY, severity=0.3, confidence=0.8), signal(K.CRASH, paths=(), confidence=0.3)])
    assert {each.opportunity.kind: each.reason for each in left} == {K.COMPLEXITY: "below_threshold", K.CRASH: "unsure"}
    made, _ = proposed([signal(K.COMPLEXITY, severity=0.3, confidence=0.8)], create=0.3)
    assert len(made) == 1 and not made[0].auto_approvable


def test_an_agent_s_pattern_is_proposed_once_wherever_it_is_seen_and_three_in_ten_is_a_high_risk() -> None:
    def failing(project: str, rate: float) -> Signal:
        return signal(K.AGENT_FAILURE_RATE, "mailer", project=project, paths=(), evidence={"current_value": rate})

    [made], _ = proposed([failing("shop", 0.29)])
    assert made.kind == "error_handling" and made.risk is Risk.MEDIUM and not made.auto_approvable and made.effort_hours == 2.0
    _, [left] = proposed([failing("bank", 0.29)], [made])
    assert left.reason == "open_already"
    [worse], _ = proposed([failing("bank", 0.30)])
    assert worse.risk is Risk.HIGH and not worse.auto_approvable


def test_what_risks_much_is_never_approvable_without_people() -> None:
    [made], _ = proposed([signal(paths=("src/payment/card.py",))])
    assert made.risk is Risk.HIGH and not made.auto_approvable


def test_synthetic_work_stays_marked_as_such() -> None:
    [made], _ = proposed([signal(K.EXPLORATION, severity=1.0, stream=Stream.SYNTHETIC)])
    assert made.stream is Stream.SYNTHETIC


def test_every_kind_has_words_for_people() -> None:
    for kind in SignalKind:
        words = worded(kind, "x", [signal(kind, "x", evidence={"plan": ["deduplicate"]})])
        assert words.title and words.description and words.effect and len(words.steps) > 1 and len(words.criteria) > 1


SIGNALS = st.builds(
    signal,
    st.sampled_from(SignalKind),
    st.sampled_from(["a.py::f", "b.py::g", "c.py::h"]),
    severity=st.floats(0, 1),
    confidence=st.floats(0, 1),
    paths=st.sampled_from([(), ("a.py",), ("a.py", "b.py")]),
)


@settings(deadline=None)
@given(st.lists(SIGNALS, max_size=30), st.integers(0, 5), st.integers(0, 8))
def test_whatever_is_seen_is_proposed_once_or_told_with_its_reason(signals: list[Signal], of_kind: int, open_: int) -> None:
    made, left = proposed(signals, most_of_kind=of_kind, most_open=open_)
    assert len(made) + len(left) == len(opportunities(signals)) and len(made) <= open_
    assert len({each.fingerprint for each in made}) == len(made)
    assert all(each.reason in WHY_NOT and each.detail for each in left) and all(each.priority >= 0.62 for each in made)
    again, _ = proposed(signals, made, most_of_kind=100, most_open=100)
    assert not {each.fingerprint for each in again} & {each.fingerprint for each in made}

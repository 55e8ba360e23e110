"""A yes is bound to bytes and to people: nothing else counts as one."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from autosd.domain.actions import Action
from autosd.domain.approvals import ApprovalKind, ApprovalRequest, ApprovalStatus, Seal
from autosd.domain.changes import GateReport
from autosd.domain.errors import AutosdError
from autosd.domain.policies import Leave, Policy
from autosd.governance.approvals.seals import holds, rules_hash, seal_of
from autosd.governance.approvals.voting import UNATTENDED, aged, standing, vote, yeses
from autosd.governance.first_rules import FIRST_RULES

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
BASE = "".join(f"line {number}\n" for number in range(60))
FIXED = BASE.replace("line 30\n", "line thirty\n")
PASSED = (GateReport("suite", True), GateReport("static", True))


def sign(data: bytes) -> bytes:
    return hashlib.sha256(b"key" + data).digest()


def seal(before: str | None = BASE, after: str | None = FIXED, path: str = "a.py", *, rules: str = "r", gates: object = PASSED) -> Seal:
    return seal_of({path: before}, {path: after}, base_tree="t", reports=gates, rules=rules)  # type: ignore[arg-type]


def request(**changes: object) -> ApprovalRequest:
    whole = ApprovalRequest(
        "r1", "p1", "shop", ApprovalKind.CONTENT, "fix", "ann", 1, NOON, NOON + timedelta(days=1), seal=seal(), diff="d"
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def approved(by: str = "bea", **changes: object) -> ApprovalRequest:
    return vote(request(**changes), by=by, yes=True, reason="", at=NOON, sign=sign)


def test_changes_elsewhere_in_the_file_or_another_base_keep_the_yes() -> None:
    grown = "new first line\n" * 7 + BASE
    moved = seal(grown, grown.replace("line 30\n", "line thirty\n"))
    assert holds(seal(), replace(moved, base_tree="another"))


@pytest.mark.parametrize(
    "now",
    [
        seal(BASE, FIXED.replace("thirty", "thirtY")),
        seal(BASE, FIXED + "more\n"),
        seal(BASE.replace("line 29\n", "line 29b\n"), FIXED.replace("line 29\n", "line 29b\n")),
        seal(path="b.py"),
        seal(rules="stricter"),
        seal(gates=(GateReport("suite", True),)),
        seal(gates=(GateReport("suite", True), GateReport("static", False))),
        seal(BASE, None),
        seal(BASE, FIXED.rstrip("\n")),
    ],
    ids=["a byte", "a new hunk", "another neighbour", "another file", "rules", "a gate less", "a gate failed", "deleted", "line end"],
)
def test_anything_else_voids_it(now: Seal) -> None:
    assert not holds(seal(), now)


def test_the_same_words_at_another_of_two_equal_places_are_another_change() -> None:
    twice = "def f():\n    x = 1\n    y = 2\n    z = 3\n    return x\n\n\n" * 2
    first = twice.replace("y = 2", "y = 5", 1)
    second = twice[: len(twice) // 2] + twice[len(twice) // 2 :].replace("y = 2", "y = 5")
    assert not holds(seal(twice, first), seal(twice, second))


def test_every_changed_byte_of_a_candidate_voids_the_yes() -> None:
    draw = random.Random(3)
    for _ in range(300):
        at = draw.randrange(len(FIXED))
        other = FIXED[:at] + draw.choice("#xX\n") + FIXED[at + 1 :]
        assert holds(seal(), seal(BASE, other)) is (other == FIXED), at


def test_a_word_of_the_policy_or_a_rule_changes_the_hash_of_the_rules() -> None:
    whole = rules_hash(FIRST_RULES, Policy())
    assert whole == rules_hash(FIRST_RULES, Policy())
    assert whole != rules_hash(FIRST_RULES, Policy(commit=Leave.NO))
    assert whole != rules_hash(FIRST_RULES[1:], Policy())
    assert whole != rules_hash((replace(FIRST_RULES[0], actions=frozenset({Action.PUSH})), *FIRST_RULES[1:]), Policy())


def test_one_yes_of_somebody_else_is_enough_when_one_is_needed() -> None:
    assert approved().status is ApprovalStatus.APPROVED
    assert standing(approved(), seal(), NOON, sign) == 1


def test_whoever_asked_cannot_say_yes_but_may_say_no() -> None:
    with pytest.raises(AutosdError) as refused:
        approved(by="ann")
    assert refused.value.code == "AUTOSD-APPROVAL-OWN"
    assert vote(request(), by="ann", yes=False, reason="x", at=NOON, sign=sign).status is ApprovalStatus.REJECTED


def test_whoever_asked_without_standing_behind_it_is_still_whoever_asked() -> None:
    """Or ``--unattended`` would let one account both ask and agree."""
    for asked in (request(asked_by=f"ann{UNATTENDED}"), request(asked_by=f"ann{UNATTENDED}", needed=2)):
        with pytest.raises(AutosdError) as refused:
            vote(asked, by="ann", yes=True, reason="", at=NOON, sign=sign)
        assert refused.value.code == "AUTOSD-APPROVAL-OWN"
    assert vote(request(asked_by=f"ann{UNATTENDED}"), by="bea", yes=True, reason="", at=NOON, sign=sign).status is ApprovalStatus.APPROVED


def test_two_needed_means_two_people() -> None:
    first = approved(needed=2)
    assert (first.status, yeses(first), standing(first, seal(), NOON, sign)) == (ApprovalStatus.PENDING, 1, 0)
    with pytest.raises(AutosdError) as refused:
        vote(first, by="bea", yes=True, reason="", at=NOON, sign=sign)
    assert refused.value.code == "AUTOSD-APPROVAL-TWICE"
    assert standing(vote(first, by="cy", yes=True, reason="", at=NOON, sign=sign), seal(), NOON, sign) == 2


def test_nothing_is_voted_on_after_its_end() -> None:
    for closed in (approved(), request(status=ApprovalStatus.REJECTED), request(expires_at=NOON)):
        with pytest.raises(AutosdError) as refused:
            vote(closed, by="dan", yes=True, reason="", at=NOON, sign=sign)
        assert refused.value.code == "AUTOSD-APPROVAL-CLOSED"
    assert aged(request(), NOON + timedelta(days=2)).status is ApprovalStatus.EXPIRED
    assert standing(approved(), seal(), NOON + timedelta(days=1), sign) == 0


@pytest.mark.parametrize(
    "forged",
    [
        lambda whole: replace(whole, votes=tuple(replace(each, by="eve") for each in whole.votes)),
        lambda whole: replace(whole, needed=0),
        lambda whole: replace(whole, expires_at=NOON + timedelta(days=400)),
        lambda whole: replace(whole, seal=seal(BASE, FIXED + "evil\n")),
        lambda whole: replace(whole, asked_by="zoe"),
    ],
    ids=["voter", "needed", "end", "seal", "asker"],
)
def test_a_row_that_was_changed_in_the_database_is_no_yes(forged: object) -> None:
    row = forged(approved())  # type: ignore[operator]
    assert standing(row, row.seal, NOON, sign) == 0

"""Proposals on each database: one open a fingerprint, a life of allowed steps, and rows that S1's own SQL reads and writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from autosd.adapters.store import open_store
from autosd.adapters.store.sql import SqlStore
from autosd.adapters.store.work_proposals import SqlProposals
from autosd.domain.actions import Risk
from autosd.domain.proposals import LIFE, OPEN, Proposal, ProposalStatus
from autosd.domain.signals import Stream

from .redis_kit import fork_all
from .work_kit import MINUTE, NOON, proposal, quick_store

P = ProposalStatus
FULL = proposal(
    "p1",
    "f1",
    tenant="t",
    severity=0.25,
    expected_effect="fewer errors",
    strategy="codemod",
    paths=("src/a.py", "odd\udcff.py"),
    steps=("one, two", "three"),
    criteria=("green",),
    benefits=("b",),
    risks=("r",),
    effort_hours=1.5,
    evidence={"rule": "B006", "lines": [3, 4], "deep": {"x": None}},
    stream=Stream.SYNTHETIC,
    auto_approvable=True,
    expires_at=NOON + MINUTE,
    approved_at=NOON,
    approver="ada",
    completed_at=NOON,
    executed_at=NOON,
    notes="n\x00",
    change_id="c",
    branch="b",
    commit="f" * 40,
    pull_request="u",
)


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    with quick_store(store_url) as made:
        yield made


@pytest.fixture
def proposals(store: SqlStore) -> SqlProposals:
    return SqlProposals(store.engine)


def through(proposals: SqlProposals, start: Proposal, *path: ProposalStatus) -> Proposal:
    for status in path:
        after = replace(start, status=status)
        assert proposals.replace(start, after)
        start = after
    return start


def test_a_proposal_is_read_back_as_it_was_added(proposals: SqlProposals) -> None:
    for each in (FULL, proposal("p2", "f2")):
        assert proposals.add(each) and proposals.get(each.id) == each
    assert proposals.get("p3") is None


def test_one_fingerprint_is_open_once_and_again_after_its_end(proposals: SqlProposals) -> None:
    first = proposal("p1", "same")
    assert proposals.add(first) and not proposals.add(proposal("p2", "same")) and not proposals.add(first)
    for status in (P.APPROVED, P.QUEUED, P.COMPLETED, P.PR_OPENED, P.EXECUTED):
        first = through(proposals, first, status)
        assert not proposals.add(proposal("p2", "same")), f"{status} is open"
    through(proposals, first, P.VERIFIED)
    assert proposals.add(proposal("p2", "same"))
    assert [each.id for each in proposals.find(fingerprint="same")] == ["p1", "p2"]


def test_every_step_of_the_life_is_taken_and_no_other(proposals: SqlProposals) -> None:
    for before in P:
        for after in P:
            each = replace(proposal(f"{before}-{after}"), status=before)
            proposals.add(each)
            if after in LIFE[before] or after is before:
                assert proposals.replace(each, replace(each, status=after))
            else:
                with pytest.raises(ValueError, match="no step"):
                    proposals.replace(each, replace(each, status=after))
                after = before
            assert (kept := proposals.get(each.id)) and kept.status is after


def test_what_somebody_else_moved_meanwhile_is_not_moved_again(proposals: SqlProposals) -> None:
    seen = proposal("p1")
    proposals.add(seen)
    through(proposals, seen, P.REJECTED)
    assert not proposals.replace(seen, replace(seen, status=P.APPROVED, approver="late"))
    assert (kept := proposals.get("p1")) and kept.status is P.REJECTED and kept.approver == ""
    assert not proposals.replace(proposal("unknown"), proposal("unknown"))


def test_what_a_proposal_is_of_never_changes(proposals: SqlProposals) -> None:
    first = proposal("p1", "f1")
    proposals.add(first)
    assert proposals.replace(first, replace(first, project="other", fingerprint="f2", tenant="t2", notes="kept"))
    assert proposals.get("p1") == replace(first, notes="kept")


def test_proposals_are_found_by_project_and_status_the_best_first(proposals: SqlProposals) -> None:
    for id, score, minutes in (("b", 0.5, 1), ("a", 0.5, 0), ("top", 0.9, 5), ("low", 0.1, 0)):
        proposals.add(proposal(id, priority=score, created_at=NOON + minutes * MINUTE))
    proposals.add(proposal("else", project="bank", priority=1.0))
    moved = proposal("moved", priority=0.7)
    proposals.add(moved)
    through(proposals, moved, P.APPROVED)
    assert [each.id for each in proposals.find(project="shop")] == ["top", "moved", "a", "b", "low"]
    assert [each.id for each in proposals.find(status=[P.PENDING], limit=3)] == ["else", "top", "a"]
    assert [each.id for each in proposals.find(status=OPEN - {P.PENDING})] == ["moved"]
    assert list(proposals.find(status=[])) == []


def test_counts_follow_every_change_and_leave_synthetic_ones_out(proposals: SqlProposals, store: SqlStore) -> None:
    for number in range(6):
        proposals.add(
            proposal(f"p{number}", created_at=NOON + number * MINUTE, stream=Stream.SYNTHETIC if number == 5 else Stream.PRODUCTION)
        )
    through(proposals, proposal("p0", proposals.find(limit=1)[0].fingerprint), P.APPROVED, P.QUEUED)
    through(proposals, next(each for each in proposals.find() if each.id == "p1"), P.REJECTED)
    found = {status: count for status, count in proposals.counts().items() if count}
    assert found == {P.PENDING: 3, P.QUEUED: 1, P.REJECTED: 1}
    assert sum(proposals.counts(production=False).values()) == 6
    assert {status: n for status, n in proposals.counts(since=NOON + MINUTE).items() if n} == {P.PENDING: 3, P.REJECTED: 1}
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ai_improvement_proposals SET status = 'rejected' WHERE status = 'pending_approval'")
        connection.exec_driver_sql("DELETE FROM ai_improvement_proposals WHERE id = 'p2'")
    assert {status: n for status, n in proposals.counts().items() if n} == {P.QUEUED: 1, P.REJECTED: 3}


def test_rows_that_s1_writes_are_proposals(proposals: SqlProposals, store: SqlStore) -> None:
    insert = (
        "INSERT INTO ai_improvement_proposals (id, title, improvement_type, priority, implementation_steps, auto_approved, tenant_id,"
        " risk_level) VALUES ('s1', 'Reduce failure rate', 'error_handling', 2, '[\"look\", \"fix\"]', FALSE, 'org', 'high')"
    )
    with store.engine.begin() as connection:
        connection.exec_driver_sql(insert)
        connection.exec_driver_sql("INSERT INTO ai_improvement_proposals (title) VALUES ('Only a title')")
    found = {each.title: each for each in proposals.find(status=[P.PENDING])}
    first, bare = found["Reduce failure rate"], found["Only a title"]
    assert (first.kind, first.priority, first.steps, first.risk, first.tenant) == (
        "error_handling",
        0.625,
        ("look", "fix"),
        Risk.HIGH,
        "org",
    )
    assert (bare.risk, bare.steps, bare.fingerprint, bare.status) == (Risk.MEDIUM, (), "", P.PENDING) and bare.id
    assert timedelta() <= proposals.find(limit=1)[0].created_at - first.created_at + timedelta(days=1), "made now"
    through(proposals, first, P.APPROVED)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ai_improvement_proposals SET status = 'implementing' WHERE id = 's1' AND status = 'approved'")
    assert (kept := proposals.get("s1")) and kept.status is P.QUEUED
    assert proposals.counts()[P.QUEUED] == 1
    assert proposals.replace(kept, replace(kept, status=P.COMPLETED))


def test_steps_that_arrive_as_a_text_are_not_split_into_characters(proposals: SqlProposals, store: SqlStore) -> None:
    """The defect of S1: a JSON list inside a JSON text, or a plain sentence."""
    insert = sa.text("INSERT INTO ai_improvement_proposals (id, title, implementation_steps) VALUES (:id, 't', :steps)")
    if store.engine.dialect.name == "postgresql":
        insert = sa.text(str(insert).replace(":steps", "CAST(:steps AS jsonb)"))
    with store.engine.begin() as connection:
        connection.execute(insert, {"id": "list", "steps": '"[\\"one\\", \\"two\\"]"'})
        connection.execute(insert, {"id": "text", "steps": '"do it"'})
    assert [each.steps for id in ("list", "text") if (each := proposals.get(id))] == [("one", "two"), ("do it",)]


def test_s1_reads_our_rows_with_its_own_columns(proposals: SqlProposals, store: SqlStore) -> None:
    proposals.add(proposal("p1", priority=0.9, steps=("a",), auto_approvable=True))
    query = "SELECT title, priority, risk_level, auto_approved, implementation_steps FROM ai_improvement_proposals ORDER BY priority"
    with store.engine.connect() as connection:
        title, priority, risk, auto, steps = connection.exec_driver_sql(query).one()
    assert (title, priority, risk, bool(auto)) == ("A mutable default", 1, "low", True) and steps in (["a"], '["a"]')


def test_secrets_do_not_reach_the_table(proposals: SqlProposals) -> None:
    secret = "ghp_" + "a1B2" * 9
    proposals.add(proposal("p1", description=f"seen {secret}", evidence={"log": [secret]}, notes=secret))
    kept = proposals.get("p1")
    assert kept and secret not in repr(kept) and "seen" in kept.description


def _scan(url: str) -> int:
    with quick_store(url) as store:
        proposals = SqlProposals(store.engine)
        return sum(proposals.add(proposal(f"{os.getpid()}-{n}", f"f{n}")) for n in range(40))


def test_scanners_at_once_propose_each_chance_once(store_url: str) -> None:
    with closing(open_store(store_url)):
        pass  # the schema
    assert sum(fork_all(_scan, 4, store_url)) == 40
    with closing(open_store(store_url)) as store:
        found = SqlProposals(store.engine).find()
        assert sorted(each.fingerprint for each in found) == sorted(f"f{n}" for n in range(40))
        assert SqlProposals(store.engine).counts()[P.PENDING] == 40

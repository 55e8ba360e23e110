"""What is kept of projects and of approvals, on each database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autosd.adapters.store.approving import SqlApprovals
from autosd.adapters.store.registry import SqlProjects
from autosd.adapters.store.sql import SqlStore
from autosd.domain.approvals import ApprovalKind, ApprovalRequest, ApprovalStatus, Seal, Vote
from autosd.domain.errors import AutosdError
from autosd.domain.projects import Project

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, UTC)
SHOP = Project("shop", Path("/w/shop"), NOON, "pytest -q", "acme")
REQUEST = ApprovalRequest(
    "r1",
    "p1",
    "shop",
    ApprovalKind.CONTENT,
    "fix\x00",
    "ann",
    2,
    NOON,
    NOON + timedelta(days=1),
    seal=Seal(("h1", "h2"), "tree", "rules", (("suite", True),), (("a.py", "b1"),)),
    diff="--- a\n+++ b\n-\udce9\n",
    files=(("a.py", "text"), ("gone.py", None)),
    votes=(Vote("bea", True, NOON, "read it", "00ff"),),
)


def test_a_project_is_found_by_id_and_by_folder_until_it_is_removed(store: SqlStore) -> None:
    projects = SqlProjects(store.engine)
    projects.add_project(SHOP)
    projects.add_project(SHOP)
    assert projects.project("shop") == projects.project_at(SHOP.path) == SHOP
    assert projects.all_projects() == [SHOP]
    assert projects.remove_project("shop") and not projects.remove_project("shop")
    assert projects.project("shop") is None


@pytest.mark.parametrize("other", [replace(SHOP, path=Path("/w/else")), replace(SHOP, id="else")], ids=["same id", "same folder"])
def test_an_id_and_a_folder_belong_to_one_project(store: SqlStore, other: Project) -> None:
    projects = SqlProjects(store.engine)
    projects.add_project(SHOP)
    with pytest.raises(AutosdError) as refused:
        projects.add_project(other)
    assert refused.value.code == "AUTOSD-PROJECT-EXISTS"
    assert projects.all_projects() == [SHOP]


def test_a_request_is_read_back_as_it_was_written(store: SqlStore) -> None:
    approvals = SqlApprovals(store.engine)
    approvals.add_request(REQUEST)
    approvals.add_request(REQUEST)
    assert approvals.request("r1") == REQUEST
    assert approvals.requests(project="shop", proposal="p1", status=ApprovalStatus.PENDING) == [REQUEST]
    assert approvals.requests(status=ApprovalStatus.APPROVED) == approvals.requests(project="else") == []


def test_another_content_under_a_known_id_is_a_conflict(store: SqlStore) -> None:
    approvals = SqlApprovals(store.engine)
    approvals.add_request(REQUEST)
    with pytest.raises(AutosdError) as refused:
        approvals.add_request(replace(REQUEST, diff="another"))
    assert refused.value.code == "AUTOSD-STORE-CONFLICT"


def test_of_many_writers_that_saw_the_same_request_one_wins(store: SqlStore) -> None:
    approvals = SqlApprovals(store.engine)
    approvals.add_request(REQUEST)
    won: list[str] = []

    def write(name: str) -> None:
        voted = replace(REQUEST, votes=(*REQUEST.votes, Vote(name, True, NOON)))
        if SqlApprovals(store.engine).replace_request(REQUEST, voted):
            won.append(name)

    threads = [threading.Thread(target=write, args=(f"v{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    stored = approvals.request("r1")
    assert stored is not None and [vote.by for vote in stored.votes] == ["bea", won[0]]

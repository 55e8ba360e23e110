"""One approved proposal, built by the real road on a real repository with a bare remote; only the coder is scripted."""

from __future__ import annotations

from pathlib import Path

import pytest
from work_kit import ALL_ON, BRANCH, ID, Site, make_site

from autosd.acts.building import BuildStatus
from autosd.domain.proposals import ProposalStatus


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path)


def test_an_approved_proposal_ends_as_a_pull_request_and_nothing_of_the_user_is_touched(site: Site) -> None:
    site.propose()
    before = site.repo.state()

    built = site.build(**ALL_ON)

    assert (built.status, built.reason) == (BuildStatus.COMPLETED, "pr_opened"), built.objections
    proposal = site.proposal()
    assert proposal.status is ProposalStatus.PR_OPENED and proposal.branch == BRANCH
    assert site.repo.git("rev-parse", BRANCH) == site.remote.git("rev-parse", BRANCH) == proposal.commit
    message = site.repo.git("log", "-1", "--format=%B", BRANCH)
    assert message.startswith("selfbuild: Add adds (123e4567)\n") and f"Autosd-Proposal: {ID}" in message
    assert site.repo.state() == before, "the user's files, index and HEAD stay as they are"
    [opened] = site.pull_requests()
    assert (opened.title, opened.head, opened.base, opened.state) == ("SelfBuilder: Add adds", BRANCH, "main", "open")
    assert f"**Proposal ID:** {ID}" in opened.body and "- use +" in opened.body and "- the suite is green" in opened.body
    assert len(proposal.notes) <= 4000 and BRANCH in proposal.notes and proposal.completed_at is not None

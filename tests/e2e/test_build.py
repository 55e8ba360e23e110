"""One approved proposal, built by the real road on a real repository with a bare remote; only the coder is scripted."""

from __future__ import annotations

from pathlib import Path

import pytest
from work_kit import ALL_ON, BRANCH, ID, Site, killed, make_site

from autosd.acts.work.building import BuildStatus, Order
from autosd.domain.actions import Principal
from autosd.domain.proposals import ProposalStatus
from autosd.pipeline import build
from autosd.testing import RecordingProgress


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


@pytest.mark.parametrize(
    "id, status, reason",
    [
        ("", BuildStatus.SKIPPED, "missing_proposal_id"),
        ("not-there", BuildStatus.ERROR, "proposal_not_found"),
        (ID, BuildStatus.SKIPPED, "proposal_status_not_actionable:pending_approval"),
    ],
)
def test_what_cannot_be_built_says_so_in_the_guides_words(site: Site, id: str, status: BuildStatus, reason: str) -> None:
    site.propose(status=ProposalStatus.PENDING)

    built = site.build(id)

    assert (built.status, built.reason) == (status, reason) and site.proposal().status is ProposalStatus.PENDING


def test_unattended_work_that_is_off_leaves_the_proposal_to_be_built_later(site: Site) -> None:
    site.propose()

    built = site.build(attended=False)

    assert (built.status, built.reason, built.waits) == (BuildStatus.SKIPPED, "self_coding_engine_disabled", True)
    assert site.proposal().status is ProposalStatus.QUEUED


def test_a_push_that_failed_leaves_the_branch_and_the_next_build_goes_on_from_there(site: Site) -> None:
    site.propose()
    foreign = site.repo.git("commit-tree", "HEAD^{tree}", "-m", "a person's work")
    site.repo.git("push", "-q", "origin", f"{foreign}:refs/heads/{BRANCH}")

    built = site.build(**ALL_ON)

    assert built.status is BuildStatus.COMPLETED and [no.code for no in built.objections] == ["AUTOSD-PUSH-FOREIGN"]
    assert site.proposal().status is ProposalStatus.COMPLETED and BRANCH in site.repo.branches()
    assert site.remote.git("rev-parse", BRANCH) == foreign and site.pull_requests() == []

    over = site.build(**ALL_ON, **{"landing.max_open_pull_requests": 0})
    assert [no.code for no in over.objections] == ["AUTOSD-PUSH-FOREIGN"]
    site.remote.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    limited = site.build(**ALL_ON, **{"landing.max_open_pull_requests": 0})
    assert [no.code for no in limited.objections] == ["AUTOSD-PR-LIMIT"] and site.pull_requests() == []
    assert site.build(**ALL_ON).reason == "pr_opened" and len(site.pull_requests()) == 1
    assert site.build(**ALL_ON).reason == "proposal_status_not_actionable:pr_opened"


def killed_at(site: Site, at: int, after: bool) -> int:
    """How a build in a process of its own ended."""
    order = Order(ID, Principal("tester", True))
    return killed(site, at, after, lambda app: build(app, order, RecordingProgress()), **ALL_ON)


#: Of a build to its pull request there are ten effects. Two of the moments always; all of them in the soak.
MOMENTS = [(at, after) for at in range(1, 11) for after in (False, True)]
OFTEN = [(7, False), (9, True)]


@pytest.mark.parametrize(
    "at, after", [pytest.param(*moment, marks=() if moment in OFTEN else pytest.mark.soak) for moment in MOMENTS], ids=str
)
def test_a_build_that_was_killed_at_an_effect_is_finished_by_the_next_and_nothing_is_doubled(
    site: Site, autosd_home: Path, at: int, after: bool
) -> None:
    site.propose()

    assert killed_at(site, at, after) == 9
    again = site.build(**ALL_ON)

    assert again.reason == "pr_opened" or (at == 10 and after), again
    assert site.proposal().status is ProposalStatus.PR_OPENED
    assert [name for name in site.repo.branches() if name != "main"] == [BRANCH] and len(site.pull_requests()) == 1
    assert site.repo.git("rev-list", "--count", f"main..{BRANCH}") == "1"
    assert site.repo.git("rev-parse", BRANCH) == site.remote.git("rev-parse", BRANCH)
    with site.app() as app:
        [run] = app.outcomes.runs(proposal=ID)
    assert run.status == "completed" and run.finished_at is not None
    assert not list((autosd_home / "worktrees").glob("*/base"))


WRONG = ({"calc.py": "def add(a, b):\n    return a * b\n"},)


def test_without_the_test_gate_a_change_is_built_that_says_that_nothing_is_proven(site: Site) -> None:
    site.scripts = WRONG
    site.propose()
    assert site.build().reason == "no_candidate_found" or site.proposal().status is ProposalStatus.FAILED
    second = "123e4567-e89b-42d3-a456-426614174001"
    site.propose(second)
    built = site.build(second, **{"gates.skip_tests": True})
    assert built.status is BuildStatus.COMPLETED and built.change is not None
    said = site.repo.git("log", "-1", "--format=%B", site.proposal(second).branch)
    assert "nothing is proven" in said and "Autosd-Tests: not run" in said
    assert "suite" not in {report.gate for report in built.change.reports}


def test_what_no_test_was_run_on_is_not_written_directly(site: Site) -> None:
    site.scripts = WRONG
    site.propose()
    before = site.repo.state()
    options = {"gates.skip_tests": True, "governance.direct_write": True, "governance.write_root": "."}
    built = site.build(order={"write": True}, **options)
    assert [each.code for each in built.objections] == ["AUTOSD-WRITE-UNPROVEN"] and site.repo.state() == before


def test_the_command_writes_into_the_project_with_a_backup(cli, site: Site) -> None:
    """By the real engine, in the write root that was named."""
    site.propose()
    env = {"SELF_IMPROVE_AUTO": "1", "SELFCODING_WRITE_ROOT": "."}
    done = cli("build", ID, "--write", "--max-seconds", "60", "--json", env=env)
    assert done.code == 0 and done.result == "written", done.stderr
    assert "a + b" in (site.repo.path / "calc.py").read_text() and site.repo.branches() == ["main"]
    [record] = (site.repo.path / "artifacts/autonomy-applied").glob("[0-9]*")
    assert "a - b" in (record / "backup.py").read_text() and site.proposal().status is ProposalStatus.EXECUTED
    again = cli("build", ID, "--write", "--json", env=env)
    assert again.code == 2 and again.result == "proposal_status_not_actionable:executed"

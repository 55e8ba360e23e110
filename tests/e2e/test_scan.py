"""From a project with faults to proposals that people answer: each once, and not again after a No."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli
from projects import CLAMP, GREEN

from autosd.acts.allowing.halting import set_halted
from autosd.acts.desk import opened_desk
from autosd.acts.projects import add, named
from autosd.acts.work.proposals import approve, opened_bench, reject, retry, story
from autosd.acts.work.scanning import AUTO_APPROVER, Scan, ScanRequest, scan
from autosd.app import App, open_app
from autosd.domain.actions import Principal, Risk
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.settings import Settings, load_settings
from autosd.testing import FakeClock, RecordingProgress, TinyRepository, folder_state

ANN, BOB = Principal("ann", attended=True), Principal("bob", attended=True)
FAULTS = {**CLAMP, "cart.py": "def add(item, items=[]):\n    items.append(item)\n    return items\n"}
WITH_GREEN = {**GREEN, "cart.py": FAULTS["cart.py"]}
TRACE = 'Traceback (most recent call last):\n  File "/srv/cart.py", line 2, in add\n    items.append(item)\nAttributeError: no append\n'

Repository = Callable[[Mapping[str, str]], TinyRepository]


def settings_of(path: Path, **options: Any) -> Settings:
    return load_settings(os.environ, project=path, options={"fix.max_seconds": 300.0, "fix.python": Path(sys.executable), **options})


def look(path: Path, by: Principal = ANN, options: Mapping[str, Any] | None = None, clock: FakeClock | None = None, **request: Any) -> Scan:
    with open_app(settings_of(path, **(options or {})), coders=(), clock=clock) as app:
        return scan(app, ScanRequest(path, by, **request), RecordingProgress())


def said(path: Path, text: str, **more: Any) -> Proposal:
    """A request in words: the quickest way to a proposal."""
    [made] = look(path, words=text, **more).proposed
    return made


def kinds(found: Scan) -> list[str]:
    return sorted(each.kind for each in found.proposed)


def record_of(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "audit.log.jsonl").read_text().splitlines()]


def test_two_faults_are_two_proposals_once_and_not_again_after_a_no(repository: Repository, autosd_home: Path) -> None:
    project = repository(FAULTS)
    before = folder_state(project.path)
    first = look(project.path)
    assert kinds(first) == ["failing_test", "lint_defect"] and first.saved and not any(each.problem for each in first.looked)
    failing = next(each for each in first.proposed if each.kind == "failing_test")
    assert failing.paths == ("clamp.py", "test_clamp.py") and failing.evidence["tests"] == ["test_clamp.py::test_above"]
    with opened_bench(settings_of(project.path), BOB) as bench:
        rejected = reject(bench, failing.id[:8], reason="clamp is going away")
        approved = approve(bench, next(each.id for each in first.proposed if each.kind == "lint_defect"))
    assert (rejected.status, approved.status, approved.approver) == (ProposalStatus.REJECTED, ProposalStatus.APPROVED, "bob")
    second = look(project.path)
    assert second.proposed == () and {each.reason for each in second.left} == {"open_already", "rejected"}
    kinds_of_record = [entry["kind"] for entry in record_of(autosd_home)]
    assert [kinds_of_record.count(kind) for kind in ("proposed", "approved", "rejected")] == [2, 1, 1]
    done = [entry for entry in record_of(autosd_home) if entry["kind"] == "done"]
    assert done[-1]["details"]["scan"] == {"seen": 2, "proposed": 0, "left": 2, "saved": True, "blind": []}
    assert folder_state(project.path) == before


def test_the_command_tells_what_it_proposes_and_keeps_nothing_in_a_dry_run(repository: Repository, cli: Cli) -> None:
    project = repository(FAULTS)
    (project.path / "crash.log").write_text(TRACE)
    log = str(project.path / "crash.log")
    dry = cli("scan", project.path, "--log", log, "--dry-run", "--json")
    assert dry.code == 0 and dry.result == "proposed" and dry.object["saved"] is False
    kept = cli("scan", project.path, "--log", log)
    assert kept.code == 0 and "Stop the crash" in kept.stdout and "AttributeError at cart.py::add" in kept.stdout
    again = cli("scan", project.path, "--log", log, "--json")
    assert again.code == 0 and again.result == "nothing_new" and again.object["not_proposed"][0]["reason"] == "open_already"
    listed = cli("proposals", "list", "--json").object["proposals"]
    assert [each["kind"] for each in listed] == ["crash"]
    shown = cli("proposals", "show", listed[0]["id"][:8])
    assert "/srv/cart.py:2 add" in shown.stdout and "priority 0." in shown.stdout and "proposed, by what crash-log saw" in shown.stdout
    assert cli("proposals", "approve", listed[0]["id"][:8], "--json").result == "approved"
    late = cli("proposals", "reject", listed[0]["id"][:8], "--reason", "no", "--json")
    assert late.code == 2 and late.object["objections"][0]["code"] == "AUTOSD-PROPOSAL-STATE"


def test_nothing_found_is_no_failure_and_says_so_in_the_record(repository: Repository, autosd_home: Path) -> None:
    found = look(repository(GREEN).path)
    assert found.proposed == () and found.left == () and found.signals == ()
    assert record_of(autosd_home)[-1]["details"]["scan"]["seen"] == 0


def test_tests_that_cannot_run_do_not_keep_the_others_from_looking(repository: Repository) -> None:
    found = look(repository(WITH_GREEN).path, options={"suite.command": "no-such-runner"})
    assert kinds(found) == ["lint_defect"]
    assert [each.source for each in found.looked if each.problem] == ["tests"]


def test_whoever_asked_may_not_approve_and_another_person_may(repository: Repository) -> None:
    path = repository(GREEN).path
    made = said(path, "Let good.py count to two.")
    assert made.evidence["asked_by"] == "ann" and made.paths == ("good.py",)
    with opened_bench(settings_of(path), ANN) as bench, pytest.raises(AutosdError) as own:
        approve(bench, made.id)
    assert own.value.code == "AUTOSD-APPROVAL-OWN"
    with opened_bench(settings_of(path), BOB) as bench:
        assert approve(bench, made.id, reason="sensible").notes == "sensible"


def test_answers_are_taken_only_while_a_proposal_waits_and_a_failed_one_may_be_tried_again(repository: Repository) -> None:
    path = repository(GREEN).path
    made = said(path, "Let good.py count to two.")
    with opened_bench(settings_of(path), BOB) as bench:
        with pytest.raises(AutosdError, match="only what is failed"):
            retry(bench, made.id)
        approved = approve(bench, made.id)
        for act in (lambda: approve(bench, made.id), lambda: reject(bench, made.id, reason="late")):
            with pytest.raises(AutosdError, match="is approved"):
                act()
        queued = replace(approved, status=ProposalStatus.QUEUED)
        assert bench.proposals.replace(approved, queued) and bench.proposals.replace(queued, replace(queued, status=ProposalStatus.FAILED))
        assert retry(bench, made.id).status is ProposalStatus.APPROVED
        told = story(bench, made.id[:8])
        assert told.proposal.approver == "bob" and told.runs == () and told.change is None
        for unknown in ("zzzzzzzz", made.id[:3]):
            with pytest.raises(AutosdError, match="There is no proposal"):
                story(bench, unknown)


def test_what_nobody_answers_expires_and_is_proposed_anew(repository: Repository) -> None:
    path, clock = repository(GREEN).path, FakeClock()
    made = said(path, "Let good.py count to two.", clock=clock)
    clock.advance(days=31)
    again = look(path, words="Let good.py count to two.", clock=clock)
    assert again.expired == 1 and [each.fingerprint for each in again.proposed] == [made.fingerprint]
    with open_app(settings_of(path), coders=(), clock=clock) as app:
        old = app.proposals.get(made.id)
    assert old is not None and old.status is ProposalStatus.EXPIRED


def test_a_late_yes_to_an_expired_proposal_is_refused(repository: Repository) -> None:
    path = repository(GREEN).path
    made = said(path, "Let good.py count to two.", options={"intake.proposal_days": 0.01})
    with opened_bench(settings_of(path), BOB) as bench:
        later = replace(bench, desk=replace(bench.desk, now=bench.desk.now + timedelta(days=1)))
        with pytest.raises(AutosdError, match="is expired"):
            approve(later, made.id)


@pytest.mark.parametrize("options", [{"intake.proposals": False}, {"dry_run": True}])
def test_a_switch_that_forbids_proposals_leaves_only_the_look(repository: Repository, options: dict[str, Any]) -> None:
    path = repository(GREEN).path
    assert not look(path, words="Let good.py count to two.", options=options).saved
    with open_app(settings_of(path), coders=()) as app:
        assert app.proposals.find() == []


def test_thresholds_and_limits_are_the_settings(repository: Repository) -> None:
    path = repository(GREEN).path
    [left] = look(path, words="One thing.", options={"intake.create_threshold": 0.99}).left
    assert left.reason == "below_threshold"
    said(path, "One thing.", options={"intake.max_open_proposals": 1})
    assert [each.reason for each in look(path, words="Another.", options={"intake.max_open_proposals": 1}).left] == ["limit_of_project"]
    assert [each.reason for each in look(path, words="Another.", options={"intake.max_open_per_kind": 1}).left] == ["limit_of_kind"]


def approved_alone(app: App, path: Path, **proposal: Any) -> ProposalStatus:
    from autosd.acts.work.scanning import _kept
    from autosd.intake.proposing import Limits, opportunities, propose
    from autosd.intake.sources.lint import Lint

    signals = list(Lint((3, 11)).signals(str(path), path, app.clock.now()))
    [made], _ = propose(
        opportunities(signals), earlier=lambda _: [], there=[], limits=Limits(), now=app.clock.now(), new_id=lambda: os.urandom(8).hex()
    )
    changed = replace(made, fingerprint=os.urandom(8).hex(), priority=0.9, **proposal)
    kept = _kept(app, ScanRequest(path, ANN), app.proposals, changed)
    assert kept is not None
    return kept.status


def test_nothing_approves_itself_unless_unattended_work_was_allowed_and_no_rule_asks_for_people(repository: Repository) -> None:
    path = repository(WITH_GREEN).path
    unattended = {"enabled": True, "governance.allowed_repos": str(path)}
    yes, no = ProposalStatus.APPROVED, ProposalStatus.PENDING
    with open_app(settings_of(path), coders=()) as app:
        assert approved_alone(app, path) is no  # nobody allowed unattended work
    with open_app(settings_of(path, **unattended), coders=()) as app:
        assert approved_alone(app, path) is yes
        assert approved_alone(app, path, auto_approvable=False) is no
        assert approved_alone(app, path, paths=(".github/workflows/ci.yml",)) is no
        for risk in (Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL):
            assert approved_alone(app, path, risk=risk) is no
        [alone] = [each for each in app.proposals.find() if each.status is yes]
        assert alone.approver == AUTO_APPROVER
    for stricter in ({"governance.require_approval": True}, {"intake.auto_approve_threshold": 0.95}, {"enabled": False}):
        with open_app(settings_of(path, **{**unattended, **stricter}), coders=()) as app:
            assert approved_alone(app, path) is no


def test_a_halted_project_is_not_looked_at(repository: Repository) -> None:
    path = repository(GREEN).path
    with opened_desk(settings_of(path), ANN) as desk:
        set_halted(desk, named(desk.projects, str(path)), True, reason="stop")
    with pytest.raises(AutosdError, match="halted"):
        look(path, words="Let good.py count to two.")


def test_a_folder_of_a_project_is_looked_at_as_a_part_of_that_project(repository: Repository) -> None:
    path = repository({"web/shop.py": "def price():\n    return 1\n"}).path
    with opened_desk(settings_of(path), ANN) as desk:
        add(desk, path, "shop", "", "acme")
    made = said(path / "web", "Let shop.py cost two.")
    assert (made.project, made.tenant, made.paths, made.evidence["folder"]) == ("shop", "acme", ("web/shop.py",), "web")
    again = look(path, words="Let shop.py cost two.")
    assert len(again.proposed) == 1  # of the whole project it is another request

"""From a project that autosd was told of to an improvement that was merged and judged, with nobody at the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Event

import pytest
from work_kit import ALL_ON, BRANCH, FIXED, ID, Site, killed, make_site

from autosd.acts.work import outcomes, regressions, rounds
from autosd.acts.work.checking import Checked, check
from autosd.acts.work.sightings import _file, note_scan, scan_due
from autosd.acts.work.working import enqueue
from autosd.app import App
from autosd.domain.actions import Principal
from autosd.domain.outcomes import Mode, Verdict
from autosd.domain.proposals import ProposalStatus
from autosd.learning.windows import Cycle
from autosd.testing import RecordingProgress

ALONE = Principal("worker", attended=False)
S = ProposalStatus


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = make_site(tmp_path)
    site.options = {"enabled": True}
    return site


def checked(site: Site, **options: object) -> Checked:
    with site.app(**options) as app:
        return check(app, ALONE, RecordingProgress())


def landed(site: Site) -> None:
    """Built to its pull request, and merged by a person."""
    site.propose()
    assert site.build(attended=False, **ALL_ON).reason == "pr_opened"
    site.repo.git("merge", "-q", "--no-ff", "-m", "merged", BRANCH)


@contextmanager
def days_later(site: Site, days: float) -> Iterator[App]:
    with site.app() as app:
        now = app.clock.now() + timedelta(days=days)

        class Later:
            def now(self):
                return now

        yield replace(app, clock=Later())


@pytest.mark.slow
def test_a_project_is_scanned_built_merged_judged_and_learnt_from_unattended(cli, site: Site) -> None:
    env = {"SELFCODING_ENABLED": "1", "SELF_CODING_ENABLE_PUSH": "1", "SELF_CODING_ENABLE_PR": "1"}
    once = cli("worker", "--once", "--json", env=env)
    assert once.code == 0 and once.object["done"] == 1, once.stderr
    [request] = site.pull_requests()
    assert request.state == "open" and "autosd" not in site.repo.git("log", "-1", "--format=%s"), "nothing is merged by autosd"
    site.repo.git("merge", "-q", "--squash", request.head)
    site.repo.commit("Add adds (#1)")

    assert cli("worker", "--once", "--json", env=env).code == 0
    status = cli("status", "--json").object
    assert status["proposal_funnel"]["verified"] == 1 and status["outcome_quality"]["verdict_counts"]["win"] == 1
    assert status["outcome_quality"]["pending_recheck_runs"] == 0 and status["opportunity_windows"]["improvement_opportunities"] >= 1
    [arm] = [arm for arm in cli("strategies", "show", "--json").object["arms"] if arm["problem"] == "failing_test"]
    assert (arm["wins"] > 0) == (arm["arm"] == "repair"), "whichever was drawn to go first, the change is repair's"
    assert cli("strategies", "replay", "always:repair", "--json").object["runs"] == 1


def test_what_was_merged_is_measured_side_by_side_and_won(site: Site) -> None:
    landed(site)
    done = checked(site)
    assert (done.merged, done.closed, [look.verdict for look in done.looks]) == (1, 0, [Verdict.WIN])
    assert site.proposal().status is S.VERIFIED and "merged as=" in site.proposal().notes
    [look] = done.looks
    assert (look.before.failing_tests, look.after.failing_tests, len(look.after.run_seconds)) == (1, 0, 3)
    assert checked(site).looks == (), "one verdict a run"


def test_what_is_taken_back_within_its_window_is_a_loss_whatever_was_measured_and_later_it_is_history(site: Site) -> None:
    landed(site)
    checked(site)
    site.repo.git("revert", "--no-edit", BRANCH)
    with days_later(site, 8) as app:
        assert check(app, ALONE, RecordingProgress()).looks == (), "its week is over"
    done = checked(site)
    assert [(look.verdict, look.reasons[0]) for look in done.looks] == [(Verdict.LOSS, "change_reverted")]
    assert site.proposal().status is S.REVERTED and checked(site).looks == ()


def test_a_pull_request_that_was_closed_is_a_no(site: Site) -> None:
    site.propose()
    site.build(attended=False, **ALL_ON)
    file = Path(site.pull_requests()[0].place)
    file.write_text(json.dumps({**json.loads(file.read_text()), "state": "closed"}))
    assert checked(site).closed == 1
    assert site.proposal().status is S.REJECTED and checked(site).closed == 0


def test_one_that_was_merged_at_the_forge_counts_before_anybody_fetched_it(site: Site) -> None:
    site.propose()
    site.build(attended=False, **ALL_ON)
    file = Path(site.pull_requests()[0].place)
    file.write_text(json.dumps({**json.loads(file.read_text()), "state": "merged"}))
    done = checked(site)
    assert done.merged == 1 and [look.verdict for look in done.looks] == [Verdict.WIN]


def test_a_problem_that_is_seen_again_where_its_fix_is_makes_the_fix_a_loss(site: Site, autosd_home: Path) -> None:
    landed(site)
    checked(site)
    (autosd_home / "scans").mkdir()
    with site.app() as app:
        _file(app, "calc").write_text(json.dumps({"at": app.clock.now().isoformat(), "again": [ID]}))
        assert not scan_due(app, "calc", 3600.0) and scan_due(app, "other", 3600.0) and not scan_due(app, "other", 0.0)
    done = checked(site)
    assert [(look.verdict, look.reasons[0]) for look in done.looks] == [(Verdict.LOSS, "problem_returned")]


def test_while_a_project_is_halted_nothing_is_measured_and_no_attempt_is_used_up(site: Site) -> None:
    landed(site)
    with site.app() as app:
        app.store.set_halted("calc", True, reason="", at=app.clock.now())
    done = checked(site)
    assert done.merged == 1 and done.looks == () and site.proposal().status is S.EXECUTED
    with site.app() as app:
        app.store.set_halted("calc", False, reason="", at=app.clock.now())
    assert len(checked(site).looks) == 1


def test_with_the_executor_off_proposals_are_made_and_approved_and_nothing_is_carried_out(site: Site) -> None:
    site.propose()
    with site.app(**{"modes.executor": False}) as app:
        assert enqueue(app, ALONE) == 0
    landed_site = site.build(**ALL_ON)
    assert landed_site.reason == "pr_opened", "a person may still build"
    site.repo.git("merge", "-q", BRANCH)
    done = checked(site, **{"modes.executor": False})
    assert done.merged == 1 and done.looks == ()


#: The gate of normal mode, opened as the runbook's fourth stage does, and real apply after it.
NORMAL = {
    "modes.default": "normal", "modes.real_apply": True, "governance.direct_write": True, "governance.write_root": ".",
}  # fmt: skip


def test_a_loss_in_normal_mode_is_taken_back_and_cools_down_over_a_restart(site: Site, autosd_home: Path) -> None:
    site.propose()
    built = site.build(attended=False, order={"write": True}, **NORMAL)
    assert built.reason == "written" and (site.repo.path / "calc.py").read_text() == FIXED["calc.py"]
    with site.app() as app:
        [run] = app.outcomes.runs(proposal=ID)
        assert run.mode is Mode.NORMAL
        (autosd_home / "scans").mkdir()
        _file(app, "calc").write_text(json.dumps({"at": app.clock.now().isoformat(), "again": [ID]}))

    done = checked(site, **NORMAL)
    assert [look.verdict for look in done.looks] == [Verdict.LOSS] and done.taken_back == 1
    with site.app(**NORMAL) as app:
        assert [event.result for event in regressions.process(app, site.repo.path, ALONE)] == ["rolled_back"]
        assert outcomes.standing(app).execution_guardrail["last_reason"] == "cooldown_active"
    assert "a - b" in (site.repo.path / "calc.py").read_text() and site.proposal().status is S.REVERTED
    assert site.proposal().evidence["rollback_guardrail_triggered"] is True
    second = "123e4567-e89b-42d3-a456-426614174009"
    site.propose(second)
    held = site.build(second, attended=False, order={"write": True}, **NORMAL)
    assert held.reason != "written" and "a - b" in (site.repo.path / "calc.py").read_text(), "the cooldown holds"


def test_a_win_in_normal_mode_stays(site: Site) -> None:
    site.propose()
    site.build(attended=False, order={"write": True}, **NORMAL)
    done = checked(site, **NORMAL)
    assert [look.verdict for look in done.looks] == [Verdict.WIN] and done.taken_back == 0
    assert (site.repo.path / "calc.py").read_text() == FIXED["calc.py"]


# ---- rounds ------------------------------------------------------------------------------------------------------------------------


class Errands:
    def __init__(self, **answers: dict[str, object]) -> None:
        self.answers, self.words = answers, list[list[str]]()

    def __call__(self, words, stop):
        self.words.append(list(words))
        return self.answers.get(words[0], {})


def test_a_round_scans_what_is_due_and_explores_after_idle_ones(site: Site) -> None:
    errands = Errands(scan={"result": "nothing_found", "proposals": []}, outcomes={"result": "ok", "looks": 0, "verdicts": {}})
    with site.app(**{"learning.synthetic_threshold": 2}) as app:
        one = rounds.Rounds(app, ALONE, errands)
        assert one.go(Event()) is not None
        kinds = [(words[0], "--explore" in words) for words in errands.words]
        assert kinds == [("outcomes", False), ("scan", False)]
        errands.words.clear()
        quiet = rounds.Rounds(replace(app, projects=app.projects), ALONE, errands)
        note_scan(app, "calc", site.repo.path, (), app.clock.now())
        for _ in range(2):
            quiet.go(Event())
        assert [words[0] for words in errands.words if "--explore" in words] == ["scan"]
        app.store.set_halted("calc", True, reason="", at=app.clock.now())
        errands.words.clear()
        for _ in range(4):
            quiet.go(Event())
        assert not [words for words in errands.words if words[0] == "scan"], "a halted project is not looked at"


def test_two_workers_of_one_machine_do_not_go_round_at_once(site: Site) -> None:
    with site.app() as app:
        inner: list[object] = []

        def errand(words, stop):
            inner.append(rounds.Rounds(app, ALONE, Errands()).go(Event()))
            return {}

        assert rounds.Rounds(app, ALONE, errand).go(Event()) is not None
    assert inner and set(inner) == {None}


def test_the_focus_that_learning_chose_orders_the_work(site: Site) -> None:
    first = site.propose(kind="complexity", priority=0.99)
    second = site.propose("123e4567-e89b-42d3-a456-426614174001", kind="failing_test", priority=0.7)
    with site.app() as app:
        found = [first, second]
        for _ in range(300):
            focus = outcomes.chosen(app, Random())["focus_policy"].arm
            expected = [second, first] if focus == "reliability_first" else [first, second]
            assert list(rounds.in_focus(app, found)) == expected
            if focus == "reliability_first":
                return
    raise AssertionError("reliability_first was never drawn")


def test_what_was_explored_is_synthetic_and_in_no_rate_of_production(cli, tmp_path: Path) -> None:
    files = {"calc.py": FIXED["calc.py"] or "", "test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(0, 0) == 0\n"}
    site = make_site(tmp_path, files)
    found = cli("scan", site.repo.path, "--explore", "--json", env={"PROPOSAL_V2_CREATE_THRESHOLD": "0"})
    assert found.code == 0 and [each["kind"] for each in found.object["proposals"]] == ["exploration"], found.stderr
    assert "small faults would go unnoticed" in found.object["proposals"][0]["description"]
    assert cli("status", "--json").object["proposal_funnel"]["created"] == 0
    with site.app() as app:
        assert outcomes.passed(app, Cycle()).no_opportunity_iterations == 1


# ---- kill -9 -------------------------------------------------------------------------------------------------------------------------

#: Of a check of one merged change there are effects in this order: executed, evidence, the arms, verified.
KILLS = [(at, after) for at in range(1, 8) for after in (False, True)]
OFTEN = [(2, True), (4, False)]


@pytest.mark.parametrize(
    "at, after", [pytest.param(*moment, marks=() if moment in OFTEN else pytest.mark.soak) for moment in KILLS], ids=str
)
def test_a_check_that_was_killed_at_an_effect_is_finished_by_the_next_with_one_verdict(
    site: Site, autosd_home: Path, at: int, after: bool
) -> None:
    landed(site)
    with site.app() as app:
        outcomes.chosen(app, Random(1))
    assert killed(site, at, after, lambda app: check(app, ALONE, RecordingProgress())) in (9, 0)
    checked(site)
    assert site.proposal().status is S.VERIFIED
    with site.app() as app:
        [run] = app.outcomes.runs(proposal=ID)
        assert len(app.outcomes.evidence(run=run.id)) == 1
        assert {tally.family: round(tally.wins + tally.losses, 6) > 0 for tally in app.learnt.tallies()}["strategy"]
        assert sum(tally.family == "strategy" for tally in app.learnt.tallies()) == 1
    lines = (autosd_home / "data/memory/outcome_evidence.jsonl").read_text().splitlines()
    assert len(lines) == 1
    assert not list((autosd_home / "worktrees").glob("*/base"))

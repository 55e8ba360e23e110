"""The first rules, one by one and together: what each stops, in whose words, and that nothing but leave loosens them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.domain.decisions import Action, Facts, NormalMode, Objection, Risk, WriteCanary
from autosd.domain.grants import GrantUse, Presented, Reason
from autosd.domain.policies import Leave, Policy
from autosd.governance.first_rules import FIRST_RULES, LANDING
from autosd.governance.results import result_of
from autosd.governance.rules import GOVERNED, Rule, evaluate

from .any_facts import PERSON, REPO, ROBOT, any_facts, flags
from .conftest import NOON

NAMED = sorted(GOVERNED)


def facts(action: Action | str = Action.COMMIT, **changes: Any) -> Facts:
    """Facts that no rule objects to, changed in one place."""
    allowed = Facts(
        action=action,
        principal=PERSON,
        project="shop",
        repo=REPO,
        now=NOON,
        paths=("src/cart.py",),
        target=REPO / "generated/cart.py" if action == Action.WRITE else None,
        write_root=REPO / "generated",
        allowed_repos=(REPO,),
        allowed_suffixes=(".py", ".md"),
        allow_push=True,
        allow_pull_request=True,
        allow_direct_write=True,
        environment="dev" if action == Action.DEPLOY else "staging" if action == Action.PROMOTE else "",
        from_environment="dev" if action == Action.PROMOTE else "",
        policy=Policy(auto_merge=Leave.YES, publish=Leave.YES),
    )
    return replace(allowed, **changes)


def codes(asked: Facts) -> list[str]:
    return [objection.code for objection in evaluate(FIRST_RULES, asked)]


@pytest.mark.parametrize("action", NAMED)
def test_what_nothing_objects_to_may_be_done(action: Action) -> None:
    assert codes(facts(action)) == []


def test_every_action_has_rules_of_its_own() -> None:
    assert set(Action) == GOVERNED


@pytest.mark.parametrize("action", ["teleport", "", "COMMIT", "commit "])
def test_a_word_that_is_no_action_is_refused_as_unknown(action: str) -> None:
    assert "AUTOSD-ACTION-UNKNOWN" in codes(facts(action))


@pytest.mark.parametrize("action", sorted(Action))
def test_an_empty_rule_set_refuses_everything(action: Action) -> None:
    assert [o.code for o in evaluate((), facts(action))] == ["AUTOSD-ACTION-UNKNOWN"]


def test_unattended_work_needs_to_be_switched_on() -> None:
    for action in NAMED:
        assert codes(facts(action, principal=ROBOT)) == ["AUTOSD-NOT-ENABLED"]
        assert codes(facts(action, principal=ROBOT, enabled=True)) == []


def test_the_kill_switch_stops_everybody_but_a_person_may_still_roll_back() -> None:
    for action in NAMED:
        for principal in (PERSON, ROBOT):
            found = codes(facts(action, principal=principal, kill_switch=True))
            assert ("AUTOSD-KILL-SWITCH" in found) == (action is not Action.ROLLBACK)
            assert bool(found) == (action is not Action.ROLLBACK or principal is ROBOT)


def test_a_halted_project_can_only_be_rolled_back() -> None:
    for action in NAMED:
        assert codes(facts(action, halted=True)) == ([] if action is Action.ROLLBACK else ["AUTOSD-HALTED"])


def test_a_dry_run_leaves_an_artifact_and_nothing_else() -> None:
    allowed = {action for action in NAMED if not codes(facts(action, dry_run=True))}
    assert allowed == {Action.BUILD, Action.ARTIFACT, Action.SPEND}


@pytest.mark.parametrize("repo", ["/gen-evil", "/ge", "/", "/gen/../etc", "relative/gen"])
def test_a_repository_outside_the_allowed_ones_is_refused(repo: str) -> None:
    assert codes(facts(Action.BUILD, repo=Path(repo), allowed_repos=(Path("/gen"),))) == ["AUTOSD-REPO-NOT-ALLOWED"]


@pytest.mark.parametrize("repo", ["/gen", "/gen/a", "/gen/a/b"])
def test_a_repository_inside_an_allowed_folder_may_be_worked_on(repo: str) -> None:
    assert codes(facts(Action.BUILD, repo=Path(repo), allowed_repos=(Path("/other"), Path("/gen")))) == []


def test_no_allowed_repository_means_none() -> None:
    assert codes(facts(Action.BUILD, allowed_repos=())) == ["AUTOSD-REPO-NOT-ALLOWED"]


@pytest.mark.parametrize("risk", sorted(Risk))
def test_high_risk_needs_leave_of_its_own(risk: Risk) -> None:
    wild = risk in (Risk.HIGH, Risk.CRITICAL)
    assert codes(facts(risk=risk)) == (["AUTOSD-RISK-BLOCKED"] if wild else [])
    assert codes(facts(risk=risk, allow_high_risk=True)) == []
    assert codes(facts(Action.ROLLBACK, risk=risk)) == []


@pytest.mark.parametrize("path", ["run.sh", "Makefile", "cart.py.sh", "pkg.py/run", ".py", "cart.js", "a.pyc"])
def test_other_kinds_of_files_are_not_touched(path: str) -> None:
    for action in LANDING:
        assert "AUTOSD-SUFFIX-NOT-ALLOWED" in codes(facts(action, paths=("ok.py", path)))


def test_the_case_of_a_suffix_does_not_matter() -> None:
    assert codes(facts(paths=("README.MD", "a.Py"))) == []


def test_both_sides_of_a_rename_count() -> None:
    assert codes(facts(paths=("old.sh", "new.py"))) == ["AUTOSD-SUFFIX-NOT-ALLOWED"]
    assert codes(facts(paths=("old.py", ".github/new.py"))) == ["AUTOSD-PATH-PROTECTED"]


@pytest.mark.parametrize("target", ["/srv/shop/generated-evil/x.py", "/srv/shop/generated", "/srv/shop/generated/../x.py", "x.py", None])
def test_a_direct_write_stays_inside_the_write_root(target: str | None) -> None:
    asked = facts(Action.WRITE, target=Path(target) if target else None)
    assert "AUTOSD-WRITE-ROOT" in codes(asked)


def test_a_direct_write_without_a_write_root_is_refused() -> None:
    assert codes(facts(Action.WRITE, write_root=None)) == ["AUTOSD-WRITE-ROOT"]


def test_the_target_of_a_direct_write_is_judged_as_a_path_too() -> None:
    asked = facts(Action.WRITE, paths=(), target=REPO / "generated/.env")
    assert "AUTOSD-PATH-BLOCKED" in codes(asked)
    assert "AUTOSD-PATH-PROTECTED" in codes(facts(Action.WRITE, paths=(), target=REPO / "generated/.github/w.py"))


@pytest.mark.parametrize(
    ("action", "flag", "setting", "code"),
    [
        (Action.WRITE, "allow_direct_write", "governance.direct_write", "AUTOSD-DIRECT-WRITE-OFF"),
        (Action.PUSH, "allow_push", "landing.push", "AUTOSD-PUSH-OFF"),
        (Action.OPEN_PR, "allow_push", "landing.push", "AUTOSD-PUSH-OFF"),
    ],
)
def test_what_leaves_the_machine_or_writes_directly_needs_a_switch_or_a_grant(action: Action, flag: str, setting: str, code: str) -> None:
    assert codes(facts(action, **{flag: False})) == ["AUTOSD-PREAUTH-REQUIRED"]
    assert code in codes(facts(action, **{flag: False, "switched_off": frozenset({setting})}))


def test_opening_pull_requests_needs_a_switch_of_its_own() -> None:
    assert codes(facts(Action.OPEN_PR, allow_pull_request=False)) == ["AUTOSD-PR-OFF"]


def test_all_objections_come_back_together_each_with_a_remedy() -> None:
    asked = facts(
        Action.WRITE,
        principal=ROBOT,
        kill_switch=True,
        halted=True,
        dry_run=True,
        allowed_repos=(),
        risk=Risk.CRITICAL,
        paths=("../.env", ".github/x.sh"),
        target=Path("/etc/passwd"),
        allow_direct_write=False,
        switched_off=frozenset({"governance.direct_write"}),
        lines=100,
        policy=Policy(write=Leave.NO, max_risk=Risk.LOW, max_lines=1, max_files=1, allowed_paths=(("src/",),), approvals=1),
        presented=Presented("g", reason=Reason.GRANT_REVOKED, use=GrantUse(failures_in_a_row=9)),
        write_canary=WriteCanary(rate=2, per_day=1, today=1),
        normal_mode=NormalMode(
            executor=False, canary_enabled=False, cooldown_until=NOON + timedelta(hours=1), runs_last_hour=1, priority=0.1, files=2
        ),
    )
    objections = evaluate(FIRST_RULES, asked)
    exclusive = {"grant_required"}  # a grant that was not shown cannot be invalid
    names = [rule.name for rule in FIRST_RULES if Action.WRITE in rule.actions and rule.name not in exclusive]
    assert [o.rule for o in objections] == names
    assert all(o.remedy and o.message and "\n" not in o.message for o in objections)


def test_every_rule_has_a_name_a_sentence_and_a_code_of_its_own() -> None:
    for column in ("name", "code", "sentence"):
        values = [getattr(rule, column) for rule in FIRST_RULES]
        assert all(values) and len(set(values)) == len(values)


@pytest.mark.parametrize(
    ("asked", "result"),
    [
        (facts(kill_switch=True), "self_coding_engine_disabled"),
        (facts(principal=ROBOT), "self_coding_engine_disabled"),
        (facts(halted=True), "refused:halted"),
        (facts(dry_run=True), "refused:dry_run"),
        (facts(allowed_repos=()), "repo_path_not_allowed:/srv/shop"),
        (facts(risk=Risk.HIGH), "risk_blocked:high"),
        (facts(paths=("a/.env",)), "diff_path_blocked:a/.env"),
        (facts(paths=("ci/x.py", "a.sh")), "protected_path:ci/x.py"),
        (facts(paths=("a.sh",)), "diff_suffix_not_allowed:a.sh"),
        (facts(Action.WRITE, write_root=None), "path_outside_write_root"),
        (facts("teleport"), "refused:unknown_action"),
        (facts(Action.PUSH, switched_off=frozenset({"landing.push"})), "refused:push"),
        (facts(Action.PUSH, allow_push=False), "refused:grant_required"),
        (facts(policy=Policy(max_risk=Risk.LOW), risk=Risk.MEDIUM), "risk_blocked:medium"),
        (facts(policy=Policy(max_lines=3), lines=4), "too_large:4 lines"),
        (facts(policy=Policy(max_files=1), paths=("a.py", "b.py")), "too_large:2 files"),
        (facts(policy=Policy(allowed_paths=(("docs/",),))), "diff_path_blocked:src/cart.py"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refused_change_ends_with_the_guides_word(asked: Facts, result: str) -> None:
    assert str(result_of(evaluate(FIRST_RULES, asked))) == result


def test_no_refusal_no_result() -> None:
    with pytest.raises(ValueError, match="nothing objected"):
        result_of(())


def test_a_rule_that_breaks_objects_and_hides_no_other_objection() -> None:
    def broken(asked: Facts) -> Objection | None:
        raise ZeroDivisionError

    rules = (Rule("broken", "X", "Breaks.", GOVERNED, broken), *FIRST_RULES)
    objections = evaluate(rules, facts(halted=True))
    assert [(o.code, o.rule) for o in objections] == [("AUTOSD-RULE-BROKEN", "broken"), ("AUTOSD-HALTED", "halted")]


# ---- what holds for all facts and all rules ----------------------------------------------------------------------------------

any_rule = st.builds(
    lambda actions, objects: Rule(
        "site", "SITE", "A site's own rule.", frozenset(actions), lambda f: Objection("SITE", "no", "ask") if objects else None
    ),
    st.sets(st.sampled_from(Action)),
    flags,
)


@settings(deadline=None, database=None, max_examples=200)
@given(any_facts, any_rule, st.integers(0, len(FIRST_RULES)))
def test_adding_any_rule_anywhere_never_takes_an_objection_away(asked: Facts, rule: Rule, place: int) -> None:
    before = set(evaluate(FIRST_RULES, asked))
    after = set(evaluate((*FIRST_RULES[:place], rule, *FIRST_RULES[place:]), asked))
    assert before <= after


@settings(deadline=None, database=None, max_examples=100)
@given(any_facts, st.permutations(FIRST_RULES))
def test_the_order_of_the_rules_does_not_matter(asked: Facts, rules: list[Rule]) -> None:
    assert set(evaluate(rules, asked)) == set(evaluate(FIRST_RULES, asked))


STRICTER = {  # the strictest value of each fact
    "halted": True,
    "kill_switch": True,
    "enabled": False,
    "dry_run": True,
    "allow_high_risk": False,
    "allow_push": False,
    "allow_pull_request": False,
    "allow_direct_write": False,
    "allowed_repos": (),
    "allowed_suffixes": (),
    "protected": ("docs/", "a.py"),
    "write_root": None,
    "risk": Risk.CRITICAL,
    "principal": ROBOT,
    "require_grant": True,
    "require_approval": True,
    "approvals_given": 0,
    "self_change": True,
    "lines": 10_000,
    "canary": False,
    "gates_passed": frozenset(),
    "switched_off": frozenset({"landing.push", "landing.pull_request", "governance.direct_write"}),
    "presented": Presented("g", reason=Reason.GRANT_REVOKED),
    "normal_mode": NormalMode(),
    "write_canary": WriteCanary(rate=2),
    "patches_of_incident": 10_000,
}


@settings(deadline=None, database=None, max_examples=200)
@given(any_facts, st.sampled_from(sorted(STRICTER)))
def test_making_any_one_fact_stricter_never_permits_more(asked: Facts, name: str) -> None:
    if evaluate(FIRST_RULES, asked):
        assert evaluate(FIRST_RULES, replace(asked, **{name: STRICTER[name]}))


@settings(deadline=None, database=None, max_examples=200)
@given(any_facts, st.sets(st.sampled_from(FIRST_RULES)), st.sampled_from(FIRST_RULES))
def test_of_any_two_sets_of_rules_the_larger_one_never_allows_more(asked: Facts, few: set[Rule], one: Rule) -> None:
    smaller = tuple(rule for rule in FIRST_RULES if rule in few)
    larger = tuple(rule for rule in FIRST_RULES if rule in few or rule is one)
    named = {objection.rule for objection in evaluate(smaller, asked)} - {"unknown_action"}
    assert named <= {objection.rule for objection in evaluate(larger, asked)}

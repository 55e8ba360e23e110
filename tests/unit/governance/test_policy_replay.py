"""Replay: unchanged rules give the decisions that were made; other rules say which would have been others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autosd.domain.decisions import Action, Facts, Objection
from autosd.domain.errors import AutosdError
from autosd.domain.policies import Leave, Policy
from autosd.governance.first_rules import FIRST_RULES
from autosd.governance.guard import Guard, Refused
from autosd.governance.policy.frozen import to_json
from autosd.governance.policy.replay import Replayed, Unreadable, replay, unchanged, under_policy, under_settings
from autosd.governance.rules import GOVERNED, Rule, evaluate

from .conftest import Record, Ticking
from .test_rules import any_facts, facts

pytestmark = pytest.mark.slow


def decided(asked: Facts, **more: Any) -> dict[str, Any]:
    """An entry as the guard writes it."""
    objections = [{"rule": each.rule, "code": each.code, "message": each.message} for each in evaluate(FIRST_RULES, asked)]
    objections += more.pop("and_objections", [])
    details: dict[str, Any] = {"facts": to_json(asked)}
    kind = "refused" if objections else "permitted"
    return {
        "kind": kind,
        "seq": 1,
        "timestamp": "2026-03-01T12:00:00+00:00",
        "permit_id": "p",
        "details": {**details, **({"objections": objections} if objections else {})},
        **more,
    }


def anew(entries: list[dict[str, Any]], change: Any = unchanged, rules: Any = FIRST_RULES) -> list[Any]:
    return list(replay(entries, rules, change))


@settings(deadline=None, database=None, max_examples=200)
@given(st.lists(any_facts, max_size=4))
def test_unchanged_rules_give_identical_decisions(asked: list[Facts]) -> None:
    for each in anew([decided(one) for one in asked]):
        assert isinstance(each, Replayed) and each.then == each.now and not each.different


@settings(deadline=None, database=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(any_facts, max_size=3))
def test_what_the_guard_recorded_is_decided_the_same_again(record: Record, asked: list[Facts]) -> None:
    numbers = iter(range(1000))
    guard = Guard(record.log, Ticking(), lambda: f"id-{next(numbers)}")
    before = len(record.entries()) if record.path.exists() else 0
    for one in asked:
        try:
            with guard.permit(one):
                pass
        except Refused:
            pass
        except AutosdError:
            return
    written = (record.entries() if record.path.exists() else [])[before:]
    found = anew(written)
    assert len(found) == len(asked) and all(isinstance(each, Replayed) and each.then == each.now for each in found)


def test_a_quota_that_was_used_up_is_not_asked_again() -> None:
    entry = decided(facts(), and_objections=[{"rule": "quota", "code": "AUTOSD-QUOTA-EXCEEDED", "message": "no"}])
    (found,) = anew([entry])
    assert found.then == found.now == ("AUTOSD-QUOTA-EXCEEDED",)


def test_a_new_rule_says_what_it_would_have_denied() -> None:
    new = Rule("no_commits", "NEW", "No commits.", GOVERNED, lambda f: Objection("NEW", "no", "ask") if f.action is Action.COMMIT else None)
    found = anew([decided(facts()), decided(facts(Action.BUILD)), decided(facts(halted=True))], rules=(*FIRST_RULES, new))
    assert [each.different for each in found] == [True, False, False] and found[0].now == ("NEW",)


def test_a_rule_of_the_site_that_is_gone_no_longer_objects() -> None:
    entry = decided(facts(), and_objections=[{"rule": "site:freeze", "code": "SITE-FREEZE", "message": "no"}])
    (found,) = anew([entry])
    assert found.different and found.now == ()


def test_another_policy_takes_the_organisations_place(tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    new.write_text("[limits]\nmax_lines = 10\n[leave]\ncommit = false\n")
    past = [
        decided(facts(lines=5)),
        decided(facts(Action.BUILD, lines=50)),
        decided(facts(Action.PUSH, allow_push=False, policy=Policy(auto_push=Leave.YES))),
    ]
    found = anew(past, under_policy(new, tmp_path / "home"))
    assert [each.now for each in found] == [("AUTOSD-POLICY-BLOCKED",), (), ("AUTOSD-PREAUTH-REQUIRED",)]


def test_the_layers_below_still_tighten(tmp_path: Path) -> None:
    layer = tmp_path / "home/projects/shop/policy.toml"
    layer.parent.mkdir(parents=True)
    layer.write_text("[leave]\ncommit = false\n")
    new = tmp_path / "new.toml"
    new.write_text("[leave]\ncommit = true\n")
    (found,) = anew([decided(facts())], under_policy(new, tmp_path / "home"))
    assert found.now == ("AUTOSD-POLICY-BLOCKED",)


@pytest.mark.parametrize(
    ("text", "asked", "now"),
    [
        ("enabled = false", facts(), ("AUTOSD-KILL-SWITCH",)),
        ("dry_run = true", facts(), ("AUTOSD-DRY-RUN",)),
        ("[governance]\nallow_high_risk = true", facts(risk="high"), ()),
        ("[governance]\nallowed_suffixes = ['.md']", facts(), ("AUTOSD-SUFFIX-NOT-ALLOWED",)),
        ("[governance]\nallowed_repos = ['/elsewhere']", facts(), ("AUTOSD-REPO-NOT-ALLOWED",)),
        ("[governance]\nrequire_approval = true", facts(), ("AUTOSD-APPROVAL-REQUIRED",)),
        ("[landing]\npush = false", facts(Action.PUSH), ("AUTOSD-PREAUTH-REQUIRED", "AUTOSD-PUSH-OFF")),
        ("[landing]\npush = true", facts(Action.PUSH, allow_push=False), ()),
        ("[governance]\nwrite_root = 'elsewhere'", facts(Action.WRITE), ("AUTOSD-WRITE-ROOT",)),
        ("[governance]\ncanary_apply_rate = 3", facts(Action.WRITE), ("AUTOSD-WRITE-CANARY",)),
        ("[fix]\nworkers = 3", facts(), ()),
    ],
)  # fmt: skip
def test_other_settings_count_as_far_as_decisions_rest_on_them(tmp_path: Path, text: str, asked: Facts, now: tuple[str, ...]) -> None:
    from autosd.domain.decisions import Risk

    file = tmp_path / "autosd.toml"
    file.write_text(text + "\n")
    change, unused = under_settings(file)
    (found,) = anew([decided(replace(asked, risk=Risk(asked.risk)))], change)
    assert found.now == now and unused == (("fix.workers",) if "[fix]" in text else ())


def test_what_the_record_did_not_keep_is_counted_not_guessed() -> None:
    entries = [
        {"kind": "permitted", "seq": 7, "details": {}},
        {"kind": "done", "seq": 8},
        {"kind": "refused", "seq": 9, "details": {"cut": "x"}},
    ]
    torn = {**decided(facts()), "seq": 10, "kind": "refused"}  # a refusal without an objection is none
    assert anew([*entries, torn]) == [Unreadable(7), Unreadable(9), Unreadable(10)]


@pytest.mark.parametrize("read", [lambda file: under_policy(file, file.parent), under_settings])
def test_a_file_that_is_not_there_is_told(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    with pytest.raises(AutosdError):
        read(tmp_path / "none.toml")

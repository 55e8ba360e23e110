"""A site's Cedar policies: they can only object, and what is not valid permits nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings

from autosd.domain.actions import Action, Risk
from autosd.domain.errors import AutosdError
from autosd.governance.first_rules import FIRST_RULES
from autosd.governance.policy.cedar import schema_text, site_rules
from autosd.governance.policy.explain import applied, explain
from autosd.governance.rules import evaluate

from .test_rules import any_facts, facts

FREEZE = """
@id("freeze") @code("SITE-FREEZE") @message("No long pushes.") @remedy("Split the change.")
forbid(principal, action == Action::"push", resource) when { context.lines > 10 };
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "policy.d").mkdir()
    return tmp_path


def write(site: Path, text: str, name: str = "a.cedar") -> None:
    (site / "policy.d" / name).write_text(text)


def codes(site: Path, asked: object) -> list[str]:
    return [objection.code for objection in evaluate((*FIRST_RULES, *site_rules(site)), asked)]  # type: ignore[arg-type]


def test_without_files_there_are_no_rules_and_nothing_is_imported(site: Path) -> None:
    write(site, "forbid(principal, action, resource);", "notes.txt")
    assert site_rules(site) == () == site_rules(site / "nowhere")
    script = "import sys, pathlib; from autosd.governance.policy.cedar import site_rules; site_rules(pathlib.Path(sys.argv[1])); "
    script += "sys.exit('cedarpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script, str(site)], check=False).returncode == 0


def test_a_forbid_that_matches_objects_in_its_own_words(site: Path) -> None:
    write(site, FREEZE)
    (objection,) = evaluate((*FIRST_RULES, *site_rules(site)), facts(Action.PUSH, lines=11))
    assert (objection.code, objection.message, objection.remedy) == ("SITE-FREEZE", "No long pushes.", "Split the change.")
    assert codes(site, facts(Action.PUSH, lines=10)) == [] == codes(site, facts(Action.COMMIT, lines=11))


def test_a_permit_gives_no_leave(site: Path) -> None:
    write(site, "permit(principal, action, resource);")
    assert site_rules(site) == () and codes(site, facts(halted=True)) == ["AUTOSD-HALTED"]


def test_several_files_and_policies_are_told_apart(site: Path) -> None:
    many = "\n".join(f'@code("N{n}") forbid(principal, action, resource) when {{ context.lines == {n} }};' for n in range(12))
    write(site, "permit(principal, action, resource);\n" + many, "b.cedar")
    write(site, FREEZE, "a.cedar")
    write(site, '@code("LAST") forbid(principal, action, resource) when { context.paths.contains("z.py") };', "c.cedar")
    for n in range(12):
        assert codes(site, facts(lines=n)) == [f"N{n}"]
    assert codes(site, facts(paths=("z.py",), lines=50)) == ["LAST"]


def test_every_fact_of_the_schema_can_be_asked_for(site: Path) -> None:
    write(
        site,
        """forbid(principal == Principal::"ada", action == Action::"deploy", resource == Project::"shop") when {
            context.attended && context.environment == "dev" && context.risk == "high" && context.risk_level == 2
            && context.suffixes.contains(".py") && context.files == 1 && context.lines == 3 && context.purpose == "p"
            && context.scope == "s" && context.tenant == "t" && !context.dry_run && context.self_change && context.canary
            && context.approvals == 2 && context.gates.contains("suite") && context.grant == "" && !context.break_glass
            && context.hour == 12 && context.weekday == 7 && context.date == "2026-03-01" && context.paths.contains("src/cart.py") };""",
    )
    asked = facts(
        Action.DEPLOY,
        risk=Risk.HIGH,
        allow_high_risk=True,
        lines=3,
        purpose="p",
        scope="s",
        tenant="t",
        self_change=True,
        canary=True,
        approvals_given=2,
        gates_passed=frozenset({"suite"}),
    )
    assert codes(site, asked) == ["AUTOSD-SITE-POLICY"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('@id("x") forbid(principal, action, resource) when { context.lined > 1 };', ["policy x", "lined"]),
        ('@id("x") forbid(principal, action == Action::"fly", resource);', ["policy x", "fly"]),
        ('forbid(principal, action, resource) when { context.lines > "1" };', ["policy0"]),
        ("forbid(principal action);", ["unexpected"]),
        ("forbid(principal == ?principal, action, resource);", ["template"]),
        ('@id("a") forbid(principal, action, resource); @id("a") forbid(principal, action, resource);', ["two policies"]),
        ("\udcff", ["cannot be read"]),
    ],
)
def test_what_is_not_valid_is_told_with_file_and_policy_and_permits_nothing(site: Path, text: str, words: list[str]) -> None:
    write(site, FREEZE, "good.cedar")
    (site / "policy.d" / "bad.cedar").write_text(text, errors="surrogateescape")
    with pytest.raises(AutosdError) as error:
        site_rules(site)
    assert error.value.code == "AUTOSD-CEDAR-INVALID" and "\n" not in str(error.value)
    assert all(word in str(error.value) for word in ["bad.cedar", "nothing is permitted", *words])


def test_a_policy_that_fails_on_a_request_objects(site: Path) -> None:
    write(site, "forbid(principal, action, resource) when { context.lines * 9223372036854775807 > 3 };")
    assert codes(site, facts(lines=2)) == ["AUTOSD-RULE-BROKEN"]


def test_a_changed_file_holds_at_once(site: Path) -> None:
    write(site, FREEZE)
    assert codes(site, facts(Action.PUSH, lines=11)) == ["SITE-FREEZE"]
    write(site, FREEZE.replace("10", "20"))
    assert codes(site, facts(Action.PUSH, lines=11)) == []
    write(site, '@code("OTHER") forbid(principal, action, resource);', "b.cedar")
    assert codes(site, facts(Action.PUSH, lines=21)) == ["SITE-FREEZE", "OTHER"]


def test_other_words_of_a_policy_are_another_rule_to_who_compares_rules(site: Path) -> None:
    write(site, FREEZE)
    before = site_rules(site)[0].sentence
    write(site, FREEZE.replace("10", "20"))
    assert site_rules(site)[0].sentence != before


def test_the_flip_of_a_sites_policy_is_to_change_it(site: Path) -> None:
    write(site, FREEZE)
    rules, asked = (*FIRST_RULES, *site_rules(site)), facts(Action.PUSH, lines=11)
    (found,) = explain(rules, asked, (), {})
    assert "freeze" in str(found.todo[0]) and "a.cedar" in str(found.todo[0])
    changed, fewer = applied(found.flip, asked, rules)
    assert evaluate(fewer, changed) == ()


@settings(deadline=None, database=None, max_examples=50)
@given(any_facts)
def test_a_sites_policies_never_take_an_objection_away(asked: object) -> None:
    site = Path(__file__).parent / "site"
    assert set(codes(site / "none", asked)) <= set(codes(site, asked))


def test_a_decision_costs_less_than_a_millisecond(site: Path) -> None:
    write(site, FREEZE + "\n".join(f"forbid(principal, action, resource) when {{ context.lines == {n + 100} }};" for n in range(20)))
    one, other = facts(Action.PUSH, lines=5), facts(Action.PUSH, lines=6)
    evaluate(site_rules(site), one)
    spent = []
    for number in range(200):
        began = time.perf_counter()
        evaluate(site_rules(site), other if number % 2 else one)
        spent.append(time.perf_counter() - began)
    assert sorted(spent)[100] < 0.001


def test_the_schema_names_every_action() -> None:
    assert all(f'"{action}"' in schema_text() for action in Action)


@pytest.mark.parametrize("place", ["a link that leads nowhere", "a file"])
def test_a_folder_of_policies_that_is_not_there_any_more_permits_nothing(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "policy.d"
    folder.symlink_to(tmp_path / "not-mounted") if place != "a file" else folder.write_text("")
    with pytest.raises(AutosdError) as refused:
        site_rules(tmp_path)
    assert refused.value.code == "AUTOSD-CEDAR-INVALID"

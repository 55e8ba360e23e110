"""Layers of policy: what files say, what they meet in, and that nothing but the owner's own file loosens anything."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.domain.actions import Action, Risk
from autosd.domain.errors import AutosdError
from autosd.domain.policies import LEAVES, OPEN, Leave, Policy, meet, meet_all
from autosd.governance.first_rules import FIRST_RULES
from autosd.governance.policy.changing import FIELDS, KEYS, said, stricter, with_value, written
from autosd.governance.policy.files import Layer, read_layer
from autosd.governance.policy.layers import deciders, in_the_way, layers_of, met, resolved_policy, spoken
from autosd.governance.rules import evaluate

from .test_rules import any_facts

EVERYTHING = """
[deployment]
allow_dev = false
allow_staging = "with_grant"
allow_prod = true
require_canary_for_prod = false
[gitops]
auto_push = true
auto_merge = false
[app_store]
publish_enabled = "with_grant"
[leave]
unattended = true
commit = false
write = true
rollback = "with_grant"
heal = "with_grant"
[limits]
max_risk = "medium"
max_lines = 200
max_files = 5
[paths]
allowed = ["src/", "docs/"]
protected = ["src/billing/"]
[approvals]
required = 1
self_changes = 3
[budgets]
max_deploys_per_day = 4
max_patches_per_incident = 1
max_auto_merges_per_day = 2
max_failures_before_halt = 3
"""


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    home, root = tmp_path / "home", tmp_path / "shop"
    (home / "tenants" / "acme").mkdir(parents=True)
    (home / "projects" / "shop").mkdir(parents=True)
    (root / ".autosd").mkdir(parents=True)
    return home, root


def resolve(places: tuple[Path, Path]) -> Policy:
    return resolved_policy(*places, "shop", "acme")


def refused(places: tuple[Path, Path]) -> str:
    with pytest.raises(AutosdError) as error:
        resolve(places)
    assert error.value.code == "AUTOSD-POLICY-INVALID" and "\n" not in str(error.value)
    return str(error.value)


def test_with_no_file_the_built_in_policy_holds(places: tuple[Path, Path]) -> None:
    assert resolve(places) == Policy()


def test_every_key_of_a_policy_can_be_written_and_is_read(places: tuple[Path, Path]) -> None:
    (places[0] / "policy.toml").write_text(EVERYTHING)
    layer = layers_of(*places, "shop", "acme")[0]
    assert set(layer.said) == set(FIELDS.values())
    policy = resolve(places)
    assert policy.deploy_dev is Leave.NO and policy.deploy_prod is Leave.YES and policy.rollback is Leave.WITH_GRANT
    assert policy.max_risk is Risk.MEDIUM and policy.allowed_paths == (("src/", "docs/"),) and policy.budgets.max_deploys_per_day == 4
    assert not policy.require_canary_for_prod and policy.approvals_for_self_changes == 3


def test_the_owners_file_may_loosen_what_autosd_comes_with_and_no_other_may(places: tuple[Path, Path]) -> None:
    home, root = places
    loose = "[gitops]\nauto_push = true\n[leave]\nunattended = true\n"
    for path in (home / "tenants/acme/policy.toml", home / "projects/shop/policy.toml", root / ".autosd/policy.toml"):
        path.write_text(loose)
    assert resolve(places).auto_push is Leave.WITH_GRANT and resolve(places).unattended is Leave.WITH_GRANT
    (home / "policy.toml").write_text(loose)
    assert resolve(places).auto_push is Leave.YES and resolve(places).unattended is Leave.YES


@pytest.mark.parametrize("place", ["home/tenants/acme", "home/projects/shop", "shop/.autosd"])
def test_every_layer_can_tighten(places: tuple[Path, Path], place: str) -> None:
    (places[0] / "policy.toml").write_text('[gitops]\nauto_push = true\n[limits]\nmax_lines = 10\n[paths]\nallowed = ["src/"]\n')
    (places[0].parent / place / "policy.toml").write_text(
        '[gitops]\nauto_push = false\n[limits]\nmax_lines = 5\n[paths]\nallowed = ["lib/"]\n'
    )
    policy = resolve(places)
    assert policy.auto_push is Leave.NO and policy.max_lines == 5 and policy.allowed_paths == (("src/",), ("lib/",))


def test_a_changed_file_holds_at_once(places: tuple[Path, Path]) -> None:
    file = places[0] / "policy.toml"
    file.write_text("[limits]\nmax_lines = 10\n")
    assert resolve(places).max_lines == 10
    file.write_text("[limits]\nmax_lines = 99\n")
    assert resolve(places).max_lines == 99
    file.unlink()
    assert resolve(places).max_lines is None


def test_a_linked_file_of_the_owner_is_read_through(places: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "kept.toml").write_text("[limits]\nmax_lines = 10\n")
    (places[0] / "policy.toml").symlink_to(tmp_path / "kept.toml")
    assert resolve(places).max_lines == 10
    (tmp_path / "kept.toml").write_text("[limits]\nmax_lines = 9\n")
    assert resolve(places).max_lines == 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[gitops]\nauto_psuh = true\n", ["gitops.auto_psuh", "gitops.auto_push"]),
        ("[gitop]\nauto_push = true\n", ["'gitop'", "gitops"]),
        ("auto_push = true\n", ["'auto_push'", "gitops.auto_push"]),
        ("[limits]\nauto_push = true\n", ["limits.auto_push", "gitops.auto_push"]),
        ("[gitops]\nauto_push = 1\n", ["gitops.auto_push", '"with_grant"']),
        ('[gitops]\nauto_push = "yes"\n', ["'yes'", '"with_grant"']),
        ("[limits]\nmax_lines = true\n", ["limits.max_lines", "whole number"]),
        ("[limits]\nmax_lines = -1\n", ["'-1'"]),
        ("[limits]\nmax_lines = 1e9\n", ["limits.max_lines"]),
        ('[limits]\nmax_risk = "extreme"\n', ["low, medium"]),
        ('[paths]\nallowed = "src/"\n', ["a list of globs"]),
        ("[paths]\nallowed = [1]\n", ["a list of globs"]),
        ('[paths]\nprotected = [""]\n', ["a list of globs"]),
        ("[deployment]\nrequire_canary_for_prod = 0\n", ["true or false"]),
        ("[[gitops]]\nauto_push = true\n", ["gitops"]),
        ("[gitops\n", ["no TOML"]),
        ("gitops = 3\n", ["gitops"]),
    ],
)
def test_what_is_not_understood_is_told_in_one_line_and_permits_nothing(places: tuple[Path, Path], text: str, words: list[str]) -> None:
    (places[0] / "policy.toml").write_text(text)
    told = refused(places)
    assert all(word in told for word in ["policy.toml", "nothing is permitted", *words])


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * 70_000, b"a = " + b"[" * 5000])
def test_a_file_that_is_no_sane_text_permits_nothing(places: tuple[Path, Path], content: bytes) -> None:
    (places[1] / ".autosd" / "policy.toml").write_bytes(content)
    refused(places)


def test_a_repositorys_policy_is_a_plain_file_in_a_plain_folder(places: tuple[Path, Path], tmp_path: Path) -> None:
    file = places[1] / ".autosd" / "policy.toml"
    (tmp_path / "secret.toml").write_text("password = 1\n")
    file.symlink_to(tmp_path / "secret.toml")
    assert "password" not in refused(places)
    file.unlink()
    os.mkfifo(file)
    assert "plain file" in refused(places)
    file.unlink()
    file.parent.rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "policy.toml").write_text("password = 1\n")
    file.parent.symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in refused(places) and "password" not in refused(places)


@pytest.mark.parametrize("name", ["../acme", "a/b", "..", "", ".hidden", "a" * 100])
def test_a_name_that_is_none_is_no_part_of_a_path(places: tuple[Path, Path], name: str) -> None:
    assert [layer.name for layer in layers_of(*places, name, name)] == ["organisation", "repository"]


def test_what_says_nothing_changes_nothing() -> None:
    assert meet(OPEN, Policy()) == Policy() == meet(Policy(), OPEN)


# ---- what holds for all layers -----------------------------------------------------------------------------------------------

VALUES: dict[str, Any] = {
    **{name: st.sampled_from(Leave) for name in LEAVES},
    "require_canary_for_prod": st.booleans(),
    "max_risk": st.sampled_from(Risk),
    **{name: st.integers(0, 4) for name in ("max_lines", "max_files", "approvals", "approvals_for_self_changes")},
    **{where: st.integers(0, 30) for where in FIELDS.values() if where.startswith("budgets.")},
    "allowed_paths": st.sampled_from([("a.py",), ("docs/",), ("**",)]),
    "protected_paths": st.sampled_from([("a.py",), ("docs/",)]),
}
any_words = st.fixed_dictionaries({}, optional=VALUES)
any_layer = st.builds(lambda words: Layer("any", Path("any"), words, True), any_words)
any_layers = st.lists(any_layer, min_size=1, max_size=4)


def test_the_words_of_this_test_are_all_there_are() -> None:
    assert set(VALUES) == set(FIELDS.values())


@pytest.mark.slow
@settings(deadline=None, database=None, max_examples=300)
@given(any_facts, any_layers, any_layer)
def test_adding_a_layer_never_allows_more(asked: Any, layers: list[Layer], more: Layer) -> None:
    if evaluate(FIRST_RULES, replace(asked, policy=met(layers))):
        assert evaluate(FIRST_RULES, replace(asked, policy=met([*layers, more])))


@pytest.mark.slow
@settings(deadline=None, database=None, max_examples=200)
@given(any_facts, any_layers, st.randoms())
def test_the_order_of_the_layers_below_the_owners_does_not_matter(asked: Any, layers: list[Layer], random: Any) -> None:
    shuffled = layers[1:]
    random.shuffle(shuffled)
    one, other = met(layers), met([layers[0], *shuffled])
    assert bool(evaluate(FIRST_RULES, replace(asked, policy=one))) == bool(evaluate(FIRST_RULES, replace(asked, policy=other)))
    assert replace(one, allowed_paths=(), protected_paths=()) == replace(other, allowed_paths=(), protected_paths=())


@pytest.mark.slow
@settings(deadline=None, database=None, max_examples=200)
@given(st.lists(any_words, min_size=3, max_size=3))
def test_layers_meet_in_the_same_whichever_are_put_together_first(words: list[dict[str, Any]]) -> None:
    a, b, c = (spoken(OPEN, Layer("any", Path("any"), each)) for each in words)
    assert meet(meet(a, b), c) == meet(a, meet(b, c)) == meet_all([a, b, c]) and meet(a, a) == a


@pytest.mark.slow
@settings(deadline=None, database=None, max_examples=300)
@given(any_layers, st.data())
def test_the_layers_in_the_way_are_just_those_that_have_to_say_otherwise(layers: list[Layer], data: Any) -> None:
    where = data.draw(st.sampled_from(sorted(set(VALUES) - {"allowed_paths", "protected_paths"})))
    value = data.draw(VALUES[where])
    if said(met(layers), where) is None or not stricter(where, said(met(layers), where), value):
        return
    guilty = in_the_way(layers, where, value)
    assert guilty
    changed = [replace(each, said={**each.said, where: value}) if any(each is one for one in guilty) else each for each in layers]
    assert not stricter(where, said(met(changed), where), value)
    for spared in guilty:  # leaving out any one of them is not enough
        kept = [each if each is spared else new for each, new in zip(layers, changed, strict=True)]
        assert stricter(where, said(met(kept), where), value)


@settings(deadline=None, database=None, max_examples=100)
@given(any_layers, st.sampled_from(sorted(VALUES)))
def test_who_decides_said_so(layers: list[Layer], where: str) -> None:
    found = deciders(layers, where)
    assert all(where in layer.said for layer in found)
    if not found and where not in ("allowed_paths", "protected_paths"):
        assert said(met(layers), where) == said(Policy(), where)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(EVERYTHING)
    layer = read_layer("organisation", file)
    lines = []
    for where, value in layer.said.items():
        section, _, key = KEYS[where].partition(".")
        lines.append(f"[{section}]\n{key} = {written(value)}\n")
    for block in lines:
        file.write_text(block)
        (where,) = read_layer("organisation", file).said
        assert read_layer("organisation", file).said[where] == layer.said[where]


@pytest.mark.parametrize("action", sorted(Action))
def test_a_policy_that_says_no_to_everything_leaves_work_and_artifacts(action: Action) -> None:
    from .test_rules import facts

    closed = OPEN
    for name in LEAVES:
        closed = with_value(closed, name, Leave.NO)
    permitted = not evaluate(FIRST_RULES, facts(action, policy=closed))
    assert permitted == (action in (Action.BUILD, Action.ARTIFACT, Action.SPEND))


def test_a_layer_whose_file_is_a_link_that_leads_nowhere_permits_nothing(places: tuple[Path, Path]) -> None:
    resolve(places)  # as long as there is none, it says nothing; that must not be remembered of what comes after
    (places[0] / "policy.toml").symlink_to(places[0] / "not-mounted.toml")
    assert "leads nowhere" in refused(places)

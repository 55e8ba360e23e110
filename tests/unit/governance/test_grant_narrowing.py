"""The law of narrowing: what a child allows is a subset of what its parent allows, whatever is appended and whatever is asked."""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest

from autosd.domain.grants import Grant, Presented, Terms
from autosd.governance.grants.limits import require_narrower
from autosd.governance.grants.narrowing import effective, path_layers
from autosd.governance.grants.tokens import narrowed, verified
from autosd.governance.grants.verdict import refusal

from .conftest import NOON
from .grant_kit import ID, KEY, random_facts, random_terms, random_use, token_of

CHAINS = int(os.environ.get("SOAK_CHAINS", "100000"))
QUESTIONS = 12


def chain_of(dice: random.Random) -> list[Terms]:
    return [random_terms(dice, root=True), *(random_terms(dice) for _ in range(dice.randint(1, 4)))]


def links(chain: list[Terms]) -> list[Grant]:
    """The root, and each of its children in turn."""
    return [Grant(ID, tuple(chain[:n]), NOON) for n in range(1, len(chain) + 1)]


def assert_never_wider(dice: random.Random, grants: list[Grant]) -> int:
    """No question that a link answers with yes was answered with no by the one before. How often there was a yes."""
    yes = 0
    for _ in range(QUESTIONS):
        asked, use = random_facts(dice), random_use(dice)
        answers = [refusal(Presented(each.id, each, use=use), asked) is None for each in grants]
        assert answers == sorted(answers, reverse=True), (asked, grants[-1].terms)
        yes += answers[0]
    return yes


def test_no_chain_of_narrowing_ever_widens() -> None:
    dice = random.Random(3)
    yes = sum(assert_never_wider(dice, links(chain_of(dice))) for _ in range(300))
    assert yes > 50, "questions that nothing allows show nothing"


@pytest.mark.soak
def test_no_chain_of_narrowing_ever_widens_in_great_number() -> None:
    dice = random.Random(int(os.environ.get("SOAK_SEED", "4")))
    for _ in range(CHAINS):
        assert_never_wider(dice, links(chain_of(dice)))


@pytest.mark.parametrize("seed", range(60))
def test_the_same_holds_through_real_tokens(seed: int) -> None:
    dice = random.Random(seed)
    root, *more = chain_of(dice)
    token = token_of(Grant(ID, (root,), NOON))
    grants = []
    for terms in (None, *more):
        token = token if terms is None else narrowed(token, terms, NOON)
        found = verified(token, [KEY])
        assert found is not None
        grants.append(found[0].grant)
    assert grants[-1].terms == (root, *more)
    assert_never_wider(dice, grants)


@pytest.mark.parametrize("seed", range(100))
def test_what_people_are_shown_is_what_counts(seed: int) -> None:
    """The merged terms answer as the chain does; only several layers of paths cannot be merged."""
    dice = random.Random(seed)
    chain = chain_of(dice)
    merged = [effective(chain), *(Terms(paths=layer) for layer in path_layers(chain))]
    for _ in range(QUESTIONS):
        asked, use = random_facts(dice), random_use(dice)
        real, shown = (Presented(ID, Grant(ID, tuple(terms), NOON), use=use) for terms in (chain, merged))
        assert (refusal(real, asked) is None) == (refusal(shown, asked) is None)


@pytest.mark.parametrize("seed", range(100))
def test_an_accepted_narrowing_says_exactly_what_the_child_will_have(seed: int) -> None:
    """``narrow`` refuses what would have no effect: after it, each thing it names is as it names it."""
    dice = random.Random(seed)
    chain, more = chain_of(dice)[:2], replace(random_terms(dice), not_before=None)
    try:
        require_narrower("parent", chain, more)
    except Exception as error:
        assert getattr(error, "code", "") in ("AUTOSD-GRANT-WIDER", "AUTOSD-GRANT-SAME", "AUTOSD-GRANT-HOURS")
        return
    have = effective([*chain, more])
    for name in ("project_ids", "capabilities", "environments", "expires_at", "max_uses", "max_lines", "max_risk"):
        said = getattr(more, name)
        assert said is None or getattr(have, name) == said

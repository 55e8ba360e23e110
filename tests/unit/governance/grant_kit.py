"""Grants for tests: an owner's key, terms and facts that fit each other until a test changes them, and random ones."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from autosd.domain.actions import Action, Principal, Risk
from autosd.domain.decisions import Facts
from autosd.domain.grants import Budgets, Capability, Grant, GrantUse, Presented, RequiredGates, Terms
from autosd.governance.grants.tokens import signed

from .conftest import NOON

ID = "123e4567-e89b-42d3-a456-426614174000"
REPO = Path("/srv/shop")
OWNER = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
KEY = OWNER.public_key().public_bytes_raw()
HOUR = timedelta(hours=1)

TERMS = Terms(
    project_ids=frozenset({"shop"}),
    capabilities=frozenset(Capability),
    expires_at=NOON + HOUR,
    budgets=Budgets(),
    required_gates=RequiredGates(),
)


def grant(*more: Terms, **changes: Any) -> Grant:
    """A grant whose first terms are ``TERMS``, changed; and narrowed by ``more``."""
    return Grant(ID, (replace(TERMS, **changes), *more), NOON, ids=(ID, *(f"child-{n}" for n in range(len(more)))))


def token_of(root: Grant, owner: Ed25519PrivateKey = OWNER) -> str:
    return signed(root, owner.private_bytes_raw(), owner.public_key().public_bytes_raw())


def facts(action: Action | str = Action.COMMIT, **changes: Any) -> Facts:
    """Facts that ``grant()`` covers."""
    asked = Facts(
        action=action,
        principal=Principal("ada", attended=False),
        project="shop",
        repo=REPO,
        now=NOON,
        paths=("src/cart.py",),
        lines=3,
        environment="prod" if action in (Action.DEPLOY, Action.PROMOTE) else "",
        gates_passed=frozenset({"suite"}),
        canary=True,
    )
    return replace(asked, **changes)


def shown(held: Grant, **use: int) -> Presented:
    return Presented(held.id, held, use=GrantUse(**use))


GLOBS = ("**", "src/**", "src/*.py", "**/*.py", "*.md", "docs/**", "src/cart/**", "src/c*/?.py")
PATHS = ("src/cart.py", "src/cart/a.py", "docs/x.md", "README.md", "src/deep/er/b.py", "x", "../up", "/abs", "src/\0", "SRC/cart.py")
PROJECTS, ENVIRONMENTS = ("shop", "blog", "api"), ("dev", "staging", "prod")


def some(dice: random.Random, of: tuple[Any, ...]) -> frozenset[Any]:
    return frozenset(each for each in of if dice.random() < 0.7)


def random_terms(dice: random.Random, *, root: bool = False) -> Terms:
    """Any terms that can be written. A root's always name rights and an end."""
    said: dict[str, Any] = {
        "project_ids": some(dice, PROJECTS),
        "capabilities": some(dice, tuple(Capability)),
        "environments": some(dice, ENVIRONMENTS),
        "paths": tuple(dice.sample(GLOBS, dice.randint(1, 4))),
        "not_before": NOON + timedelta(minutes=dice.randint(-90, 30)),
        "expires_at": NOON + timedelta(minutes=dice.randint(1, 120)),
        "max_uses": dice.randint(0, 9),
        "max_lines": dice.randint(0, 300),
        "max_risk": dice.choice(list(Risk)),
        "budgets": Budgets(*(dice.randint(0, 9) for _ in range(4))),
        "required_gates": RequiredGates(dice.random() < 0.5, dice.choice(("off", "if-available", "required")), min_test_scope="suite"),
    }
    kept = {name: value for name, value in said.items() if dice.random() < 0.35 or (root and name in ("capabilities", "expires_at"))}
    return Terms(**kept)


def random_facts(dice: random.Random) -> Facts:
    return facts(
        dice.choice((*Action, "unheard_of")),
        project=dice.choice(PROJECTS),
        paths=tuple(dice.sample(PATHS, dice.randint(0, 2))),
        lines=dice.randint(0, 350),
        risk=dice.choice(list(Risk)),
        environment=dice.choice(("", *ENVIRONMENTS, "qa")),
        now=NOON + timedelta(minutes=dice.randint(-120, 150)),
        gates_passed=frozenset(dice.sample(("suite", "security_scan"), dice.randint(0, 2))),
        canary=dice.random() < 0.5,
    )


def random_use(dice: random.Random) -> GrantUse:
    return GrantUse(*(dice.randint(0, 4) for _ in range(4)))

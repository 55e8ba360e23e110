"""How a policy's key is written, and what a policy is once a key says something else."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

from autosd.domain.actions import Risk
from autosd.domain.decisions import Facts
from autosd.domain.grants import Budgets
from autosd.domain.policies import LEAVES, OPEN, Leave, Policy, meet
from autosd.governance.rules import OWNER, Flip, Step

_OWN_NAMES = {
    "allow_dev": "deploy_dev",
    "allow_staging": "deploy_staging",
    "allow_prod": "deploy_prod",
    "publish_enabled": "publish",
    "required": "approvals",
    "self_changes": "approvals_for_self_changes",
    "allowed": "allowed_paths",
    "protected": "protected_paths",
}

#: S3's sections and keys, and ours (``leave``, ``limits``, ``paths``, ``approvals``).
SECTIONS: dict[str, tuple[str, ...]] = {
    "deployment": ("allow_dev", "allow_staging", "allow_prod", "require_canary_for_prod"),
    "gitops": ("auto_push", "auto_merge"),
    "app_store": ("publish_enabled",),
    "leave": ("unattended", "commit", "write", "rollback", "heal"),
    "limits": ("max_risk", "max_lines", "max_files"),
    "paths": ("allowed", "protected"),
    "approvals": ("required", "self_changes"),
    "budgets": tuple(each.name for each in fields(Budgets)),
}

#: TOML key -> where it goes: a field of ``Policy``, or ``budgets.<name>``.
FIELDS: dict[str, str] = {
    f"{section}.{key}": f"budgets.{key}" if section == "budgets" else _OWN_NAMES.get(key, key)
    for section, keys in SECTIONS.items()
    for key in keys
}
KEYS: dict[str, str] = {where: key for key, where in FIELDS.items()}


def said(policy: Policy, where: str) -> Any:
    """The value at a field, or at ``budgets.<name>``."""
    head, _, tail = where.partition(".")
    return getattr(getattr(policy, head), tail) if tail else getattr(policy, head)


def with_value(policy: Policy, where: str, value: Any) -> Policy:
    """``policy`` saying ``value`` there. A leave that becomes stricter than yes by a layer's word is insisted on."""
    head, _, tail = where.partition(".")
    if tail:
        return replace(policy, budgets=replace(policy.budgets, **{tail: value}))
    changes: dict[str, Any] = {head: value}
    if head in LEAVES:
        others = {name for name in policy.insisted if name != head}
        changes["insisted"] = tuple(sorted(others | ({head} if value is not Leave.YES else set())))
    return replace(policy, **changes)


def stricter(where: str, one: Any, other: Any) -> bool:
    """Whether a layer that says ``one`` there allows less than ``other``."""
    return bool(
        said(meet(with_value(OPEN, where, one), with_value(OPEN, where, other)), where) != said(with_value(OPEN, where, other), where)
    )


def written(value: Any) -> str:
    """A value as the file writes it."""
    if isinstance(value, Leave):
        return {Leave.NO: "false", Leave.WITH_GRANT: '"with_grant"', Leave.YES: "true"}[value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Risk | str):
        return json.dumps(str(value), ensure_ascii=False)  # TOML's basic strings are written alike
    if isinstance(value, tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value)


def policy_flip(facts: Facts, where: str, value: Any, *because: str) -> Flip:
    """The policy saying ``value`` there; which layers have to say it is found out by who knows the layers."""
    step = Step("policy", KEYS[where], written(value), OWNER)
    return Flip((f"policy.{where}", *because), (step,), {"policy": with_value(facts.policy, where, value)})

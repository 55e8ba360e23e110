"""What stands behind an action: the policy's word for it, the switch of the settings that speaks for it, and the grant that was shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from autosd.domain.decisions import Action, Facts
from autosd.domain.grants import Grant, Presented, Reason, RequiredGates, Terms, capability_for
from autosd.domain.policies import Leave
from autosd.governance.grants.verdict import refusal

ENVIRONMENTS = ("dev", "staging", "prod")

_KEYS: dict[Action | str, str] = {
    Action.PUSH: "auto_push",
    Action.OPEN_PR: "auto_push",
    Action.MERGE_PR: "auto_merge",
    Action.PUBLISH: "publish",
    Action.ROLLBACK: "rollback",
    Action.HEAL: "heal",
    Action.COMMIT: "commit",
    Action.WRITE: "write",
}

#: Settings that speak for a leave where no layer of policy insists on something stricter: fact -> setting.
SWITCHES = {
    "unattended": ("enabled", "enabled"),
    "auto_push": ("allow_push", "landing.push"),
    "write": ("allow_direct_write", "governance.direct_write"),
}


def leave_key(facts: Facts) -> str:
    """The policy's key for the action; empty when it has none, or when the environment is none that a policy knows."""
    if facts.action in (Action.DEPLOY, Action.PROMOTE):
        return f"deploy_{facts.environment}" if facts.environment in ENVIRONMENTS else ""
    return _KEYS.get(facts.action, "")


def leave(facts: Facts, key: str) -> Leave:
    """The policy's word, or yes where a switch is on that no layer insists against."""
    said: Leave = getattr(facts.policy, key)
    if said is Leave.WITH_GRANT and key in SWITCHES and key not in facts.policy.insisted and getattr(facts, SWITCHES[key][0]):
        return Leave.YES
    return said


def needs_grant(facts: Facts) -> bool:
    """S3: what the policy says is ``with_grant``, what was asked for with a grant required, and whatever is done to prod."""
    key, deploys = leave_key(facts), facts.action in (Action.DEPLOY, Action.PROMOTE)
    if deploys and not key:
        return False  # there is no such environment, which is told first
    to_prod = deploys and facts.environment == "prod"
    return facts.require_grant or to_prod or (bool(key) and leave(facts, key) is Leave.WITH_GRANT) or rests_on_grant(facts)


def rests_on_grant(facts: Facts) -> bool:
    """Whether nothing but the grant that was shown lets unattended work act at all: then it has to name the action itself."""
    alone = facts.presented is not None and not facts.principal.attended and leave(facts, "unattended") is Leave.WITH_GRANT
    return alone and capability_for(facts.action, facts.environment) is not None


def grant_refusal(facts: Facts) -> tuple[Reason, str] | None:
    """Why the grant that was shown is none for this; None when it is one, or when none was shown.

    Where the action needs no grant, one that was shown still has to be valid and to cover the project; only its capabilities do not
    matter.
    """
    if facts.presented is None:
        return None
    return refusal(facts.presented, facts if needs_grant(facts) else _as_work(facts))


def covered(facts: Facts) -> bool:
    """Whether a valid grant for this very action was shown."""
    return facts.presented is not None and refusal(facts.presented, facts) is None


def covered_work(facts: Facts) -> bool:
    """Whether a valid grant for this project was shown, whatever it names."""
    return facts.presented is not None and refusal(facts.presented, _as_work(facts)) is None


def _as_work(facts: Facts) -> Facts:
    """Capabilities and environments are asked of nothing but the action itself."""
    return replace(facts, action=Action.BUILD, environment="")


def sufficient_grant(facts: Facts) -> Presented:
    """A grant that would do, as its owner would have to sign it: this project, this capability, an hour."""
    capability = capability_for(facts.action, facts.environment)
    terms = Terms(
        project_ids=frozenset({facts.project}),
        capabilities=frozenset({capability} if capability else ()),
        not_before=facts.now - timedelta(minutes=5),
        expires_at=facts.now + timedelta(hours=1),
        required_gates=RequiredGates(False, "off", "off", "off", False, ""),
    )
    return Presented("to-be-made", Grant("to-be-made", (terms,), facts.now, ids=("to-be-made",)))

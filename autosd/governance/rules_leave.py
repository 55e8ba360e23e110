"""Rules of leave: the policy's word for an action, the grant it needs, environments, approvals, budgets."""

from __future__ import annotations

from dataclasses import replace

from autosd.domain.decisions import Action, Facts, Objection
from autosd.domain.grants import GrantUse, capability_for
from autosd.domain.policies import Leave
from autosd.domain.projects import is_project_id
from autosd.governance.leave import ENVIRONMENTS, covered, grant_refusal, leave, leave_key, needs_grant
from autosd.governance.policy.changing import KEYS, policy_flip
from autosd.governance.policy.granting import grant_flip
from autosd.governance.rules import GOVERNED, INTEGRATING, Flip, Rule, Step

#: S3's words for what a policy blocks; ours are built alike.
BLOCKED = {
    "deploy_prod": "prod_deploy_blocked",
    "deploy_staging": "staging_deploy_blocked",
    "deploy_dev": "dev_deploy_blocked",
    "publish": "app_store_blocked",
}
DEPLOYING = frozenset({Action.DEPLOY, Action.PROMOTE})
PRODUCTION = "prod"

#: How people who know the switch of the settings may lift it too.
_SWITCH_WORDS = {"auto_push": "SELF_CODING_ENABLE_PUSH=true", "write": "SELF_IMPROVE_AUTO=1"}


def _policy(facts: Facts) -> Objection | None:
    key = leave_key(facts)
    if not key or leave(facts, key) is not Leave.NO:
        return None
    word = BLOCKED.get(key, f"{key}_blocked")
    remedy = f"Ask the owner of the policy to allow it: {KEYS[key]}."
    return Objection("AUTOSD-POLICY-BLOCKED", f"The policy does not allow it: {word}.", remedy, detail=word)


def _policy_flip(facts: Facts) -> Flip:
    value = Leave.WITH_GRANT if covered(facts) else Leave.YES
    return policy_flip(facts, leave_key(facts), value)


def _grant_required(facts: Facts) -> Objection | None:
    if facts.presented is not None or not needs_grant(facts):
        return None
    capability, key = capability_for(facts.action, facts.environment), leave_key(facts)
    what = f"{facts.action} to {facts.environment}" if facts.action in DEPLOYING else str(facts.action)
    option = f" --{capability.replace('_', '-')}" if capability else ""
    id = facts.project if is_project_id(facts.project) else "ID"
    remedy = f"Create one with `autosd preauth create-grant --project-ids {id}{option}` and pass it with --preauth-grant"
    if id == "ID":  # grants name projects, not folders
        remedy = f"Give the project an id (`autosd projects add {facts.project}`). {remedy}"
    switch = "" if facts.require_grant or key in facts.policy.insisted else _SWITCH_WORDS.get(key, "")
    names = f" that names {capability}" if capability else ""
    message = f"This needs a grant{names}: {what} of {facts.project}."
    return Objection("AUTOSD-PREAUTH-REQUIRED", message, f"{remedy}, or set {switch}." if switch else f"{remedy}.")


def _grant_required_flip(facts: Facts) -> Flip:
    key = leave_key(facts)
    return grant_flip(facts, "require_grant" if facts.require_grant else f"policy.{key}" if key else "action")


def _grant_invalid(facts: Facts) -> Objection | None:
    refused = grant_refusal(facts)
    if refused is None or facts.presented is None:
        return None
    reason, why = refused
    message = f"{reason}: grant {facts.presented.id[:80]!r} is no leave for this: {why}."
    remedy = "Run `autosd preauth list --active-only`, then try again with a valid grant."
    return Objection("AUTOSD-PREAUTH-INVALID", message, remedy, detail=str(reason))


def _environment(facts: Facts) -> Objection | None:
    asked = facts.from_environment if facts.action is Action.PROMOTE else facts.environment
    needed = facts.action in DEPLOYING
    if asked in ENVIRONMENTS or not (asked or needed):
        return None
    option = "--from" if facts.action is Action.PROMOTE else "--env"
    return Objection("AUTOSD-ENV-INVALID", f"{asked[:80]!r} is no environment.", f"Use {option} dev|staging|prod.")


def _environment_flip(facts: Facts) -> Flip:
    fact, option = ("from_environment", "--from") if facts.action is Action.PROMOTE else ("environment", "--env")
    nearest = _nearest_environment(getattr(facts, fact))
    return Flip((fact,), (Step("option", option, nearest),), {fact: nearest}, asks_anew=True)


def _target_environment(facts: Facts) -> Objection | None:
    if facts.environment in ENVIRONMENTS:
        return None
    message = f"{facts.environment[:80]!r} is no environment to promote to."
    return Objection("AUTOSD-TARGET-ENV-INVALID", message, "Use --to dev|staging|prod.")


def _target_environment_flip(facts: Facts) -> Flip:
    nearest = _nearest_environment(facts.environment)
    return Flip(("environment",), (Step("option", "--to", nearest),), {"environment": nearest}, asks_anew=True)


def _nearest_environment(word: str) -> str:
    """``production`` means prod, ``stage`` staging; whatever else: dev."""
    begins = (name for name in ENVIRONMENTS if word and (name.startswith(word.lower()) or word.lower().startswith(name)))
    return next(begins, "dev")


def _canary_for_prod(facts: Facts) -> Objection | None:
    if facts.environment != PRODUCTION or facts.canary or not facts.policy.require_canary_for_prod:
        return None
    return Objection("AUTOSD-CANARY-REQUIRED", "A deploy to prod needs a canary stage.", "Deploy with a canary stage first.")


def _canary_for_prod_flip(facts: Facts) -> Flip:
    return Flip(("canary", "policy.require_canary_for_prod"), (Step("option", "--canary"),), {"canary": True})


def people_asked(facts: Facts) -> int:
    return max(facts.policy.approvals, 1 if facts.require_approval else 0)


def _approval(facts: Facts) -> Objection | None:
    needed, given = people_asked(facts), facts.approvals_given
    if given >= needed:
        return None
    message = f"{given} of {needed} people approved exactly this change."
    remedy = "Have it approved: `autosd approvals list`, then `autosd approvals approve`."
    return Objection("AUTOSD-APPROVAL-REQUIRED", message, remedy)


def _approval_flip(facts: Facts) -> Flip:
    needed = people_asked(facts)
    step = Step("approval", "autosd approvals approve", str(needed), f"{needed} people, none of whom asked for it")
    return Flip(("approvals_given", "require_approval", "policy.approvals"), (step,), {"approvals_given": needed})


def _used_up(facts: Facts) -> tuple[str, int] | None:
    """The policy's budget that is used up, and what was used of it. A rollback is the way out of failures, so they do not stop it."""
    use = facts.presented.use if facts.presented else GrantUse()
    budgets = facts.policy.budgets
    counted: list[tuple[str, int]] = []
    if facts.action in DEPLOYING:
        counted.append(("max_deploys_per_day", use.deploys_today))
    if facts.action is Action.MERGE_PR:
        counted.append(("max_auto_merges_per_day", use.merges_today))
    if facts.action is Action.HEAL:
        counted.append(("max_patches_per_incident", facts.patches_of_incident))
    if facts.action is not Action.ROLLBACK:
        counted.append(("max_failures_before_halt", use.failures_in_a_row))
    return next(((name, used) for name, used in counted if used >= getattr(budgets, name) and used), None)


def _budget(facts: Facts) -> Objection | None:
    found = _used_up(facts)
    if found is None:
        return None
    name, used = found
    message = f"The policy's {name} is used up: {used} of {getattr(facts.policy.budgets, name)}."
    return Objection("AUTOSD-POLICY-BUDGET", message, "Wait, or ask the owner of the policy to raise it.")


def _budget_flip(facts: Facts) -> Flip:
    """Every budget that is used up gets one more than was used."""
    steps: tuple[Step, ...] = ()
    because: tuple[str, ...] = ("presented", "patches_of_incident")
    policy = facts.policy
    while (found := _used_up(replace(facts, policy=policy))) is not None:
        flip = policy_flip(replace(facts, policy=policy), f"budgets.{found[0]}", found[1] + 1)
        policy, steps, because = flip.facts["policy"], (*steps, *flip.steps), (*flip.because, *because)
    return Flip(because, steps, {"policy": policy})


LEAVE_RULES: tuple[Rule, ...] = (
    Rule(
        "environment",
        "AUTOSD-ENV-INVALID",
        "An environment is dev, staging or prod.",
        frozenset({Action.DEPLOY, Action.ROLLBACK, Action.HEAL, Action.PROMOTE}),
        _environment,
        flip=_environment_flip,
    ),
    Rule(
        "target_environment",
        "AUTOSD-TARGET-ENV-INVALID",
        "What is promoted to is dev, staging or prod.",
        frozenset({Action.PROMOTE}),
        _target_environment,
        flip=_target_environment_flip,
    ),
    Rule(
        "grant_required",
        "AUTOSD-PREAUTH-REQUIRED",
        "What the policy allows with a grant, whatever is done to prod, and what was asked for with --require-preauth needs one.",
        GOVERNED,
        _grant_required,
        flip=_grant_required_flip,
    ),
    Rule(
        "grant_invalid",
        "AUTOSD-PREAUTH-INVALID",
        "A grant that is shown is valid and covers what is asked.",
        GOVERNED,
        _grant_invalid,
        flip=grant_flip,
    ),
    Rule(
        "policy",
        "AUTOSD-POLICY-BLOCKED",
        "No layer of policy says no to the action.",
        frozenset({*GOVERNED} - {Action.BUILD, Action.ARTIFACT, Action.SPEND}),
        _policy,
        flip=_policy_flip,
    ),
    Rule(
        "canary_for_prod",
        "AUTOSD-CANARY-REQUIRED",
        "A deploy to prod has a canary stage, unless the policy does without.",
        DEPLOYING,
        _canary_for_prod,
        flip=_canary_for_prod_flip,
    ),
    Rule(
        "policy_budget",
        "AUTOSD-POLICY-BUDGET",
        "The policy's budgets (deploys and merges a day, patches an incident, failures in a row) are not used up.",
        GOVERNED,
        _budget,
        flip=_budget_flip,
    ),
)

APPROVAL_RULES: tuple[Rule, ...] = (
    Rule(
        "approval",
        "AUTOSD-APPROVAL-REQUIRED",
        "As many people approved exactly this change as the policy and SELFCODING_REQUIRE_APPROVAL ask for.",
        INTEGRATING,
        _approval,
        flip=_approval_flip,
    ),
)

"""Whether a grant covers what is asked, and if not, why: S3's words in S3's order, then ours. Pure: facts in, words out.

A grant allows what all of its terms allow. Each check looks at every one of them, so an added block can only take away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autosd.domain.actions import Action
from autosd.domain.decisions import Facts
from autosd.domain.grants import Capability, Grant, GrantUse, Presented, Reason, RequiredGates, Terms, capability_for
from autosd.domain.policies import RISKS
from autosd.governance.grants import globs
from autosd.governance.grants.encoding import ENVIRONMENTS
from autosd.governance.grants.times import untimely
from autosd.governance.paths import inside, malformed

Unmet = tuple[Reason, str]
Check = Callable[[Presented, Grant, Facts], Unmet | None]

DEPLOYING = frozenset({Action.DEPLOY, Action.PROMOTE})
IN_ENVIRONMENTS = DEPLOYING | {Action.ROLLBACK, Action.HEAL}
CHANGING = frozenset({Action.COMMIT, Action.PUSH, Action.OPEN_PR, Action.MERGE_PR, Action.WRITE})
PROVEN = CHANGING | DEPLOYING | {Action.PUBLISH}

#: What a reason says when nobody knows more.
SENTENCES: dict[Reason, str] = {
    Reason.GRANT_NOT_FOUND: "there is no such grant",
    Reason.GRANT_REVOKED: "it, or one that it comes from, was revoked",
    Reason.INVALID_EXPIRY: "it has no proper end",
    Reason.GRANT_EXPIRED: "it has expired",
    Reason.GRANT_NOT_YET_VALID: "it is not valid yet",
    Reason.PUBLIC_KEY_MISSING: "there is no public key to check it with",
    Reason.INVALID_SIGNATURE: "it is not what its owner signed",
}


def refusal(presented: Presented, facts: Facts) -> Unmet | None:
    """The first reason why ``presented`` is no leave for ``facts``, with the fact behind it; None when it is leave."""
    return next(_unmet(presented, facts), None)


def unmet(presented: Presented, facts: Facts) -> tuple[Unmet, ...]:
    """Every reason, in the same order."""
    return tuple(_unmet(presented, facts))


def _unmet(presented: Presented, facts: Facts) -> Iterator[Unmet]:
    if presented.reason is not None or presented.grant is None:
        reason = presented.reason or Reason.GRANT_NOT_FOUND
        yield reason, SENTENCES.get(reason, reason.value.replace("_", " "))
        return
    for check in CHECKS:
        found = check(presented, presented.grant, facts)
        if found is not None:
            yield found


def _time(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    return untimely(grant, facts.now)


def _project(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    """Project, domain and platform: S3 has one word for all three. What the facts do not name, a limit on it does not cover."""
    scopes = (("project_ids", "project", facts.project), ("domains", "domain", facts.domain), ("platforms", "platform", facts.platform))
    for name, what, asked in scopes:
        for terms in grant.terms:
            held = getattr(terms, name)
            if held is not None and asked not in held and (what != "platform" or facts.action in IN_ENVIRONMENTS):
                return Reason.PROJECT_OUT_OF_SCOPE, f"it is for {what} {_listed(held)}, not for {asked or 'one without a name'}"
    return None


def _environment(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    """A deploy needs its environment's own right; a rollback or heal only the grant's scope of environments, if it has one."""
    if facts.action not in IN_ENVIRONMENTS:
        return None
    asked = facts.environment
    if facts.action in DEPLOYING:
        if asked not in ENVIRONMENTS:
            return Reason.ENVIRONMENT_NOT_ALLOWED, f"{asked or 'nothing'} is no environment: {', '.join(ENVIRONMENTS)}"
        needed = capability_for(facts.action, asked)
        if not _may(grant, needed):
            return Reason.ENVIRONMENT_NOT_ALLOWED, f"it does not name {needed}"
    held = next((terms.environments for terms in grant.terms if terms.environments is not None and asked not in terms.environments), None)
    return None if held is None else (Reason.ENVIRONMENT_NOT_ALLOWED, f"it is for {_listed(held)}, not for {asked or 'no environment'}")


def _capability(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    if facts.action in DEPLOYING:
        return None  # asked with the environment
    if not isinstance(facts.action, Action):
        return Reason.CAPABILITY_NOT_ALLOWED, f"no grant can name the action {str(facts.action)[:80]!r}"
    needed = capability_for(facts.action)
    if needed is None or _may(grant, needed):
        return None
    return Reason.CAPABILITY_NOT_ALLOWED, f"it does not name {needed}"


def _paths(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    paths = list(facts.paths)
    if facts.target is not None:
        if not inside(facts.target, facts.repo):
            return Reason.PATH_OUT_OF_SCOPE, f"{str(facts.target)!r} is outside the project"
        paths.append(facts.target.relative_to(facts.repo).as_posix())
    paths = list(map(facts.in_project, paths))
    for path in paths:
        why = malformed(path)
        if why:
            return Reason.PATH_OUT_OF_SCOPE, f"{path!r} is no plain path in the project: {why}"
    for layer in (terms.paths for terms in grant.terms if terms.paths is not None):
        if not paths and facts.action in CHANGING:
            return Reason.PATH_OUT_OF_SCOPE, "it is for certain paths, and which ones would change is not known"
        for path in paths:
            if not any(globs.covers(glob, path) for glob in layer):
                return Reason.PATH_OUT_OF_SCOPE, f"{path!r} fits none of {_listed(layer)}"
    return None


def _risk(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    for most in (terms.max_risk for terms in grant.terms if terms.max_risk is not None):
        if RISKS.index(facts.risk) > RISKS.index(most):
            return Reason.RISK_OUT_OF_SCOPE, f"the risk is {facts.risk}, it is for at most {most}"
    return None


def _lines(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    most = min((terms.max_lines for terms in grant.terms if terms.max_lines is not None), default=None)
    if most is None or facts.lines <= most:
        return None
    return Reason.TOO_MANY_LINES, f"the change has {facts.lines} lines, it is for at most {most}"


def _uses(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    for terms, use in _with_use(presented, grant):
        if terms.max_uses is not None and use.uses >= terms.max_uses:
            return Reason.USES_EXHAUSTED, f"it was used {use.uses} times, it is for {terms.max_uses}"
    return None


def _budgets(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    """Failures count for everything but a rollback, which is the way out of them."""
    for terms, use in _with_use(presented, grant):
        budgets = terms.budgets
        if budgets is None:
            continue
        if facts.action in DEPLOYING and use.deploys_today >= budgets.max_deploys_per_day:
            return Reason.BUDGET_EXHAUSTED, f"{use.deploys_today} deploys today, it is for {budgets.max_deploys_per_day} a day"
        if facts.action is Action.MERGE_PR and use.merges_today >= budgets.max_auto_merges_per_day:
            return Reason.BUDGET_EXHAUSTED, f"{use.merges_today} merges today, it is for {budgets.max_auto_merges_per_day} a day"
        if facts.action is Action.HEAL and facts.patches_of_incident >= budgets.max_patches_per_incident:
            tried, most = facts.patches_of_incident, budgets.max_patches_per_incident
            return Reason.BUDGET_EXHAUSTED, f"{tried} patches of this incident were tried, it is for {most}"
        if facts.action is not Action.ROLLBACK and use.failures_in_a_row >= budgets.max_failures_before_halt:
            return Reason.BUDGET_EXHAUSTED, f"{use.failures_in_a_row} failures in a row, it ends at {budgets.max_failures_before_halt}"
    return None


def _gates(presented: Presented, grant: Grant, facts: Facts) -> Unmet | None:
    """What has to be proven before a change, deploy or publication counts. ``if-available`` demands nothing: nobody can tell here."""
    if facts.action not in PROVEN:
        return None
    for gates in (terms.required_gates for terms in grant.terms if terms.required_gates is not None):
        missing = sorted(_demanded(gates) - facts.gates_passed)
        if missing:
            return Reason.GATES_NOT_MET, f"not passed: {', '.join(missing)}"
        if gates.canary_required_for_prod and facts.action in DEPLOYING and facts.environment == "prod" and not facts.canary:
            return Reason.GATES_NOT_MET, "a deploy to prod needs a canary stage"
    return None


def _demanded(gates: RequiredGates) -> frozenset[str]:
    """Names of gates. The suite runs last and only when every cheaper gate let the candidate pass, so it stands for all of them."""
    scans = {"security_scan": gates.security_scan_mode, "sbom": gates.sbom, "dependency_audit": gates.dependency_audit}
    suite = {gates.min_test_scope} if gates.quality_gates else set()
    return frozenset({name for name, mode in scans.items() if mode == "required"} | suite)


def _may(grant: Grant, capability: Capability | None) -> bool:
    return all(terms.capabilities is None or capability in terms.capabilities for terms in grant.terms)


def _with_use(presented: Presented, grant: Grant) -> Iterator[tuple[Terms, GrantUse]]:
    """Each block with the use of its own id; without such counts the whole family's stands for each, which is the stricter."""
    uses = presented.uses if len(presented.uses) == len(grant.terms) else (presented.use,) * len(grant.terms)
    return zip(grant.terms, uses, strict=True)


def _listed(words: frozenset[str] | tuple[str, ...]) -> str:
    shown = sorted(map(str, words))
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "") or "none"


#: In the order of ``Reason``.
CHECKS: tuple[Check, ...] = (_time, _project, _environment, _capability, _paths, _risk, _lines, _uses, _budgets, _gates)

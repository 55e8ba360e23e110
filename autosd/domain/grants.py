"""Leave given beforehand: what a signed grant covers, and the words for why it does not.

A grant is a list of *terms*: the first are what the owner signed, each further one narrows. What it allows is what **all** of its
terms allow, so no holder can widen it (attenuation, as in Biscuit tokens; guide S3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from autosd.domain.actions import Action, Risk

#: S3: break-glass grants are short; no grant is without an end.
BREAK_GLASS_LIFE = timedelta(hours=2)
LONGEST_LIFE = timedelta(days=90)


class Capability(StrEnum):
    """What a grant can name. S3's ten, and three that its road needs: a commit, a direct write, spending."""

    AUTO_PUSH = "auto_push"
    AUTO_MERGE_PR = "auto_merge_pr"
    AUTO_DEPLOY_DEV = "auto_deploy_dev"
    AUTO_DEPLOY_STAGING = "auto_deploy_staging"
    AUTO_DEPLOY_PROD = "auto_deploy_prod"
    AUTO_ROLLBACK = "auto_rollback"
    AUTO_HEAL = "auto_heal"
    CREATE_REPOS = "create_repos"
    ROTATE_DEPLOYMENTS = "rotate_deployments"
    PUBLISH_APP_STORE = "publish_app_store"
    AUTO_COMMIT = "auto_commit"
    AUTO_WRITE = "auto_write"
    AUTO_SPEND = "auto_spend"


#: What `create-grant` gives when no option speaks of it. S3's defaults would give four deploy and heal rights to whoever asks for
#: none; they are kept for those four names, and everything of ours is off.
DEFAULT_CAPABILITIES = frozenset(
    {Capability.AUTO_DEPLOY_DEV, Capability.AUTO_DEPLOY_STAGING, Capability.AUTO_ROLLBACK, Capability.AUTO_HEAL}
)


class Reason(StrEnum):
    """Why a grant is no leave, in the order in which they are looked for (S3's first, then ours)."""

    GRANT_NOT_FOUND = "grant_not_found"
    GRANT_REVOKED = "grant_revoked"
    INVALID_EXPIRY = "invalid_expiry"
    GRANT_EXPIRED = "grant_expired"
    GRANT_NOT_YET_VALID = "grant_not_yet_valid"
    PUBLIC_KEY_MISSING = "public_key_missing"
    INVALID_SIGNATURE = "invalid_signature"
    PROJECT_OUT_OF_SCOPE = "project_out_of_scope"
    ENVIRONMENT_NOT_ALLOWED = "environment_not_allowed"
    CAPABILITY_NOT_ALLOWED = "capability_not_allowed"
    PATH_OUT_OF_SCOPE = "path_out_of_scope"
    RISK_OUT_OF_SCOPE = "risk_out_of_scope"
    TOO_MANY_LINES = "too_many_lines"
    USES_EXHAUSTED = "uses_exhausted"
    BUDGET_EXHAUSTED = "budget_exhausted"
    GATES_NOT_MET = "gates_not_met"


@dataclass(frozen=True)
class Budgets:
    """Counted from the record; S3's names and defaults. Two budgets meet in the smaller number."""

    max_deploys_per_day: int = 20
    max_patches_per_incident: int = 3
    max_auto_merges_per_day: int = 10
    max_failures_before_halt: int = 5


@dataclass(frozen=True)
class RequiredGates:
    """What must have been proven before the grant counts (S3)."""

    quality_gates: bool = True
    security_scan_mode: str = "if-available"  # off | if-available | required
    sbom: str = "if-available"
    dependency_audit: str = "if-available"
    canary_required_for_prod: bool = True
    min_test_scope: str = "suite"


@dataclass(frozen=True)
class Terms:
    """One block of a grant. ``None`` says nothing (of a narrowing block) or everything (of the first one: ``*``)."""

    project_ids: frozenset[str] | None = None
    capabilities: frozenset[Capability] | None = None
    environments: frozenset[str] | None = None  # dev, staging, prod
    domains: frozenset[str] | None = None
    platforms: frozenset[str] | None = None
    paths: tuple[str, ...] | None = None  # globs; every path of the change has to match one
    not_before: datetime | None = None
    expires_at: datetime | None = None
    max_uses: int | None = None
    max_lines: int | None = None
    max_risk: Risk | None = None
    budgets: Budgets | None = None
    required_gates: RequiredGates | None = None


@dataclass(frozen=True)
class GrantUse:
    """What the record says was done with a grant (children count for their parents too)."""

    uses: int = 0
    deploys_today: int = 0
    merges_today: int = 0
    failures_in_a_row: int = 0


@dataclass(frozen=True)
class Grant:
    """A grant whose signature was checked. ``terms[0]`` is what the owner signed; ``ids`` are its own and its parents', root first."""

    id: str
    terms: tuple[Terms, ...]
    issued_at: datetime
    issuer: str = "owner"
    break_glass: bool = False
    ids: tuple[str, ...] = ()
    telemetry: dict[str, object] = field(default_factory=dict, hash=False)

    @property
    def expires_at(self) -> datetime:
        """The earliest end that any of its terms sets."""
        return min(terms.expires_at for terms in self.terms if terms.expires_at is not None)


@dataclass(frozen=True)
class Presented:
    """A grant as it was shown to the guard: read and checked (``grant``), or why it could not be (``reason``).

    ``use`` is the root's, which counts all its children; ``uses``, when given, one for each of the grant's ``ids``: a child's own limits
    are held against its own use.
    """

    id: str
    grant: Grant | None = None
    reason: Reason | None = None
    use: GrantUse = GrantUse()
    uses: tuple[GrantUse, ...] = ()


def capability_for(action: Action | str, environment: str = "") -> Capability | None:
    """The capability that a grant must name for ``action``; None when any valid grant for the project will do."""
    if action in (Action.DEPLOY, Action.PROMOTE):
        return {
            "dev": Capability.AUTO_DEPLOY_DEV,
            "staging": Capability.AUTO_DEPLOY_STAGING,
            "prod": Capability.AUTO_DEPLOY_PROD,
        }.get(environment, Capability.AUTO_DEPLOY_PROD)
    return _CAPABILITIES.get(action)


_CAPABILITIES: dict[Action | str, Capability] = {
    Action.PUSH: Capability.AUTO_PUSH,
    Action.OPEN_PR: Capability.AUTO_PUSH,
    Action.MERGE_PR: Capability.AUTO_MERGE_PR,
    Action.ROLLBACK: Capability.AUTO_ROLLBACK,
    Action.HEAL: Capability.AUTO_HEAL,
    Action.COMMIT: Capability.AUTO_COMMIT,
    Action.WRITE: Capability.AUTO_WRITE,
    Action.SPEND: Capability.AUTO_SPEND,
    Action.PUBLISH: Capability.PUBLISH_APP_STORE,
}

"""Random questions to the rules, for what has to hold for all of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hypothesis import strategies as st

from autosd.domain.decisions import Action, Facts, NormalMode, Principal, Risk, WriteCanary
from autosd.domain.grants import Budgets, Capability, Grant, GrantUse, Presented, Reason, Terms
from autosd.domain.policies import LEAVES, Leave, Policy

from .conftest import NOON

PERSON, ROBOT = Principal("ada", attended=True), Principal("worker", attended=False)
REPO = Path("/srv/shop")

flags = st.booleans()
any_path = st.sampled_from(["a.py", "b.md", "x.sh", ".env", ".github/a.yml", "../x.py", "ci/a.py", "docs/a.md"])
any_terms = st.builds(
    Terms,
    project_ids=st.sampled_from([None, frozenset({"shop"}), frozenset({"till"})]),
    capabilities=st.sampled_from([None, frozenset(Capability), frozenset({Capability.AUTO_PUSH}), frozenset()]),
    paths=st.sampled_from([None, ("a.py",), ("**",)]),
    expires_at=st.sampled_from([NOON + timedelta(hours=1), NOON - timedelta(hours=1)]),
    max_lines=st.sampled_from([None, 5]),
    max_risk=st.sampled_from([None, Risk.LOW]),
    max_uses=st.sampled_from([None, 1]),
)
any_grant = st.builds(lambda terms: Grant("g", (terms,), NOON - timedelta(hours=2), ids=("g",)), any_terms)
any_use = st.builds(GrantUse, *(st.integers(0, 3) for _ in range(4)))
any_presented = st.one_of(
    st.none(), st.builds(Presented, st.just("g"), any_grant, use=any_use), st.just(Presented("g", reason=Reason.GRANT_REVOKED))
)
few = st.integers(0, 3)
any_policy = st.builds(
    Policy,
    **{name: st.sampled_from(Leave) for name in LEAVES},
    max_risk=st.sampled_from([None, *Risk]),
    max_lines=st.sampled_from([None, 0, 5]),
    max_files=st.sampled_from([None, 0, 2]),
    allowed_paths=st.sampled_from([(), (("a.py",), ("**",)), (("docs/",),)]),
    protected_paths=st.sampled_from([(), ("a.py",)]),
    require_canary_for_prod=flags,
    approvals=few,
    approvals_for_self_changes=few,
    budgets=st.builds(Budgets, few, few, few, few),
    insisted=st.sampled_from([(), ("auto_push",), ("unattended", "write")]),
)
any_mode = st.builds(
    NormalMode,
    executor=flags,
    default_mode=st.sampled_from(["safe", "normal"]),
    canary_enabled=flags,
    real_apply=flags,
    cooldown_until=st.sampled_from([None, NOON - timedelta(hours=1), NOON + timedelta(hours=1)]),
    runs_last_hour=few,
    max_per_hour=few,
    allowed_risks=st.sampled_from([(), (Risk.LOW,), tuple(Risk)]),
    priority=st.sampled_from([0.0, 0.5, 1.0]),
    min_priority=st.sampled_from([0.0, 0.9]),
)
any_environment = st.sampled_from(["", "dev", "staging", "prod", "production", "qa"])
any_facts = st.builds(
    Facts,
    action=st.sampled_from([*Action, "teleport"]),
    principal=st.sampled_from([PERSON, ROBOT]),
    project=st.just("shop"),
    repo=st.sampled_from([REPO, Path("/srv/shop-evil"), Path("/srv")]),
    now=st.just(NOON),
    risk=st.sampled_from(Risk),
    paths=st.lists(any_path, max_size=3).map(tuple),
    target=st.sampled_from([None, REPO / "generated/a.py", REPO / "a.py", REPO / "generated/.env", Path("/etc/passwd")]),
    halted=flags,
    kill_switch=flags,
    enabled=flags,
    dry_run=flags,
    allow_high_risk=flags,
    allow_push=flags,
    allow_pull_request=flags,
    allow_direct_write=flags,
    allowed_repos=st.sampled_from([(), (REPO,)]),
    allowed_suffixes=st.sampled_from([(), (".py", ".md")]),
    protected=st.sampled_from([(), ("docs/",)]),
    write_root=st.sampled_from([None, REPO / "generated"]),
    environment=any_environment,
    from_environment=any_environment,
    lines=st.integers(0, 9),
    policy=any_policy,
    require_grant=flags,
    presented=any_presented,
    gates_passed=st.sampled_from([frozenset(), frozenset({"suite"})]),
    canary=flags,
    approvals_given=few,
    self_change=flags,
    normal_mode=st.one_of(st.none(), any_mode),
    switched_off=st.sets(st.sampled_from(["landing.push", "landing.pull_request", "governance.direct_write"])).map(frozenset),
    require_approval=flags,
    write_canary=st.builds(WriteCanary, few, st.sampled_from([None, 0.0, 0.4, 0.9]), few, few),
    patches_of_incident=few,
)

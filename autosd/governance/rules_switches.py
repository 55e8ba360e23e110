"""Rules that look at switches: who may act at all, where, and what the settings turned off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autosd.domain.changes import Word
from autosd.domain.decisions import Action, Facts, Objection
from autosd.domain.policies import Leave
from autosd.governance import paths
from autosd.governance.leave import covered, covered_work, grant_refusal, leave
from autosd.governance.policy.changing import policy_flip
from autosd.governance.policy.granting import grant_flip
from autosd.governance.rules import GOVERNED, LASTING, OWNER, Flip, Rule, Step


def setting_flip(fact: str, setting: str, value: str, **facts: object) -> Flip:
    """The flip of a rule that rests on one setting."""
    return Flip((fact,), (Step("setting", setting, value, OWNER),), facts or {fact: True})


def _kill_switch(facts: Facts) -> Objection | None:
    if not facts.kill_switch:
        return None
    message = "Self-coding is switched off for everybody."
    return Objection("AUTOSD-KILL-SWITCH", message, "Unset SELFCODING_ENABLED, or set it to 1, when work may go on.")


def _enabled(facts: Facts) -> Objection | None:
    said = leave(facts, "unattended")
    if facts.principal.attended or said is Leave.YES or (said is Leave.WITH_GRANT and covered_work(facts)):
        return None
    message = f"Unattended work is off, and {facts.principal.name!r} is no person at a terminal."
    remedy = "Set SELFCODING_ENABLED=1 (or ENABLE_SELF_CODING_ENGINE=true) for unattended work, or show a grant for this project."
    if said is Leave.NO:
        message, remedy = f"The policy allows no unattended work, and {facts.principal.name!r} is no person at a terminal.", _ASK_POLICY
    elif "unattended" in facts.policy.insisted:
        remedy = "Show a valid grant for this project with --preauth-grant."
    return Objection("AUTOSD-NOT-ENABLED", message, remedy)


_ASK_POLICY = "Ask the owner of the policy to set unattended in its [leave] section."


def _enabled_flip(facts: Facts) -> Flip:
    if leave(facts, "unattended") is Leave.NO:
        enough = policy_flip(facts, "unattended", Leave.WITH_GRANT)
        covers = facts.presented is not None and grant_refusal(replace(facts, policy=enough.facts["policy"])) is None
        return enough if covers and covered_work(facts) else policy_flip(facts, "unattended", Leave.YES)
    if "unattended" not in facts.policy.insisted:
        return setting_flip("enabled", "enabled", "true")
    return grant_flip(facts, "policy.unattended")


def _halted(facts: Facts) -> Objection | None:
    if not facts.halted:
        return None
    remedy = f"Run `autosd resume --project {facts.project}` when it may go on."
    return Objection("AUTOSD-HALTED", f"Project {facts.project} is halted.", remedy)


def _halted_flip(facts: Facts) -> Flip:
    return Flip(("halted",), (Step("command", "autosd resume --project", facts.project, "whoever may resume it"),), {"halted": False})


def _dry_run(facts: Facts) -> Objection | None:
    if not facts.dry_run:
        return None
    return Objection("AUTOSD-DRY-RUN", f"This is a dry run: no {facts.action}.", "Leave out --dry-run and unset DRY_RUN.")


def _repository(facts: Facts) -> Objection | None:
    if any(paths.inside(facts.repo, root) for root in facts.allowed_repos):
        return None
    message = f"{facts.repo} is not among the repositories that may be worked on."
    remedy = "Add its absolute path to SELF_CODING_ALLOWED_REPO_PREFIXES."
    return Objection("AUTOSD-REPO-NOT-ALLOWED", message, remedy, detail=str(facts.repo))


def _repository_flip(facts: Facts) -> Flip:
    roots = (*facts.allowed_repos, facts.repo)
    step = Step("setting", "governance.allowed_repos", ",".join(map(str, roots)), OWNER)
    return Flip(("repo", "allowed_repos"), (step,), {"allowed_repos": roots})


def _push(facts: Facts) -> Objection | None:
    if "landing.push" not in facts.switched_off:
        return None
    return Objection("AUTOSD-PUSH-OFF", "Pushing is switched off.", "Set SELF_CODING_ENABLE_PUSH=true to allow it.")


def _pull_request(facts: Facts) -> Objection | None:
    off = "landing.pull_request" in facts.switched_off
    if not off and (facts.allow_pull_request or (facts.policy.auto_push is not Leave.NO and covered(facts))):
        return None
    message = f"Opening pull requests is {'switched off' if off else 'not switched on'}."
    return Objection("AUTOSD-PR-OFF", message, "Set SELF_CODING_ENABLE_PR=true to allow it.")


def _direct_write(facts: Facts) -> Objection | None:
    if "governance.direct_write" not in facts.switched_off:
        return None
    return Objection("AUTOSD-DIRECT-WRITE-OFF", "Writing directly is switched off.", "Set SELF_IMPROVE_AUTO=1 to allow it.")


def _switch(setting: str, fact: str) -> Callable[[Facts], Flip]:
    """Turning a setting on, whether it was off or unset."""

    def flip(facts: Facts) -> Flip:
        steps = (Step("setting", setting, "true", OWNER),)
        return Flip(("switched_off", fact), steps, {"switched_off": facts.switched_off - {setting}, fact: True})

    return flip


SWITCH_RULES: tuple[Rule, ...] = (
    Rule(
        "kill_switch",
        "AUTOSD-KILL-SWITCH",
        "Explicitly off stops everybody; only what was done can be rolled back.",
        GOVERNED - {Action.ROLLBACK},
        _kill_switch,
        Word.SELF_CODING_DISABLED,
        lambda facts: setting_flip("kill_switch", "enabled", "", kill_switch=False),
    ),
    Rule(
        "enabled",
        "AUTOSD-NOT-ENABLED",
        "Unattended work needs leave: the switch, the policy, or a valid grant for the project where the policy says with_grant.",
        GOVERNED,
        _enabled,
        Word.SELF_CODING_DISABLED,
        _enabled_flip,
    ),
    Rule(
        "halted",
        "AUTOSD-HALTED",
        "A halted project can only be rolled back.",
        GOVERNED - {Action.ROLLBACK},
        _halted,
        flip=_halted_flip,
    ),
    Rule(
        "dry_run",
        "AUTOSD-DRY-RUN",
        "A dry run leaves an artifact and nothing else.",
        LASTING,
        _dry_run,
        flip=lambda facts: setting_flip("dry_run", "dry_run", "false", dry_run=False),
    ),
    Rule(
        "repository",
        "AUTOSD-REPO-NOT-ALLOWED",
        "Work stays inside the allowed repositories.",
        GOVERNED,
        _repository,
        Word.REPO_NOT_ALLOWED,
        _repository_flip,
    ),
)

LANDING_SWITCHES: tuple[Rule, ...] = (
    Rule(
        "direct_write",
        "AUTOSD-DIRECT-WRITE-OFF",
        "Direct writes that were switched off stay off, whatever a policy or a grant says.",
        frozenset({Action.WRITE}),
        _direct_write,
        flip=_switch("governance.direct_write", "allow_direct_write"),
    ),
    Rule(
        "push",
        "AUTOSD-PUSH-OFF",
        "Pushing that was switched off stays off, whatever a policy or a grant says.",
        frozenset({Action.PUSH, Action.OPEN_PR}),
        _push,
        flip=_switch("landing.push", "allow_push"),
    ),
    Rule(
        "pull_request",
        "AUTOSD-PR-OFF",
        "Opening pull requests needs to be switched on, or a grant that names pushing.",
        frozenset({Action.OPEN_PR}),
        _pull_request,
        flip=_switch("landing.pull_request", "allow_pull_request"),
    ),
)

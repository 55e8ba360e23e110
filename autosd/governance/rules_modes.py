"""Rules of S4's normal mode and of S0's write canary: how often, how risky and how urgent an unattended change may be.

Each of the runbook's reasons is a rule of its own, in its order; the first that objects is the reason that the runbook would give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autosd.domain.decisions import Action, Facts, NormalMode, Objection
from autosd.governance.rules import LASTING, OWNER, Flip, Rule, Step

WRITING = frozenset({Action.WRITE})


def _gate(
    reason: str,
    code: str,
    sentence: str,
    stops: Callable[[NormalMode, Facts], bool],
    message: str,
    remedy: str,
    lift: Callable[[NormalMode, Facts], tuple[NormalMode, Step]],
) -> Rule:
    """A rule that looks at a run in normal mode; ``lift`` is the mode as it would have to be, and how to bring that about."""

    def check(facts: Facts) -> Objection | None:
        mode = facts.normal_mode
        if mode is None or not stops(mode, facts):
            return None
        word = f"{reason}:{facts.risk}" if reason == "risk_not_allowed" else reason
        return Objection(code, message.format(mode=mode, facts=facts), remedy, detail=word)

    def flip(facts: Facts) -> Flip:
        mode = facts.normal_mode
        assert mode is not None
        changed, step = lift(mode, facts)
        return Flip(("normal_mode",), (step,), {"normal_mode": changed})

    return Rule(reason, code, sentence, LASTING, check, flip=flip)


def _setting(name: str, value: str) -> Step:
    return Step("setting", name, value, OWNER)


MODE_RULES: tuple[Rule, ...] = (
    _gate(
        "executor_disabled",
        "AUTOSD-EXECUTOR-OFF",
        "Experiments run only with the executor on.",
        lambda mode, facts: not mode.executor,
        "The executor of experiments is off.",
        "Set ENABLE_EXPERIMENT_EXECUTOR=true.",
        lambda mode, facts: (replace(mode, executor=True), _setting("modes.executor", "true")),
    ),
    _gate(
        "default_safe_mode",
        "AUTOSD-SAFE-MODE",
        "Runs are in safe mode unless the default says normal.",
        lambda mode, facts: mode.default_mode != "normal",
        "Runs are in safe mode: they leave an artifact and nothing else.",
        "Set EXECUTION_MODE_DEFAULT=normal.",
        lambda mode, facts: (replace(mode, default_mode="normal"), _setting("modes.default", "normal")),
    ),
    _gate(
        "canary_disabled",
        "AUTOSD-NORMAL-CANARY-OFF",
        "Normal mode runs only as a canary, and the canary is on.",
        lambda mode, facts: not mode.canary_enabled,
        "The canary of normal mode is off.",
        "Set ENABLE_NORMAL_MODE_CANARY=true.",
        lambda mode, facts: (replace(mode, canary_enabled=True), _setting("modes.normal_canary", "true")),
    ),
    _gate(
        "real_apply_disabled",
        "AUTOSD-REAL-APPLY-OFF",
        "Nothing is really applied unless that is switched on.",
        lambda mode, facts: not mode.real_apply,
        "Applying for real is not switched on.",
        "Set ENABLE_EXECUTOR_REAL_APPLY=true, once backups and monitoring are ready.",
        lambda mode, facts: (replace(mode, real_apply=True), _setting("modes.real_apply", "true")),
    ),
    _gate(
        "cooldown_active",
        "AUTOSD-COOLDOWN-ACTIVE",
        "After a loss in normal mode runs are in safe mode until the cooldown is over.",
        lambda mode, facts: mode.cooldown_until is not None and facts.now < mode.cooldown_until,
        "A loss in normal mode keeps runs in safe mode until {mode.cooldown_until}.",
        "Wait until then.",
        lambda mode, facts: (replace(mode, cooldown_until=None), Step("wait", "until", str(mode.cooldown_until))),
    ),
    _gate(
        "hourly_quota_exceeded",
        "AUTOSD-NORMAL-HOURLY",
        "Only so many runs an hour are in normal mode.",
        lambda mode, facts: mode.runs_last_hour >= mode.max_per_hour,
        "There were {mode.runs_last_hour} runs in normal mode in the last hour, at most {mode.max_per_hour} may be.",
        "Wait, or raise NORMAL_MODE_MAX_PER_HOUR.",
        lambda mode, facts: (
            replace(mode, max_per_hour=mode.runs_last_hour + 1),
            _setting("modes.normal_max_per_hour", str(mode.runs_last_hour + 1)),
        ),
    ),
    _gate(
        "risk_not_allowed",
        "AUTOSD-NORMAL-RISK",
        "Normal mode is for the risks that it names.",
        lambda mode, facts: facts.risk not in mode.allowed_risks,
        "Normal mode is not for work whose risk is {facts.risk}.",
        "Add it to NORMAL_MODE_ALLOWED_RISK.",
        lambda mode, facts: (
            replace(mode, allowed_risks=(*mode.allowed_risks, facts.risk)),
            _setting("modes.normal_allowed_risk", ",".join((*mode.allowed_risks, facts.risk))),
        ),
    ),
    _gate(
        "priority_below_canary_threshold",
        "AUTOSD-NORMAL-PRIORITY",
        "Normal mode is for urgent work.",
        lambda mode, facts: not mode.priority >= mode.min_priority,  # so that no number at all is not urgent
        "The priority is {mode.priority:g}, and normal mode begins at {mode.min_priority:g}.",
        "Lower NORMAL_MODE_MIN_PRIORITY.",
        lambda mode, facts: (
            replace(mode, min_priority=mode.priority),
            _setting("modes.normal_min_priority", f"{mode.priority!r}"),
        ),
    ),
    _gate(
        "too_many_patches",
        "AUTOSD-REAL-APPLY-PATCHES",
        "A run in normal mode applies only so many patches, one for each file.",
        lambda mode, facts: mode.files > mode.max_files,
        "The change writes {mode.files} files, and a run in normal mode may write {mode.max_files}.",
        "Raise EXECUTOR_REAL_APPLY_MAX_PATCHES, or let it go by a branch.",
        lambda mode, facts: (
            replace(mode, max_files=mode.files),
            _setting("modes.real_apply_max_patches", str(mode.files)),
        ),
    ),
)


def _not_drawn(facts: Facts) -> Objection | None:
    canary = facts.write_canary
    if canary.rate < 1 or (canary.draw is not None and canary.draw * canary.rate < 1):
        return None
    message = f"One direct write in {canary.rate} goes through, and this one was not drawn."
    return Objection("AUTOSD-WRITE-CANARY", message, "Try again later, or lower CANARY_APPLY_RATE.", detail="canary_not_drawn")


def _day_is_full(facts: Facts) -> Objection | None:
    canary = facts.write_canary
    if canary.per_day < 1 or canary.today < canary.per_day:
        return None
    message = f"There were {canary.today} direct writes today (UTC), at most {canary.per_day} may be."
    return Objection("AUTOSD-WRITE-DAILY", message, "Wait until tomorrow, or raise CANARY_MAX_APPLIES_PER_DAY.", detail="daily_cap")


def _day_flip(facts: Facts) -> Flip:
    most = facts.write_canary.today + 1
    step = _setting("governance.canary_max_applies_per_day", str(most))
    return Flip(("write_canary",), (step,), {"write_canary": replace(facts.write_canary, per_day=most)})


CANARY_RULES: tuple[Rule, ...] = (
    Rule(
        "write_canary",
        "AUTOSD-WRITE-CANARY",
        "Of direct writes only one in so many goes through, however they were allowed.",
        WRITING,
        _not_drawn,
        flip=lambda facts: Flip(
            ("write_canary",),
            (_setting("governance.canary_apply_rate", "0"),),
            {"write_canary": replace(facts.write_canary, rate=0)},
        ),
    ),
    Rule(
        "write_daily",
        "AUTOSD-WRITE-DAILY",
        "Only so many direct writes happen a day, however they were allowed.",
        WRITING,
        _day_is_full,
        flip=_day_flip,
    ),
)

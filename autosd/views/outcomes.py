"""Runs with their evidence, and arms with what is known of them, as people and machines read them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Evidence, Run, Tally
from autosd.learning.beta import Beta, best_probabilities
from autosd.learning.choosing import FAMILIES, STRATEGY, beliefs, read_propensities
from autosd.learning.counting import made_itself, reward_of
from autosd.learning.intervals import Interval
from autosd.learning.records import evidence_line, run_record
from autosd.learning.replay import Estimate, Logged
from autosd.learning.signals import delta_of
from autosd.ports import Outcomes


@dataclass(frozen=True)
class Judged:
    run: Run
    looks: tuple[Evidence, ...] = ()  # newest first

    @property
    def newest(self) -> Evidence | None:
        return self.looks[0] if self.looks else None


def judged(outcomes: Outcomes, run: Run, *, looks: int = 1) -> Judged:
    return Judged(run, tuple(outcomes.evidence(run=run.id, limit=looks)))


def run_of(outcomes: Outcomes, id: str) -> Judged:
    """A run by its id or the beginning of it, or the newest run of a proposal. Raises ``AUTOSD-RUN-UNKNOWN``."""
    run = outcomes.run(id) or next(iter(outcomes.runs(proposal=id, limit=1)), None) or _begins_with(outcomes, id)
    if run is None:
        raise AutosdError("AUTOSD-RUN-UNKNOWN", f"There is no run {id!r} (run_not_found).", "Look at `autosd outcomes list`.", exit_code=1)
    return judged(outcomes, run, looks=1000)


def _begins_with(outcomes: Outcomes, word: str) -> Run | None:
    """Of the newest thousand runs; None where several begin so, or the word is too short to mean one."""
    found = [run for run in outcomes.runs(limit=1000) if len(word) >= 6 and word in (run.id[: len(word)], run.proposal_id[: len(word)])]
    return found[0] if len({run.id for run in found}) == 1 else None


def run_object(found: Judged, *, whole: bool = False) -> dict[str, Any]:
    """As S4's file of runs has it, with ``evidence`` when the whole is asked for."""
    record = run_record(found.run, found.looks[:1])
    return {**record, "evidence": [evidence_line(look, found.run) for look in found.looks]} if whole else record


def run_row(found: Judged) -> tuple[str, ...]:
    run, newest = found.run, found.newest
    verdict = "-" if newest is None else "waits" if newest.pending_recheck else str(newest.verdict)
    sure = f"{newest.confidence:.2f}" if newest else "-"
    why = _short(newest.reasons) if newest else run.status
    return run.id[:8], f"{run.started_at:%m-%d %H:%M}", str(run.mode), run.strategy or "-", verdict, sure, why


def _short(reasons: Sequence[str]) -> str:
    """The first two: the whole is shown for one run."""
    return ", ".join(reasons[:2]) + (f" and {len(reasons) - 2} more" if len(reasons) > 2 else "")


def run_lines(found: Judged) -> Iterator[str]:
    run = found.run
    yield f"Run {run.id} of proposal {run.proposal_id}: {run.status}, {run.mode} mode, by {run.strategy or 'no strategy'}."
    if run.result:
        yield f"  result: {run.result}"
    yield f"  cost: {run.cost_usd:.2f} USD, {run.seconds:.0f} s; chosen with propensity {run.propensity:.3f}"
    if not found.looks:
        yield "  nobody has looked at it yet"
    for look in reversed(found.looks):
        yield from _look_lines(look)


def _look_lines(look: Evidence) -> Iterator[str]:
    delta = delta_of(look.before, look.after)
    waits = ", to be looked at again" if look.pending_recheck else ""
    yield f"  look {look.attempt}, {look.at:%Y-%m-%d %H:%M} UTC: {look.verdict} ({look.confidence:.2f}){waits}"
    if look.reasons:
        yield f"    because: {', '.join(look.reasons)}"
    yield f"    health {delta.health_score:+.1f}, open issues {delta.open_issues:+d}, errors {delta.total_errors:+d}"
    yield f"    run time {_percent(delta.duration)}; {len(look.after.run_seconds)} pairs"
    if look.notes:
        yield f"    {look.notes}"


def _percent(interval: Interval) -> str:
    """Of the median ratio, with the interval that holds however often one looks."""
    middle = f"{100 * math.expm1(interval.middle):+.1f} %"
    if math.isinf(interval.low):
        return f"{middle} (too few pairs for an interval)"
    return f"{middle} ({100 * math.expm1(interval.low):+.1f} to {100 * math.expm1(interval.high):+.1f} %)"


def arm_objects(tallies: Iterable[Tally], now: datetime) -> list[dict[str, Any]]:
    """Every arm that was tried, and all of S4's families, with what is known of it now (old results count less)."""
    tallies = tuple(tallies)
    groups: dict[tuple[str, str], set[str]] = {(family, ""): set(arms) for family, arms in FAMILIES.items()}
    for tally in tallies:
        groups.setdefault((tally.family, tally.problem), set()).add(tally.arm)
    found = []
    for (family, problem), arms in sorted(groups.items(), key=lambda group: (group[0][0] in FAMILIES, group[0])):
        known = beliefs(tallies, family, problem, sorted(arms), now)
        chances = best_probabilities(list(known.values()))
        found += [_arm(family, problem, arm, beta, chance) for (arm, beta), chance in zip(known.items(), chances, strict=True)]
    return found


def _arm(family: str, problem: str, arm: str, beta: Beta, chance: float) -> dict[str, Any]:
    return {
        "family": family,
        "problem": problem,
        "arm": arm,
        "wins": round(beta.a - 1, 4),
        "losses": round(beta.b - 1, 4),
        "mean": round(beta.mean, 4),
        "deviation": round(beta.deviation, 4),
        "chance_to_be_best": round(chance, 4),
    }


def logged_choices(outcomes: Outcomes, *, limit: int) -> list[Logged]:
    """Choices of strategies whose propensities were written down and whose end is known, oldest first."""
    newest: dict[str, Evidence] = {}
    for look in outcomes.evidence(limit=4 * limit):
        if not look.pending_recheck:
            newest.setdefault(look.run_id, look)
    logged = (_logged(run, newest.get(run.id)) for run in reversed(outcomes.runs(limit=limit)))
    return [each for each in logged if each is not None]


def _logged(run: Run, look: Evidence | None) -> Logged | None:
    chances = read_propensities(run.arms, STRATEGY)
    if run.synthetic or run.strategy not in chances:
        return None
    if look is None or not made_itself(run):
        known = not made_itself(run) or run.status in {"failed", "no_changes"}
        return Logged(run.problem, run.strategy, 0.0, chances) if known else None
    reward = reward_of(run, look.verdict)
    return Logged(run.problem, run.strategy, 0.5 if reward is None else reward.value, chances)


def estimate_object(policy: str, found: Estimate | None) -> Mapping[str, Any]:
    if found is None:
        return {"policy": policy, "runs": 0}
    return {
        "policy": policy,
        "runs": found.runs,
        "effective_runs": round(found.effective, 1),
        "value": round(found.value, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
        "logged": round(found.logged, 4),
    }


def checked_object(looks: Sequence[Evidence]) -> dict[str, Any]:
    """How many looks were taken, what they found for good, and each of them."""
    final = Counter(str(look.verdict) for look in looks if not look.pending_recheck)
    rows = [
        {
            "run": look.run_id,
            "attempt": look.attempt,
            "verdict": str(look.verdict),
            "pending_recheck": look.pending_recheck,
            "reasons": list(look.reasons),
        }
        for look in looks
    ]
    return {"looks": len(looks), "verdicts": dict(final), "looked": rows}


def look_row(look: Evidence) -> tuple[str, ...]:
    verdict = "waits" if look.pending_recheck else str(look.verdict)
    return look.run_id[:8], str(look.attempt), verdict, f"{look.confidence:.2f}", _short(look.reasons) or look.notes

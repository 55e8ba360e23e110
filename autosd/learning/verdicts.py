"""Win, loss or inconclusive: one verdict from everything that was measured of a run so far."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autosd.domain.outcomes import Evidence, Measures, Verdict
from autosd.learning.signals import FEWEST_RUNS, Delta, Watched, critical, delta_of, negatives, positives, runs_of, weak

#: Below it an inconclusive verdict is looked at again, if its signal is weak as well (S4).
SURE_ENOUGH = 0.58
EXHAUSTED = "max_retries_exhausted"
TOO_FEW = "too_few_samples"


@dataclass(frozen=True)
class Finding:
    verdict: Verdict
    confidence: float
    positives: tuple[str, ...]
    negatives: tuple[str, ...]
    delta: Delta
    critical: bool = False
    pending_recheck: bool = False
    notes: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in S4's words; what would not have been enough alone is named too."""
        said = (*self.negatives, *self.positives)
        return (*said, self.notes) if self.notes else said


def judge(before: Measures, after: Measures, watched: Watched = Watched()) -> Finding:  # noqa: B008 - frozen
    """``before`` and ``after`` hold all pairs that were ever taken of this run: verdicts stay valid however often they grow.

    What was seen where the change landed is a loss at once. Counts of tests are believed from three repeats of both sides on.
    """
    delta = delta_of(before, after)
    if watched.reasons:
        return Finding(Verdict.LOSS, 0.85, positives(delta), (*watched.reasons, *negatives(delta)), delta, critical=True)
    if runs_of(before, after) < FEWEST_RUNS:
        return Finding(Verdict.INCONCLUSIVE, 0.5, (), (), delta, pending_recheck=True, notes=TOO_FEW)
    better, worse = positives(delta), negatives(delta)
    verdict, confidence = _weighed(better, worse, critical(delta, watched))
    again = verdict is Verdict.INCONCLUSIVE and confidence < SURE_ENOUGH and not better and not worse and weak(delta)
    return Finding(verdict, confidence, better, worse, delta, critical=critical(delta, watched), pending_recheck=again)


def _weighed(better: tuple[str, ...], worse: tuple[str, ...], critical: bool) -> tuple[Verdict, float]:
    """S4's table. Its extra win for "more proposals were executed meanwhile" is left out: that says nothing of this change."""
    if critical:
        return Verdict.LOSS, 0.85
    if len(worse) >= 2:
        return Verdict.LOSS, 0.75
    if better and not worse:
        return Verdict.WIN, 0.66 if len(better) == 1 else 0.80
    return Verdict.INCONCLUSIVE, 0.55 if better else 0.50


def pooled(earlier: Evidence | None, before: Measures, after: Measures) -> tuple[Measures, Measures]:
    """All pairs of repeats so far; of what is counted, the latest count. A repeat without its partner is left out."""
    before, after = _paired(before, after)
    if earlier is None:
        return before, after
    return _joined(earlier.before, before), _joined(earlier.after, after)


def _paired(before: Measures, after: Measures) -> tuple[Measures, Measures]:
    runs = runs_of(before, after)
    held = min(len(before.memory_mb), len(after.memory_mb))
    both = (replace(each, run_seconds=each.run_seconds[:runs], memory_mb=each.memory_mb[:held]) for each in (before, after))
    return next(both), next(both)


def _joined(earlier: Measures, now: Measures) -> Measures:
    return replace(now, run_seconds=(*earlier.run_seconds, *now.run_seconds), memory_mb=(*earlier.memory_mb, *now.memory_mb))


def settled(finding: Finding, attempt: int, most: int) -> Finding:
    """The last attempt's finding stands: a run that cannot be told apart ends as inconclusive, and nothing waits for ever."""
    if finding.pending_recheck and attempt >= most:
        return replace(finding, pending_recheck=False, notes=EXHAUSTED)
    return finding


def exhausted(evidence: Evidence) -> bool:
    return EXHAUSTED in evidence.reasons

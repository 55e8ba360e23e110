"""What a run teaches: its reward, which is known only long after the choice, and counted once however often it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from autosd.domain.outcomes import Run, Verdict
from autosd.learning.choosing import FAMILIES, STRATEGY
from autosd.learning.decay import weight_at
from autosd.ports import Learnt

MADE_BY = "made_by"  # among a run's arms: the strategy whose change it became, where one was chosen first
LIGHTEST, HEAVIEST = 0.1, 4.0  # S4's bounds of what one verdict may weigh
#: What makes half a win of a win: so much money, or so much time.
USD, SECONDS = 5.0, 7200.0


@dataclass(frozen=True)
class Reward:
    win: float
    loss: float

    @property
    def value(self) -> float:
        """0 to 1, for judging policies."""
        return self.win / (self.win + self.loss)


def reward_of(run: Run, verdict: Verdict, weight: float = 1.0) -> Reward | None:
    """Landed, not taken back and still green is a win, less what it cost: at most half. Nothing follows from what is inconclusive."""
    weight = min(HEAVIEST, max(LIGHTEST, weight))
    if verdict is Verdict.WIN:
        price = min(0.5, run.cost_usd / USD / 2 + run.seconds / SECONDS / 2)
        return Reward(weight * (1 - price), weight * price)
    return Reward(0.0, weight) if verdict is Verdict.LOSS else None


def count_verdict(learnt: Learnt, run: Run, verdict: Verdict, *, at: datetime, weight: float = 1.0, later: bool = False) -> int:
    """Tell the arms that the run stored; how many learnt from it. The same verdict told again changes nothing.

    ``later`` is for a verdict that followed a final one (somebody took the change back): it counts beside the first.
    Synthetic runs teach nothing.
    """
    reward = reward_of(run, verdict, weight)
    if reward is None or run.synthetic:
        return 0
    scale = weight_at(at)
    once = f"{run.id}:later" if later else run.id
    told = [(STRATEGY, run.problem, run.strategy)] if run.strategy and made_itself(run) else []
    told += [(family, "", run.arms[family]) for family in FAMILIES if family in run.arms]
    return sum(
        learnt.count(family, problem, arm, win=reward.win * scale, loss=reward.loss * scale, at=at, once=f"{once}:{family}")
        for family, problem, arm in told
    )


def made_itself(run: Run) -> bool:
    """Whether the strategy that was chosen made the change: where another one had to help out, it has nothing to its credit."""
    return run.arms.get(MADE_BY, run.strategy) == run.strategy


def count_failure(learnt: Learnt, run: Run, *, at: datetime) -> bool:
    """A run to which the chosen strategy brought no change teaches of that strategy alone: the thresholds did nothing wrong."""
    if not run.strategy or run.synthetic:
        return False
    return learnt.count(STRATEGY, run.problem, run.strategy, loss=weight_at(at), at=at, once=f"{run.id}:{STRATEGY}")

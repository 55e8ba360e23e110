"""Learning against worlds whose truth is known: regret, replay, looking often, flaky suites. Prints the tables of performance.md.

python -m benchmarks.learning            everything (some minutes)
python -m benchmarks.learning --quick    a tenth of it
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

from autosd.domain.outcomes import Measures, Verdict
from autosd.learning.beta import Beta
from autosd.learning.choosing import EVENLY, propensities
from autosd.learning.intervals import ALPHA
from autosd.learning.replay import Logged, estimate, policy_named
from autosd.learning.verdicts import judge

#: Worlds: how often each arm wins. The last is S4's three arms lying close together.
WORLDS = {"two arms": (0.5, 0.6), "five arms": (0.3, 0.4, 0.5, 0.6, 0.7), "three close arms": (0.78, 0.82, 0.86)}


@dataclass
class Arms:
    """What a learner has seen."""

    wins: list[int]
    losses: list[int]

    @classmethod
    def untouched(cls, count: int) -> Arms:
        return cls([0] * count, [0] * count)

    def pulls(self, arm: int) -> int:
        return self.wins[arm] + self.losses[arm]

    def mean(self, arm: int) -> float:
        return self.wins[arm] / self.pulls(arm) if self.pulls(arm) else math.inf

    def told(self, arm: int, won: bool) -> None:
        (self.wins if won else self.losses)[arm] += 1


Learner = Callable[[Arms, int, Random], int]


def thompson(arms: Arms, step: int, rng: Random) -> int:
    """As ``autosd.learning.choosing`` chooses: a part evenly, the rest by one draw of each arm (which has the same chances)."""
    if rng.random() < EVENLY:
        return rng.randrange(len(arms.wins))
    draws = [rng.betavariate(1 + won, 1 + lost) for won, lost in zip(arms.wins, arms.losses, strict=True)]
    return draws.index(max(draws))


def epsilon_greedy(arms: Arms, step: int, rng: Random) -> int:
    """The textbook's tenth."""
    if rng.random() < 0.1:
        return rng.randrange(len(arms.wins))
    return max(range(len(arms.wins)), key=arms.mean)


def ucb1(arms: Arms, step: int, rng: Random) -> int:
    """Auer et al. 2002."""
    for arm in range(len(arms.wins)):
        if not arms.pulls(arm):
            return arm
    return max(range(len(arms.wins)), key=lambda arm: arms.mean(arm) + math.sqrt(2 * math.log(step) / arms.pulls(arm)))


LEARNERS: dict[str, Learner] = {"thompson": thompson, "epsilon-greedy": epsilon_greedy, "ucb1": ucb1}


def regret(learner: Learner, world: Sequence[float], steps: int, rng: Random) -> float:
    """Wins that were missed, on average over the luck of the arms."""
    arms, best, missed = Arms.untouched(len(world)), max(world), 0.0
    for step in range(1, steps + 1):
        arm = learner(arms, step, rng)
        missed += best - world[arm]
        arms.told(arm, rng.random() < world[arm])
    return missed


def mean_regret(learner: Learner, world: Sequence[float], steps: int, runs: int, seed: int) -> float:
    return fmean(regret(learner, world, steps, Random(f"{seed}/{run}")) for run in range(runs))


def logged_runs(world: Sequence[float], steps: int, rng: Random, batch: int = 25) -> list[Logged]:
    """A log as autosd keeps it: chosen by Thompson sampling, learnt from with the delay of a batch, all propensities written down."""
    names = [chr(ord("a") + number) for number in range(len(world))]
    arms, log = Arms.untouched(len(world)), []
    while len(log) < steps:
        chances = propensities([Beta(1 + won, 1 + lost) for won, lost in zip(arms.wins, arms.losses, strict=True)])
        for _ in range(min(batch, steps - len(log))):
            [arm] = rng.choices(range(len(world)), chances)
            won = rng.random() < world[arm]
            log.append(Logged("", names[arm], float(won), dict(zip(names, chances, strict=True))))
        for each in log[-batch:]:
            arms.told(names.index(each.arm), each.reward == 1)
    return log


def coverage(world: Sequence[float], policy: str, truth: float, steps: int, runs: int, seed: int) -> float:
    """How often the interval of a replay holds the truth."""
    held = 0
    for run in range(runs):
        found = estimate(logged_runs(world, steps, Random(f"{seed}/{run}")), policy_named(policy))
        held += found is not None and found.low <= truth <= found.high
    return held / runs


#: What makes a run of a suite take longer or shorter. Nothing of it depends on the change, because there is none.
NOISE: dict[str, Callable[[Random], float]] = {
    "even": lambda rng: rng.gauss(0, 0.05),
    "heavy tails": lambda rng: min(3.0, rng.paretovariate(1.5) * 0.1),
    "one in ten very slow": lambda rng: rng.gauss(0, 0.02) + (1.0 if rng.random() < 0.1 else 0.0),
}


def false_verdict(noise: Callable[[Random], float], looks: int, rng: Random) -> bool:
    """The same code on both sides, and a look after every pair: whether any look ended in a win or a loss."""
    before, after, held_before, held_after = [], [], [], []
    drift = 0.0
    for _ in range(looks):
        drift += rng.gauss(0, 0.05)  # the machine changes meanwhile: for both of a pair
        for times, held in ((before, held_before), (after, held_after)):
            times.append(60 * math.exp(drift + noise(rng)))
            held.append(500 * math.exp(noise(rng)))
        sides = (Measures(run_seconds=tuple(times), memory_mb=tuple(held)) for times, held in ((before, held_before), (after, held_after)))
        if judge(*sides).verdict is not Verdict.INCONCLUSIVE:
            return True
    return False


def false_verdicts(noise: Callable[[Random], float], looks: int, runs: int, seed: int) -> float:
    return fmean(false_verdict(noise, looks, Random(f"{seed}/{run}")) for run in range(runs))


def flaky_regression(rate: float, repeats: int, looks: int, rng: Random) -> bool:
    """An unchanged suite of which one test fails at ``rate``: was it ever called a loss? A test counts when it failed in every repeat."""
    times = (1.0,) * repeats
    for look in range(1, looks + 1):
        broken = [int(all(rng.random() < rate for _ in range(repeats))) for _ in ("before", "after")]
        sides = [Measures(failing, 100 - failing, run_seconds=times * look) for failing in broken]
        found = judge(*sides)
        if found.verdict is Verdict.LOSS:
            return True
        if not found.pending_recheck:
            return False
    return False


def false_regressions(rate: float, repeats: int, looks: int, runs: int, seed: int) -> float:
    return fmean(flaky_regression(rate, repeats, looks, Random(f"{seed}/{run}")) for run in range(runs))


def detected(effect: float, looks: int, runs: int, seed: int) -> float:
    """How often a real change of run time is told within so many pairs (what caution costs)."""

    def one(rng: Random) -> bool:
        before = tuple(60 * math.exp(rng.gauss(0, 0.05)) for _ in range(looks))
        after = tuple(60 * (1 + effect) * math.exp(rng.gauss(0, 0.05)) for _ in range(looks))
        found = judge(Measures(run_seconds=before), Measures(run_seconds=after))
        return bool(found.positives if effect < 0 else found.negatives)

    return fmean(one(Random(f"{seed}/{run}")) for run in range(runs))


@dataclass(frozen=True)
class Amount:
    """How much of everything."""

    short: int = 200
    long: int = 40
    replays: int = 2000
    peeks: int = 10_000
    looks: int = 100


def tables(amount: Amount) -> Iterator[str]:
    yield from of_choosing(amount)
    yield from of_replay(amount)
    yield from of_verdicts(amount)


def of_choosing(amount: Amount) -> Iterator[str]:
    yield "| world | steps | thompson | epsilon-greedy (0.1) | UCB1 |\n|---|---|---|---|---|"
    for name, world in WORLDS.items():
        for steps, runs in ((1000, amount.short), (10_000, amount.long)):
            found = " | ".join(f"{mean_regret(learner, world, steps, runs, seed=1):.1f}" for learner in LEARNERS.values())
            yield f"| {name} {world} | {steps} | {found} |"


def of_replay(amount: Amount) -> Iterator[str]:
    yield "\n| replay of | policy | runs in the log | interval holds the truth |\n|---|---|---|---|"
    world = WORLDS["three close arms"]
    for policy, truth in (
        ("uniform", fmean(world)),
        ("always:a", world[0]),
        ("always:c", world[2]),
        ("a=1,b=2", (world[0] + 2 * world[1]) / 3),
    ):
        yield f"| {world} | {policy} | 500 | {100 * coverage(world, policy, truth, 500, amount.replays, seed=2):.1f} % |"


def of_verdicts(amount: Amount) -> Iterator[str]:
    yield f"\n| A/A, looked at after each of {amount.looks} pairs | false verdicts (at most {100 * ALPHA:.0f} %) |\n|---|---|"
    for name, noise in NOISE.items():
        yield f"| {name} | {100 * false_verdicts(noise, amount.looks, amount.peeks, seed=3):.2f} % |"
    yield f"| flaky test, fails 1 in 10, 3 repeats, 3 looks | {100 * false_regressions(0.1, 3, 3, 10 * amount.peeks, seed=4):.2f} % |"
    yield "\n| real change of run time, noise 5 % | told after 9 pairs | after 20 | after 50 |\n|---|---|---|---|"
    for effect in (-0.05, -0.1, 0.1):
        told = " | ".join(f"{100 * detected(effect, looks, amount.short, seed=5):.0f} %" for looks in (9, 20, 50))
        yield f"| {100 * effect:+.0f} % | {told} |"


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--only", choices=("choosing", "replay", "verdicts"))
    asked = parser.parse_args(words)
    parts = {"choosing": of_choosing, "replay": of_replay, "verdicts": of_verdicts, None: tables}
    for line in parts[asked.only](Amount(60, 10, 300, 1000, 60) if asked.quick else Amount()):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

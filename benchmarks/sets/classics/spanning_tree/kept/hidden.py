"""Extra inputs, judged against the reference; the tool never sees this folder."""

import itertools
import random

_dice = random.Random(9)


def _graph(size):
    pairs = list(itertools.combinations(range(size), 2))
    return dict(zip(pairs, _dice.sample(range(1, 100), len(pairs))))


CASES = [(_graph(size),) for size in range(2, 8) for _ in range(4)]


def call(program, costs):
    return sorted(program.cheapest_cables(costs))

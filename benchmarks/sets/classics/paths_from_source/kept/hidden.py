"""Extra inputs, judged against the reference; the tool never sees this folder."""

import random

_dice = random.Random(13)


def _edges(count):
    return {(i, j): _dice.randint(-3 if i < j else 5, 20) for i in range(count) for j in range(count) if i < j and _dice.random() < 0.6}


CASES = [(0, _edges(count)) for count in range(2, 8) for _ in range(4)] + [(1, {(0, 1): 2, (1, 2): 3})]


def call(program, source, edges):
    return sorted(program.lengths_from(source, edges).items())

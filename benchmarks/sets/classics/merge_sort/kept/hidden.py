"""Extra inputs, judged against the reference; the tool never sees this folder."""

import random

_dice = random.Random(6)
CASES = [([_dice.randrange(20) for _ in range(size)],) for size in range(0, 24)]


def call(program, items):
    return program.merge_sort(items)

"""Extra inputs, judged against the reference; the tool never sees this folder."""

import random

_dice = random.Random(7)
CASES = [([_dice.randrange(6) for _ in range(size)],) for size in range(24)]


def call(program, items):
    return program.quick_sort(items)

"""Extra inputs, judged against the reference; the tool never sees this folder."""

import random

_dice = random.Random(8)
CASES = [([_dice.randint(-9, 9) for _ in range(size)],) for size in range(1, 14) for _ in range(2)]


def call(program, numbers):
    return program.best_run(numbers)

"""Extra inputs, judged against the reference; the tool never sees this folder."""

import random

_dice = random.Random(4)
CASES = [(_dice.sample(range(30), size),) for size in range(1, 13) for _ in range(3)]


def call(program, numbers):
    return program.longest_rising(numbers)

"""Extra inputs, judged against the reference; the tool never sees this folder."""

import random

_dice = random.Random(3)
CASES = [([_dice.randrange(9) for _ in range(size)], 9 + size % 3) for size in range(1, 26)]


def call(program, numbers, top):
    return program.bucket_sort(numbers, top)

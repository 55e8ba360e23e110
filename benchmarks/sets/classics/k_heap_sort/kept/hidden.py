"""Extra inputs, judged against the reference; the tool never sees this folder."""

import random

_dice = random.Random(5)


def _shuffled(size, k):
    numbers = list(range(size))
    for start in range(0, size, k + 1):
        part = numbers[start:start + k + 1]
        _dice.shuffle(part)
        numbers[start:start + k + 1] = part
    return numbers


CASES = [(_shuffled(size, k), k) for size in range(1, 10) for k in range(0, 4)]


def call(program, numbers, k):
    return list(program.nearly_sorted(numbers, k))

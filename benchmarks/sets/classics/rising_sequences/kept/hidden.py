"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(low, low + width, size) for low in (0, 2, 10) for width in (1, 3, 5) for size in (0, 1, 2, 3)]


def call(program, low, high, size):
    return program.rising(low, high, size)

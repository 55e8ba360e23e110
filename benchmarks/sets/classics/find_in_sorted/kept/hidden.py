"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(list(range(0, 3 * size, 3)), wanted) for size in range(7) for wanted in range(-1, 3 * size)]


def call(program, ordered, wanted):
    return program.index_of(ordered, wanted)

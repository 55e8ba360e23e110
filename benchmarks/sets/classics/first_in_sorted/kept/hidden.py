"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(sorted(n % 7 * 2 for n in range(size)), wanted) for size in range(6) for wanted in range(-1, 9)]


def call(program, ordered, wanted):
    return program.first_index(ordered, wanted)

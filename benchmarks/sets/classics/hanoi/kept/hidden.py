"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(height, a, b) for height in range(5) for a in (1, 2, 3) for b in (1, 2, 3) if a != b]


def call(program, height, source, target):
    return program.moves(height, source, target)

"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(a, b) for a in range(1, 40, 7) for b in range(0, 40, 6)] + [(624129, 2061517)]


def call(program, a, b):
    return program.gcd(a, b)

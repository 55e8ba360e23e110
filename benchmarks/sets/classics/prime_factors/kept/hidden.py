"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(n,) for n in range(1, 40)] + [(97 * 89,), (1024,), (9973,)]


def call(program, number):
    return program.prime_factors(number)

"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(n,) for n in range(1, 25)] + [(2**k - 1,) for k in range(5, 12)] + [(10**9 + 7,)]


def call(program, number):
    return program.bit_count(number)

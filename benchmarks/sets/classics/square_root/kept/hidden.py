"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(n, e) for n in (2, 3, 5, 16, 27, 33, 170) for e in (0.5, 0.05, 0.0001)]


def call(program, x, epsilon):
    answer = program.square_root(x, epsilon)
    return abs(answer * answer - x) <= epsilon and answer > 0

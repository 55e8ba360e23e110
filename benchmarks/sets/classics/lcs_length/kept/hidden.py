"""Extra inputs, judged against the reference; the tool never sees this folder."""

WORDS = ["banana", "bandana", "cabana", "aab", "baa", "", "x", "nan"]
CASES = [(a, b) for a in WORDS for b in WORDS]


def call(program, left, right):
    return program.common_run(left, right)

"""Extra inputs, judged against the reference; the tool never sees this folder."""

WORDS = ["", "a", "ab", "ba", "abc", "acb", "cab"]
CASES = [(a, b) for a in WORDS for b in WORDS]


def call(program, source, target):
    return program.distance(source, target)

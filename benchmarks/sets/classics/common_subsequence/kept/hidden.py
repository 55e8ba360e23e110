"""Extra inputs, judged against the reference; the tool never sees this folder."""

WORDS = ["aab", "abb", "aba", "bba", "ab", "a", "abab"]
CASES = [(a, b) for a in WORDS for b in WORDS]


def _inside(piece, text):
    letters = iter(text)
    return all(letter in letters for letter in piece)


def call(program, a, b):
    answer = program.common(a, b)
    return len(answer), _inside(answer, a), _inside(answer, b)

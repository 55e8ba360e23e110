"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(list(range(start, start + size)),) for size in range(7) for start in (0, 3, 8)] + [(list("pqrs"),)]


def call(program, items):
    return sorted(program.subsets(items))

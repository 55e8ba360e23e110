"""Extra inputs, judged against the reference; the tool never sees this folder."""

TEXT = "in the beginning there was a longwordwithoutspaces and then some more"
CASES = [(TEXT, width) for width in range(3, 30, 2)] + [("", 4), ("a", 1), ("ab", 1), ("a b", 2), ("a b c", 3), ("word word", 4), ("xx", 9), ("  ", 1)]


def call(program, text, width):
    return program.wrap(text, width)

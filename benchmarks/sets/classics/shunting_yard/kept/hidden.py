"""Extra inputs, judged against the reference; the tool never sees this folder."""

import itertools

CASES = [([1, a, 2, b, 3],) for a, b in itertools.product("+-*/", repeat=2)] + [
    ([1, a, 2, b, 3, c, 4],) for a, b, c in (("+", "*", "-"), ("*", "+", "/"), ("-", "-", "*"), ("/", "*", "+"), ("+", "+", "+"))
]


def call(program, tokens):
    return program.to_postfix(tokens)

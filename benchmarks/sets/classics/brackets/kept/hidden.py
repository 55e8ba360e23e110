"""Extra inputs, judged against the reference; the tool never sees this folder."""

import itertools

CASES = [("".join(letters),) for size in range(1, 5) for letters in itertools.product("()", repeat=size)] + [("a(b",), ("x",), ("(a)b(c",)]


def call(program, text):
    return program.balanced(text)

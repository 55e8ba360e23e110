"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(f"{a} {b} {op}".split(),) for a in (1, 6) for b in (2, 5) for op in "+-*/"] + [
    (f"{a} {b} {op} 3 {again}".split(),) for a, b in ((9, 2), (4, 8)) for op in "-/" for again in "+-*/"
]


def call(program, tokens):
    return round(program.evaluate(tokens), 9)

"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [
    ([],), ([1],), ([[1]],), ([[[1]]],), ([1, [2]],), ([[1], 2],), ([[1], [2]],), ([[[]]],), ([["a", ["b"]], "c"],), ([0, [None]],),
    ([[], []],), ([[1, 2], [3, [4, [5, [6]]]]],), (["ab", ["cd"]],), ([(1, 2), [(3,)]],), ([[[], [1]], 2, [3]],), ([True, [False]],),
    ([[1], [[2]], [[[3]]]],), ([[{"a": [1]}]],), ([1, 2, 3, [4]],), ([[[1, 2, 3]], []],), ([["", []]],),
]


def call(program, nested):
    return list(program.flatten(nested))

"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [(coins, amount) for coins in ([], [2], [2, 3], [1, 4, 5], [3, 5, 7]) for amount in range(0, 16, 2)]


def call(program, coins, amount):
    return program.ways(coins, amount)

"""In how many ways can a sum be paid?"""


def ways(coins, amount):
    """How many multisets of ``coins`` make ``amount``."""
    if amount == 0:
        return 1
    if amount < 0 or not coins:
        return 0
    first, *others = coins
    return ways(coins, amount - first) + ways(others, amount)

"""All subsets."""


def subsets(items):
    """Every subset of ``items`` as a list that keeps their order."""
    if not items:
        return [[]]
    first, *rest = items
    without = subsets(rest)
    return [[first] + subset for subset in without]

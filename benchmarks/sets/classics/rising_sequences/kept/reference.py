"""Rising sequences of whole numbers."""


def rising(low, high, size):
    """All lists of ``size`` strictly rising numbers from ``low`` up to but not including ``high``."""
    if size == 0:
        return [[]]
    found = []
    for first in range(low, high + 1 - size):
        for rest in rising(first + 1, high, size - 1):
            found.append([first] + rest)
    return found

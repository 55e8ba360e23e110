"""The first place of a value in a sorted list with repeats."""


def first_index(ordered, wanted):
    """The smallest index of ``wanted`` in ``ordered``, or -1."""
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] == wanted and (middle == 0 or ordered[middle - 1] != wanted):
            return middle
        if ordered[middle] >= wanted:
            high = middle
        else:
            low = middle + 1
    return -1

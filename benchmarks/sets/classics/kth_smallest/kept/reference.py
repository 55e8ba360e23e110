"""Quickselect."""


def kth(numbers, k):
    """The value that would stand at index ``k`` if ``numbers`` were sorted."""
    pivot = numbers[0]
    below = [n for n in numbers if n < pivot]
    above = [n for n in numbers if n > pivot]
    not_above = len(numbers) - len(above)
    if k < len(below):
        return kth(below, k)
    if k >= not_above:
        return kth(above, k - not_above)
    return pivot

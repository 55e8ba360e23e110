def partition(numbers, limit):
    """(below, equal, above) ``limit``, each in order."""
    below, equal, above = [], [], []
    for number in numbers:
        if number < limit:
            below.append(number)
        elif number == limit:
            equal.append(number)
        else:
            above.append(number)
    return below, equal, above


VISIBLE = [([3, 1, 2], 2), ([], 0), ([5, 5], 5), ([9, 8], 1), ([1, 2], 9), ([2, 3, 2, 1], 2)]
HIDDEN = [([1], 1), ([1], 2), ([1], 0), ([4, 3, 2, 1], 3), ([-1, 0, 1], 0), ([7, 6, 7, 8], 7), ([0.5, 1.5], 1), ([2, 2, 1, 1], 1), ([10], 5), ([3, 4, 5, 6], 5), ([6, 5], 6)]

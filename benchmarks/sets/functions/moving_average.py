def moving_average(numbers, window):
    """The averages of each ``window`` neighbouring numbers."""
    if window <= 0 or window > len(numbers):
        return []
    total = sum(numbers[:window])
    averages = [total / window]
    for place in range(window, len(numbers)):
        total += numbers[place] - numbers[place - window]
        averages.append(total / window)
    return averages


VISIBLE = [([1, 2, 3, 4], 2), ([5], 1), ([1, 2], 3), ([1, 2, 3], 3), ([4, 8, 6, 2], 1), ([1, 2], 0)]
HIDDEN = [([2, 4, 6, 8, 10], 4), ([1, 1, 1], 2), ([], 1), ([3], 2), ([10, 0, 10, 0], 2), ([1, 2, 3, 4, 5], 3), ([7, 7], 2), ([1, 2, 3], -1), ([8, 4, 2, 1], 2), ([0, 0, 9], 3), ([5, 3], 1)]

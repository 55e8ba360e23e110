def pairs_with_sum(numbers, total):
    """All pairs (i, j), i < j, of places whose numbers make ``total``."""
    pairs = []
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if numbers[i] + numbers[j] == total:
                pairs.append((i, j))
    return pairs


VISIBLE = [([1, 2, 3], 4), ([], 0), ([2, 2], 4), ([1, 1, 1], 2), ([5], 10), ([3, 4, 0, 7], 7)]
HIDDEN = [([1, 2], 3), ([1, 2], 4), ([0, 0, 0], 0), ([-1, 1, 2], 0), ([1, 2, 3, 4], 5), ([10, -10], 0), ([4, 4, 4, 4], 8), ([2, 1], 3), ([6, 3, 3], 6), ([1, 5, 9], 100), ([8, 0], 8)]

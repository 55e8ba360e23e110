def rotate(items, steps):
    """``items`` moved ``steps`` places to the right, round the end."""
    if not items:
        return []
    steps = steps % len(items)
    cut = len(items) - steps
    return items[cut:] + items[:cut]


VISIBLE = [([1, 2, 3, 4], 1), ([1, 2, 3], 0), ([1, 2, 3], -1), ([], 3), ([1, 2, 3], 7), (["a"], 5)]
HIDDEN = [([1, 2], 1), ([1, 2], 2), ([1, 2, 3, 4, 5], 2), ([1, 2, 3, 4, 5], -2), ([1, 2, 3], 3), ([1, 2, 3], 100), ([0, 1], -3), ([], 0), (list("abc"), 4), (list("abcd"), 3), ([9], 0)]

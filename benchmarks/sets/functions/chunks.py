def chunks(items, size):
    """``items`` in lists of ``size``, the last one may be shorter."""
    if size < 1:
        raise ValueError("size must be positive")
    parts = []
    for start in range(0, len(items), size):
        parts.append(items[start:start + size])
    return parts


VISIBLE = [([1, 2, 3, 4, 5], 2), ([], 3), ([1, 2], 2), ([1], 4), ([1, 2, 3], 1)]
HIDDEN = [([1, 2, 3, 4], 2), ([1, 2, 3], 2), (list(range(7)), 3), ([1, 2], 0), ([1], -1), (list("abcdef"), 5), ([0], 1), ([], 1), (list(range(9)), 4), ([1, 2, 3], 3), ([1, 2, 3], 10)]

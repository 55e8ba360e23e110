def hamming_weight_diff(a, b):
    """How many binary digits of ``a`` and ``b`` differ."""
    different = a ^ b
    count = 0
    while different:
        count += different & 1
        different >>= 1
    return count


VISIBLE = [(1, 4), (0, 0), (7, 0), (255, 254), (5, 5), (6, 9)]
HIDDEN = [(0, 1), (2, 3), (10, 5), (1023, 0), (128, 127), (3, 12), (100, 1), (77, 78), (64, 64), (31, 1), (1, 2)]

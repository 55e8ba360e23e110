def overlap_days(first, second):
    """How many days two spans (pairs of first and last day number, both included) share."""
    start = max(first[0], second[0])
    end = min(first[1], second[1])
    if end < start:
        return 0
    return end - start + 1


VISIBLE = [((1, 5), (3, 8)), ((1, 2), (3, 4)), ((1, 3), (3, 4)), ((1, 10), (4, 5)), ((5, 5), (5, 5)), ((6, 9), (1, 7))]
HIDDEN = [((1, 1), (2, 2)), ((4, 5), (1, 10)), ((0, 100), (50, 150)), ((3, 8), (1, 5)), ((10, 20), (20, 30)), ((10, 20), (21, 30)), ((1, 4), (1, 4)), ((1, 9), (1, 2)), ((2, 9), (8, 9)), ((7, 8), (1, 7)), ((0, 0), (0, 3))]

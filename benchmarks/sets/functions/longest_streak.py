def longest_streak(results):
    """The length of the longest run of True in ``results``."""
    best = 0
    current = 0
    for won in results:
        if won:
            current += 1
            best = max(best, current)
        else:
            current = 0
    return best


VISIBLE = [([True, True, False, True],), ([],), ([False, False],), ([True],), ([False, True, True, True],), ([True, False, True, True, False, True],)]
HIDDEN = [([True, True],), ([False],), ([True, False],), ([False, True],), ([True, True, False, True, True, True],), ([True, True, True, False, True],), ([False, True, False],), ([True] * 7,), ([True, False] * 5,), ([False] * 4 + [True] * 2,), ([True] * 2 + [False] + [True] * 2,)]

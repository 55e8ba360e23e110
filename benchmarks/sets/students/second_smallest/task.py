def second_smallest(numbers):
    """The second smallest distinct number, or None."""
    distinct = sorted(set(numbers))
    if len(distinct) < 2:
        return None
    return distinct[1]


VISIBLE = [([3, 1, 2],), ([5],), ([1, 1, 2],), ([2, 2],), ([],), ([4, 3],)]
HIDDEN = [([1, 2],), ([2, 1, 1],), ([9, 8, 7],), ([0, -1],), ([5, 5, 5, 6],), ([1, 3, 2, 3],), ([-1, -2, -3],), ([7, 1, 7],), ([10, 20, 5],), ([1, 1, 1],), ([2, 3, 1],)]

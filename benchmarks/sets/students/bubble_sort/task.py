def bubble_sort(items):
    """``items`` sorted, as a new list."""
    ordered = list(items)
    for end in range(len(ordered) - 1, 0, -1):
        for place in range(end):
            if ordered[place] > ordered[place + 1]:
                ordered[place], ordered[place + 1] = ordered[place + 1], ordered[place]
    return ordered


VISIBLE = [([3, 1, 2],), ([],), ([1],), ([2, 1],), ([5, 4, 3, 2, 1],), ([1, 2, 3],)]
HIDDEN = [([2, 2, 1],), ([9, 7, 8, 7],), ([0, -1, 5],), ([1, 3, 2, 4],), (["b", "a"],), ([4, 3, 1, 2],), ([6, 5, 6],), ([1, 1],), ([10, 9, 8, 7, 6, 5],), ([3, 3, 2, 2],), ([8, 1, 9, 2],)]

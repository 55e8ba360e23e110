def grade_average(grades):
    """The average of ``grades`` with the lowest one left out when there are more than two; 0 for none."""
    if not grades:
        return 0
    kept = sorted(grades)
    if len(kept) > 2:
        kept = kept[1:]
    return sum(kept) / len(kept)


VISIBLE = [([],), ([4],), ([2, 4],), ([1, 4, 5],), ([6, 2, 4, 6],), ([3, 3, 3],)]
HIDDEN = [([],), ([1],), ([5, 1],), ([5, 1, 3],), ([2, 2, 6],), ([9, 8, 7, 6],), ([1, 1, 1, 5],), ([0, 0],), ([10, 0, 10],), ([4, 5, 6, 1, 2],), ([7, 7],), ([3, 9, 6],)]

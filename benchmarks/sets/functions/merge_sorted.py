def merge_sorted(left, right):
    """Two sorted lists as one; of equal ones the left comes first."""
    merged = []
    i = j = 0
    while i < len(left) and j < len(right):
        if right[j] < left[i]:
            merged.append(right[j])
            j += 1
        else:
            merged.append(left[i])
            i += 1
    merged += left[i:]
    merged += right[j:]
    return merged


VISIBLE = [([1, 3], [2, 4]), ([], [1]), ([1], []), ([1, 2], [3, 4]), ([5, 6], [1]), ([2], [2])]
HIDDEN = [([], []), ([1, 1], [1]), ([1, 5, 9], [2, 3, 4]), ([4], [1, 2, 3]), ([1, 2, 3], [4]), ([0, 2, 4], [1, 3, 5]), ([1], [0.5, 1.5]), (list("ace"), list("bd")), ([-3, -1], [-2]), ([7, 8], [7, 9]), ([1], [1, 1, 2])]

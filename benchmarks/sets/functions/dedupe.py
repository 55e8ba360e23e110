def dedupe(items, key=None):
    """``items`` without later ones that equal an earlier one (by ``key`` where given), in order."""
    seen = set()
    kept = []
    for item in items:
        mark = item if key is None else item[key]
        if mark in seen:
            continue
        seen.add(mark)
        kept.append(item)
    return kept


VISIBLE = [([1, 2, 1, 3, 2],), ([],), (["b", "a", "b"],), ([{"id": 1, "v": 1}, {"id": 1, "v": 2}, {"id": 2, "v": 1}], "id"), ([0, 0],)]
HIDDEN = [([1],), ([1, 1, 1],), ([3, 2, 1],), ([(1, "a"), (2, "a"), (1, "b")], 0), ([(1, "a"), (2, "a"), (1, "b")], 1), ([None, None],), ([1, 2, 2, 1],), (list("banana"),), ([[1], [1]], 0), ([True, 1],), ([5, 4, 5],)]

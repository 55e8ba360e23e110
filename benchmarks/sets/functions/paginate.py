def paginate(items, page, size=10):
    """One page as a dict with the items, and whether there is one before and after; pages count from 1."""
    pages = max(1, -(-len(items) // size))
    if page < 1 or page > pages:
        raise IndexError(f"no page {page}")
    start = (page - 1) * size
    return {"items": items[start:start + size], "pages": pages, "before": page > 1, "after": page < pages}


VISIBLE = [([1, 2, 3], 1, 2), ([1, 2, 3], 2, 2), ([], 1), ([1, 2, 3, 4], 2, 2), (list(range(12)), 1)]
HIDDEN = [([1], 1, 1), ([1, 2, 3], 3, 1), ([1, 2, 3], 2, 1), ([1, 2, 3], 4, 1), ([1, 2], 0, 1), ([], 2), (list(range(10)), 1), (list(range(11)), 2), (list(range(30)), 2), ([1, 2, 3, 4, 5], 3, 2), ([1], 1, 5)]

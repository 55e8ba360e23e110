def merge_counts(*tables):
    """The sums of several dicts of counts; what sums to 0 is dropped."""
    merged = {}
    for table in tables:
        for key, count in table.items():
            merged[key] = merged.get(key, 0) + count
    return {key: count for key, count in merged.items() if count != 0}


VISIBLE = [({"a": 1}, {"a": 2, "b": 1}), (), ({"x": 0},), ({"a": 1}, {"a": -1}), ({"q": 3},)]
HIDDEN = [({"a": 1}, {"b": 2}, {"a": 3}), ({}, {}), ({"a": 5}, {"a": -2}), ({"a": -1},), ({"a": 1, "b": 1}, {"b": -1}), ({"k": 2}, {"k": 2}, {"k": 2}), ({"z": 0}, {"z": 1}), ({"m": 1}, {"n": 0}), ({"a": 10}, {"b": 20}), ({"x": 1.5}, {"x": 1.5}), ({"t": 1}, {}, {"t": 1})]

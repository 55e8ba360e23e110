def sum_nested(data):
    """The sum of all numbers in nested lists and dicts; True and False are no numbers."""
    if isinstance(data, bool):
        return 0
    if isinstance(data, (int, float)):
        return data
    if isinstance(data, dict):
        return sum(sum_nested(value) for value in data.values())
    if isinstance(data, (list, tuple)):
        return sum(sum_nested(item) for item in data)
    return 0


VISIBLE = [([1, [2, 3]],), ({"a": 1, "b": [2]},), ([True, 1],), ("12",), ([],), ({"a": {"b": 5}},), ((1, 2),)]
HIDDEN = [(7,), (None,), ([None, 2],), ([[[4]]],), ({"x": True},), ([1.5, 2.5],), ({"a": "3", "b": 3},), ([{"a": 1}, {"b": 2}],), ((1, [2, (3,)]),), ([False],), ({},)]

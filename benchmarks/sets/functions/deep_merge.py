def deep_merge(base, over):
    """``base`` with the values of ``over`` on top, nested dicts merged the same way; neither is changed."""
    merged = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = deep_merge(merged[key], value)
        else:
            merged[key] = value
    return merged


VISIBLE = [({"a": 1}, {"b": 2}), ({"a": 1}, {"a": 2}), ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}), ({}, {}), ({"a": {"x": 1}}, {"a": 5}), ({"a": 5}, {"a": {"x": 1}})]
HIDDEN = [({"a": {"b": {"c": 1}}}, {"a": {"b": {"d": 2}}}), ({"a": None}, {"a": {}}), ({"a": {}}, {"a": {"k": 1}}), ({"a": 1}, {}), ({}, {"a": {"b": 1}}), ({"a": {"x": 1}}, {"b": {"x": 1}}), ({"a": [1]}, {"a": [2]}), ({"a": {"x": 1}}, {"a": None}), ({"k": {"l": 1}, "m": 2}, {"k": {"l": 2}, "m": 3}), ({"z": {"q": {"w": 1}}}, {"z": {"q": 2}}), ({"p": {"q": 1}}, {"p": {"q": {"r": 1}}})]

def flatten_dict(data, prefix=""):
    """A nested dict as one level, keys joined by dots; an empty dict stays as a value."""
    flat = {}
    for key, value in data.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict) and value:
            flat.update(flatten_dict(value, name))
        else:
            flat[name] = value
    return flat


VISIBLE = [({"a": {"b": 1}},), ({},), ({"a": 1, "b": {"c": {"d": 2}}},), ({"a": {}},), ({"x": 1}, "top"), ({1: {2: 3}},)]
HIDDEN = [({"a": None},), ({"a": [1]},), ({"a": {"b": {}}},), ({"a": {"b": 1, "c": 2}},), ({"k": {"l": {"m": {"n": 4}}}},), ({"a": {"b": 1}}, "p"), ({"z": 0},), ({"q": {"r": ""}},), ({"one": {"two": 2}, "three": 3},), ({"": 1},), ({"s": {"t": False}},)]

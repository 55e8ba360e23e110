def lookup_path(data, path, default=None):
    """The value at a dotted ``path`` such as ``users.0.name`` in nested dicts and lists."""
    current = data
    for part in path.split("."):
        if isinstance(current, list):
            if not part.isdigit() or int(part) >= len(current):
                return default
            current = current[int(part)]
        elif isinstance(current, dict) and part in current:
            current = current[part]
        else:
            return default
    return current


VISIBLE = [({"a": {"b": 1}}, "a.b"), ({"users": [{"name": "Eve"}]}, "users.0.name"), ({"a": 1}, "b"), ({"a": [1, 2]}, "a.2", -1), ({"a": [1]}, "a.x"), ({"a": 1}, "a.b", 0)]
HIDDEN = [({}, "a"), ({"a": [5, 6]}, "a.1"), ({"a": [5, 6]}, "a.0"), ({"a": {"b": {"c": [7]}}}, "a.b.c.0"), ({"a": None}, "a", 3), ([1, 2], "1"), ([1, 2], "5", "no"), ({"a": []}, "a.0", 9), ({"0": "zero"}, "0"), ({"a": "text"}, "a.0", "d"), ({"a": {"b": 0}}, "a.b", 4)]

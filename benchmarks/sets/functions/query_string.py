def query_string(query):
    """A dict from each name in ``a=1&b=2&a=3`` to the list of its values."""
    values = {}
    if query.startswith("?"):
        query = query[1:]
    for part in query.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        values.setdefault(name, []).append(value.replace("+", " "))
    return values


VISIBLE = [("a=1&b=2",), ("?q=x",), ("",), ("a=1&a=2",), ("a",), ("t=big+cat&&z=",)]
HIDDEN = [("?",), ("a=b=c",), ("x=1&y=2&x=3",), ("&",), ("?a&b",), ("m=+",), ("k=v&k=v",), ("q=1+2+3",), ("=5",), ("?z=9&",), ("a=?",)]

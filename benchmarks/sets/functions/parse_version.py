def parse_version(text):
    """``1.2.3-beta`` as ((1, 2, 3), "beta"); missing numbers are 0."""
    numbers, _, tag = text.partition("-")
    if numbers.startswith("v"):
        numbers = numbers[1:]
    parts = [int(part) for part in numbers.split(".")]
    while len(parts) < 3:
        parts.append(0)
    return tuple(parts), tag


VISIBLE = [("1.2.3",), ("1.2",), ("v2.0.1",), ("1.0-rc1",), ("3",), ("1.2.3-a-b",)]
HIDDEN = [("0.0.1",), ("v1",), ("10.20.30",), ("1.2.3.4",), ("v0.9-dev",), ("5-x",), ("1.1.1-",), ("x",), ("v3.4",), ("2.0",), ("7.7-beta.2",)]

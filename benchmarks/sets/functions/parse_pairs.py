def parse_pairs(text):
    """A dict from texts like ``a=1; b=two``; keys without a value get True, later ones win."""
    pairs = {}
    for part in text.split(";"):
        part = part.strip()
        if not part:
            continue
        key, sign, value = part.partition("=")
        if sign:
            pairs[key.strip()] = value.strip()
        else:
            pairs[key.strip()] = True
    return pairs


VISIBLE = [("a=1; b=two",), ("",), ("flag",), ("a=1;;b=2",), ("a = x = y",), ("k=1;k=2",), ("q=",)]
HIDDEN = [("a",), (";",), (" a = 1 ",), ("x=1;flag;y=2",), ("path=/; secure",), ("=v",), ("a=b=c",), ("one;two",), (" ; a=1",), ("k = ",), ("z=9;",)]

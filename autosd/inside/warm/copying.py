"""Fresh copies of test parameters: what a candidate does to its arguments must not reach the next one."""

import copy

ATOMS = (int, float, complex, bool, str, bytes, type(None), type, type(Ellipsis), range, type(lambda: 0), type(len))


def is_atom(value):
    if isinstance(value, ATOMS):
        return True
    return type(value) in (tuple, frozenset) and all(map(is_atom, value))


def fresh(value):
    """A deep copy; builtin containers by hand, which is several times faster than ``copy.deepcopy``."""
    kind = type(value)
    if kind is list:
        return [item if isinstance(item, ATOMS) else fresh(item) for item in value]
    if kind is dict:
        return {key: item if isinstance(item, ATOMS) else fresh(item) for key, item in value.items()}
    if kind is tuple:
        return value if is_atom(value) else tuple([fresh(item) for item in value])
    if kind in (set, frozenset):
        return kind(value)
    if isinstance(value, ATOMS):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # not copyable (a lock, a socket): shared, as without copies
        return value

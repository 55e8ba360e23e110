"""Fresh copies of test parameters: what a candidate does to its arguments must not reach the next one."""

import copy
import types

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


def is_data(value, depth=4):
    """Nothing but builtin data, which no import can make different."""
    if isinstance(value, (int, float, complex, bool, str, bytes, type(None), range, type(Ellipsis))):
        return True
    if not depth or type(value) not in (tuple, list, set, frozenset, dict):
        return False
    items = value if type(value) is not dict else [part for pair in value.items() for part in pair]
    return all(is_data(item, depth - 1) for item in items)


def is_plain_function(function):
    """A function of a module, that nothing wraps and that holds no value of another."""
    return (
        type(function) is types.FunctionType
        and not function.__closure__
        and not hasattr(function, "__wrapped__")
        and all(map(is_data, function.__defaults__ or ()))
    )


def is_plain_class(kind):
    """A class of functions and data, as far as its bases are not somebody else's."""
    for base in kind.__mro__:
        if base.__module__ != kind.__module__:
            continue
        for name, item in vars(base).items():
            inner = item.__func__ if isinstance(item, (staticmethod, classmethod)) else item
            plain = is_data(inner) or is_plain_function(inner) or isinstance(inner, (types.GetSetDescriptorType, property))
            if not plain and name not in ("pytestmark", "__annotations__", "__doc__", "__annotate__", "__annotate_func__"):
                return False
    return True

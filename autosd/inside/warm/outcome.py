"""What a call did, as a short text that is equal for equal behaviour over processes."""

import hashlib
import types
from itertools import islice

from .limits import OutOfFuel, OutOfTime

MOST = 2000  # parts of a value that are looked at
ITEMS = 500  # items taken from an iterator


def digest(result, arguments):
    """Of a result and of what became of the arguments."""
    budget = [MOST]
    parts = []
    _write(result, parts, budget, 6, set())
    parts.append("|")
    _write(arguments, parts, budget, 6, set())
    return hashlib.blake2b("".join(parts).encode("utf-8", "backslashreplace"), digest_size=9).hexdigest()


def of_error(error):
    if isinstance(error, OutOfFuel):
        return "fuel"
    if isinstance(error, OutOfTime):
        return "timeout"
    return "error:" + type(error).__name__


def drained(result):
    """Iterators are behaviour too: take their items."""
    if isinstance(result, types.GeneratorType) or (hasattr(result, "__next__") and hasattr(result, "__iter__")):
        return ["iterator", list(islice(result, ITEMS))]
    if isinstance(result, types.CoroutineType):
        result.close()
        return "coroutine"
    return result


def _write(value, parts, budget, depth, above):
    budget[0] -= 1
    kind = type(value)
    if kind in (int, float, bool, str, bytes, complex) or value is None:
        parts.append(kind.__name__ + repr(value)[:5000])
    elif budget[0] <= 0 or depth <= 0 or id(value) in above:
        parts.append("..." + kind.__name__)
    else:
        above.add(id(value))
        _write_parts(value, kind, parts, budget, depth - 1, above)
        above.discard(id(value))


def _write_parts(value, kind, parts, budget, depth, above):
    parts.append(kind.__qualname__ + "(")
    if isinstance(value, (set, frozenset)):
        inner = []
        for item in list(value)[: budget[0]]:
            one = []
            _write(item, one, budget, depth, above)
            inner.append("".join(one))
        parts.extend(sorted(inner))
    elif isinstance(value, dict):
        for key, item in list(value.items())[: max(budget[0], 0)]:
            _write(key, parts, budget, depth, above)
            parts.append(":")
            _write(item, parts, budget, depth, above)
    elif isinstance(value, (list, tuple)):
        for item in value[: max(budget[0], 0)]:
            _write(item, parts, budget, depth, above)
            parts.append(",")
    elif isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)):
        parts.append(getattr(value, "__qualname__", None) or value.__name__)
    else:
        _write_object(value, parts, budget, depth, above)
    parts.append(")")


def _write_object(value, parts, budget, depth, above):
    state = getattr(value, "__dict__", None)
    if isinstance(state, dict) and state:
        for name in sorted(state, key=str):
            parts.append(str(name) + "=")
            _write(state[name], parts, budget, depth, above)
        return
    slots = [name for kind in type(value).__mro__ for name in _slots(kind)]
    for name in slots:
        parts.append(name + "=")
        _write(getattr(value, name, None), parts, budget, depth, above)
    if not slots and type(value).__repr__ is not object.__repr__:
        text = repr(value)[:2000]
        parts.append(text if " at 0x" not in text else "")


def _slots(kind):
    slots = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)

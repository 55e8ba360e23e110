"""The actual calls of a function during tests, with copies of what went in."""

import copy
import random
import sys
import threading

from .copying import fresh

MOST_PER_TEST = 12
INTERESTING = (0, 1, -1, 2)


class Recorder:
    """Copies the arguments of the outermost calls of one code object while tests run."""

    def __init__(self, code, most):
        self._code = code
        self._most = most
        self._depth = 0
        self._resumed = [] if code.co_flags & 0x2A0 else None  # frames of generators and coroutines, called once a step
        self.calls = []

    def __enter__(self):
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *ignored):
        sys.setprofile(None)
        threading.setprofile(None)

    def _profile(self, frame, event, argument):
        if frame.f_code is not self._code:
            return
        if event == "call":
            self._depth += 1
            if self._depth == 1 and len(self.calls) < self._most and self._is_new(frame):
                self.calls.append(_arguments(frame))
        elif event == "return":
            self._depth = max(0, self._depth - 1)

    def _is_new(self, frame):
        if self._resumed is None:
            return True
        if any(seen is frame for seen in self._resumed):
            return False
        self._resumed.append(frame)
        return True


def _arguments(frame):
    """(positional, keyword) arguments as the call would have to be made again."""
    code, values = frame.f_code, frame.f_locals
    count, only = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    positional = [values.get(name) for name in names[:count]]
    keyword = {name: values.get(name) for name in names[count : count + only]}
    at = count + only
    if code.co_flags & 0x04:
        positional += values.get(names[at], ())
        at += 1
    if code.co_flags & 0x08:
        keyword.update(values.get(names[at], {}))
    return together((positional, keyword))


def together(call):
    """A copy of all arguments in one go, for objects that know each other must do so in the copy."""
    try:
        return copy.deepcopy(call)
    except Exception:  # one part cannot be copied: then each by itself, as far as it goes
        return fresh(call[0]), fresh(call[1])


def neighbours(calls, count, seed, others=()):
    """Up to ``count`` calls near the recorded ones: one argument changed, or two arguments' values mixed over calls."""
    chance = random.Random(seed)
    others = [*calls, *others]
    found, seen = [], {_shape(call) for call in others}
    for _ in range(count * 6):
        if len(found) >= count or not calls:
            break
        positional, keyword = together(chance.choice(calls))
        slots = [(positional, index) for index in range(len(positional))] + [(keyword, name) for name in keyword]
        if not slots:
            break
        holder, slot = chance.choice(slots)
        holder[slot] = _near(holder[slot], [_value(call, slot) for call in others], chance)
        shape = _shape((positional, keyword))
        if shape not in seen:
            seen.add(shape)
            found.append((positional, keyword))
    return found


def _value(call, slot):
    holder = call[0] if isinstance(slot, int) else call[1]
    try:
        return holder[slot]
    except (IndexError, KeyError):
        return None


def _shape(call):
    try:
        return repr(call)[:2000]
    except Exception:
        return str(id(call))


def _near(value, others, chance, depth=2):
    """A value of the same type close to ``value``; sometimes one that another call had in this place."""
    if others and chance.random() < 0.25:
        return fresh(chance.choice(others))
    return _as_the_others(_changed(value, chance, depth), value, [other for other in others if type(other) is type(value)])


def _changed(value, chance, depth):
    kind = type(value)
    if kind is bool:
        return not value
    if kind is int:
        far = [value + 10, value - 10, value // 10, value + 100, value - 80, value % 100] if abs(value) >= 10 else []
        return chance.choice([value + 1, value - 1, -value, value * 2, *INTERESTING, *far])
    if kind is float:
        return chance.choice([value + 1.0, value - 0.5, -value, value / 2, 0.0])
    if kind in (str, bytes, list, tuple):
        return _near_sequence(value, chance, depth)
    if kind is dict and value:
        key = chance.choice(list(value))
        if chance.random() < 0.4:
            return {name: item for name, item in value.items() if name != key}
        return dict(value) if not depth else {**value, key: _near(value[key], [], chance, depth - 1)}
    if kind is set and value:
        return set(list(value)[1:])
    return value


def _as_the_others(new, value, others):
    """``new``, or what is left of it when it breaks a rule that all recorded values keep: a sign, something in it, an order.

    What a program does with inputs that nobody gives it tells nothing of a fix.
    """
    others = others or [value]
    if type(new) in (int, float):
        if new < 0 and all(other >= 0 for other in others):
            new = -new
        return value if not new and all(others) else new
    if type(new) in (str, bytes, list, tuple) and not new and all(others):
        return value
    if type(new) in (list, tuple) and any(len(other) > 2 for other in others):
        try:
            if all(list(other) == sorted(other) for other in others):
                return type(new)(sorted(new))
        except TypeError:
            pass  # what cannot be compared has no order
    return new


def _near_sequence(value, chance, depth):
    size, kind = len(value), type(value)
    if not size:
        return value
    at, other = chance.randrange(size), chance.randrange(size)
    choice = chance.randrange(6)
    if choice == 0:
        return value[:0]
    if choice == 1:
        return value[:at] + value[at + 1 :]
    if choice == 2:
        return value[: at + 1] + value[at:]
    if choice == 3:
        low, high = min(at, other), max(at, other)
        return (
            value[:low] + value[high : high + 1] + value[low + 1 : high] + value[low : low + 1] + value[high + 1 :]
            if low < high
            else value[::-1]
        )
    if kind in (str, bytes) or not depth:
        return value + value[:1]
    items = list(value)
    items[at] = _near(items[at], items, chance, depth - 1)
    return kind(items)

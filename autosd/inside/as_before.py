"""A function called as it is and as it was, with generated arguments: whatever can be seen of a call has to be the same.

The text of this file is the first part of a test that autosd writes where the tests of a project do not run a changed place (see
``autosd/gates/comparing.py``). It runs inside the sandbox under the project's own interpreter; standard library only.
"""

import asyncio
import contextlib
import copy
import importlib
import inspect
import io
import itertools
import random
import re
import time
import types

CALLS, SECONDS, FEWEST = 400, 2.0, 3
DEPTH, MOST = 5, 200  # of a value that is looked into

VALUES = {
    "int": (0, 1, -1, 2, 7, 10, 100),
    "float": (0.0, 1.0, -1.5, 0.5, 100.25),
    "complex": (1j,),
    "str": ("", "a", "abc", "A b", "1", "1.5", "a,b", " x ", "\u00e9"),
    "bytes": (b"", b"a", b"a,b"),
    "bool": (True, False),
    "None": (None,),
    "Optional": (None,),
    "list": ([], [0], [1], [3, 1, 2], [0, -1, 7], ["b", "a"], ["", "abc"], [[1], [2]], [None, True]),
    "tuple": ((), (0,), (1, 2), ("a", 1), (None, "")),
    "dict": ({}, {"a": 1}, {"a": 0, "": None}, {"a": {"b": [1]}}, {1: "x"}),
    "set": (set(), {0}, {1, 2}, {"a", ""}),
}
ALIKE = {"List": "list", "Sequence": "list", "Iterable": "list", "Collection": "list", "Dict": "dict", "Mapping": "dict", "Set": "set",
         "frozenset": "set", "Tuple": "tuple", "Text": "str", "AnyStr": "str", "Path": "str", "Number": "int"}  # fmt: skip


class Differs(AssertionError):
    """A call came to something else. Whatever else ends a comparison says nothing of the change."""


def check(name, text, qualname, seed=0):
    """``text`` is what the module ``name`` was. Raises ``Differs`` for the first call that does, ``AssertionError`` for too few calls."""
    now = importlib.import_module(name)
    before = module_before(now, text)
    if not qualname:
        if told(constants_of(before)) != told(constants_of(now)):
            raise Differs("what %s holds is another" % name)
        return
    old, new = Target(before, qualname), Target(now, qualname)
    dice = random.Random(seed)
    until, made = time.monotonic() + SECONDS, 0
    for number in range(CALLS):
        drawn = old.draw(dice)
        one, two = outcome(old, drawn, number), outcome(new, drawn, number)
        if one != two:
            raise Differs("%s(%s): %s before, %s now" % (qualname, shown(drawn), shown(one), shown(two)))
        made += one is not None
        if time.monotonic() > until:
            break
    assert made >= FEWEST, "only %d calls of %s could be made" % (made, qualname)


def module_before(now, text):
    module = types.ModuleType(now.__name__)
    module.__file__, module.__package__, module.__spec__ = now.__file__, now.__package__, now.__spec__
    if hasattr(now, "__path__"):
        module.__path__ = now.__path__
    exec(compile(text, "<before>", "exec", dont_inherit=True), module.__dict__)
    return module


def constants_of(module):
    simple = (int, float, str, bytes, bool, type(None), list, tuple, dict, set, frozenset)
    return {name: value for name, value in vars(module).items() if not name.startswith("__") and isinstance(value, simple)}


class Target:
    """A function, or a method with the class that has to be made for it."""

    def __init__(self, module, qualname):
        *owners, last = qualname.split(".")
        owner = module
        for part in owners:
            owner = getattr(owner, part)
        raw = inspect.getattr_static(owner, last)
        self.owner = owner if inspect.isclass(owner) and not isinstance(raw, (staticmethod, classmethod)) else None
        self.function = raw.fget if isinstance(raw, property) else raw if self.owner else getattr(owner, last)
        self.constants = [each for each in _code(self.function).co_consts if isinstance(each, (int, float, str, bytes))]
        self.parameters = _parameters(self.function)[1 if self.owner else 0 :]
        self.making = _parameters(self.owner) if self.owner and self.owner.__init__ is not object.__init__ else []

    def draw(self, dice):
        return [arguments(part, self.constants, dice) for part in (self.making, self.parameters)]

    def __call__(self, drawn):
        (making, named_making), (given, named) = drawn
        if self.owner is None:
            return self.function(*given, **named), None
        one = self.owner(*making, **named_making) if last_of(self.function) != "__init__" else self.owner.__new__(self.owner)
        return self.function(one, *given, **named), one


def last_of(function):
    return getattr(function, "__name__", "")


def _code(function):
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return getattr(getattr(function, "__func__", function), "__code__", check.__code__)


def _parameters(function):
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def arguments(parameters, constants, dice):
    """Positional and named ones, as the signature wants them; what has a default is left out half of the time."""
    given, named = [], {}
    for each in parameters:
        if each.kind is each.VAR_KEYWORD or (each.default is not each.empty and dice.random() < 0.5):
            continue
        if each.kind is each.VAR_POSITIONAL:
            given += [value(each, constants, dice) for _ in range(dice.randrange(3))] if not named else []
        elif each.kind is each.KEYWORD_ONLY or (named and each.kind is each.POSITIONAL_OR_KEYWORD) or len(given) < _place(parameters, each):
            named[each.name] = value(each, constants, dice)
        else:
            given.append(value(each, constants, dice))
    return given, named


def _place(parameters, wanted):
    return [each.name for each in parameters].index(wanted.name)


def value(parameter, constants, dice):
    kinds = [ALIKE.get(word, word) for word in re.findall(r"\w+", str(parameter.annotation).replace("NoneType", "None"))]
    if parameter.annotation is parameter.empty:
        kinds = []
    if parameter.default is not parameter.empty:
        kinds.append("None" if parameter.default is None else type(parameter.default).__name__)
    fitting = [each for kind in kinds if kind in VALUES for each in VALUES[kind]]
    fitting += [each for each in constants if type(each).__name__ in kinds]
    if not fitting or dice.random() < 0.1:
        fitting = [each for values in VALUES.values() for each in values] + constants
    return dice.choice(fitting)


def outcome(target, drawn, seed):
    """All that can be seen of one call; None: the object could not be made."""
    drawn = copy.deepcopy(drawn)
    random.seed(seed)
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            result, owner = target(drawn)
            if inspect.iscoroutine(result):
                result = asyncio.run(result)
            seen = ("returned", told(result), told(owner))
    except (Exception, SystemExit) as error:
        if error.__traceback__.tb_next is not None and error.__traceback__.tb_next.tb_next is None and isinstance(error, TypeError):
            return None  # the call itself does not fit
        seen = ("raised", type(error).__qualname__, plain(str(error)))
    return seen + (told(drawn), plain(said.getvalue()))


def told(thing, depth=0):
    """A value in words that two versions of one program can be compared by: no identities, no addresses."""
    kind = type(thing).__qualname__
    if thing is None or isinstance(thing, (bool, int, float, complex, str, bytes)):
        return kind, repr(thing)
    if depth > DEPTH:
        return kind
    if isinstance(thing, (list, tuple)):
        return kind, [told(each, depth + 1) for each in thing[:MOST]], len(thing)
    if isinstance(thing, dict):
        return kind, [(told(key, depth + 1), told(each, depth + 1)) for key, each in itertools.islice(thing.items(), MOST)], len(thing)
    if isinstance(thing, (set, frozenset)):
        return kind, sorted(map(repr, (told(each, depth + 1) for each in thing)))
    if inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing):
        return kind, getattr(thing, "__qualname__", getattr(thing, "__name__", ""))
    if inspect.isgenerator(thing) or hasattr(thing, "__next__"):
        return kind, [told(each, depth + 1) for each in itertools.islice(thing, 50)]
    held = getattr(thing, "__dict__", None)
    if held:
        return kind, [(name, told(each, depth + 1)) for name, each in sorted(held.items(), key=lambda pair: str(pair[0]))]
    return kind, plain(repr(thing))


def plain(text):
    return re.sub(r"0x[0-9a-fA-F]+", "0x", text).replace("<before>", "")[:2000]


def shown(thing):
    return plain(repr(thing))[:120]

"""What a text asks for: its words, the names it speaks of, the places a traceback or a test id names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TypeVar

from autosd.adapters.codeindex.words import STOP, flat, parts_of, words_of

T = TypeVar("T")

_LONGEST = 40_000  # characters; of a longer text the end is what tells
_MOST_WORDS, _MOST_NAMES = 60, 40
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)(?:, in (\S+))?')
_PLACE = re.compile(r"(?<![\w/.])((?:[\w.+-]+/)*[\w.+-]+\.[A-Za-z]{1,5}):(\d+)(?::\d+)?")
_JS_FRAME = re.compile(r"\(?((?:[\w.@+-]*/)+[\w.@+-]+\.[cm]?[jt]sx?):(\d+):\d+\)?")
_TEST = re.compile(r"([\w./-]+\.py)::([\w:]+)")
_PATH = re.compile(r"(?<![\w/.])((?:[\w.+-]+/)+[\w.+-]+\.[A-Za-z]{1,5}|[\w-]+\.(?:py|pyi|js|ts|jsx|tsx|go|rs|java|rb|c|h|cpp))\b")
_QUOTED = re.compile(r"``?([^`\n]{1,80})``?|:(?:func|meth|class|attr|mod|data|exc):`[~!.]?([\w.]+)`")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_CALLED = re.compile(r"([^\W\d]\w*)\s*\(")


@dataclass(frozen=True)
class Frame:
    """A place that the text names; ``line`` 0: the function ``name`` of the file, wherever it stands."""

    path: str
    line: int
    name: str = ""


@dataclass(frozen=True)
class Asked:
    """``names`` are spelled like code, ``plain`` words may be names too; ``joined`` are neighbours read as one name."""

    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    dotted: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    tests: tuple[Frame, ...] = ()
    paths: tuple[str, ...] = ()


def asked(text: str) -> Asked:
    if len(text) > _LONGEST:
        text = text[-_LONGEST:]
    all_words = words_of(text)
    meant = [word for word in all_words if word.lower() not in STOP and not word.isdigit() and 1 < len(word) <= 80]
    dotted = [name for name in _DOTTED.findall(text) if not _PATH.fullmatch(name)]
    names = [*_names(text), *(part for name in dotted for part in name.split("."))]
    names += [word for word in meant if "_" in word.strip("_") or _humped(word)]
    return Asked(
        words=_first(_MOST_WORDS, (part for word in meant for part in _told_parts(word))),
        names=_first(_MOST_NAMES, (name for name in names if len(name) > 1 and name.lower() not in STOP)),
        dotted=_first(_MOST_NAMES, dotted),
        plain=_first(_MOST_NAMES, (word for word in meant if len(word) > 2)),
        joined=_first(_MOST_NAMES, (flat(a + b) for a, b in pairwise(all_words) if len(a + b) > 4)),
        frames=_frames(text),
        tests=_first(20, (Frame(path, 0, name.replace("::", ".")) for path, name in _TEST.findall(text))),
        paths=_first(20, _PATH.findall(text)),
    )


def _names(text: str) -> list[str]:
    quoted = [word for first, second in _QUOTED.findall(text) for word in words_of(first or second)]
    return [*quoted, *_CALLED.findall(text)]


def _humped(word: str) -> bool:
    return word[1:].lower() != word[1:] and word.upper() != word


def _told_parts(word: str) -> list[str]:
    parts = [part for part in parts_of(word) if len(part) > 1 and part not in STOP]
    return parts or [word.lower()]


def _frames(text: str) -> tuple[Frame, ...]:
    """The deepest last in Python's tracebacks, first in JavaScript's; the order of answers is by depth, deepest first."""
    python = [Frame(path, int(line), name) for path, line, name in _FRAME.findall(text)]
    javascript = [Frame(path, int(line)) for path, line in _JS_FRAME.findall(text)]
    short = [Frame(path, int(line)) for path, line in _PLACE.findall(text)]
    return _first(40, [*reversed(python), *javascript, *reversed([frame for frame in short if frame not in javascript])])


def _first(most: int, items: Iterable[T]) -> tuple[T, ...]:
    """Each once, the first ``most``."""
    return tuple(islice(dict.fromkeys(items), most))

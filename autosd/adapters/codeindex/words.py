"""Words of code: identifiers, whole and in their parts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_WORD = re.compile(r"[^\W\d]\w*|\d+")
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")
_LONGEST = 80  # a longer word is data

_STOP = """
a about above add added adds after all allow allowed also always an and any are as at be because been before being between both
bug but by can cannot change changed changes could do does doing done don down during each else ensure error even ever every fix
fixed fixes fixing for from further get gets getting had has have having he her here his how i if ignore implement implemented
improve improved improvement improvements in instead into is issue it its just like ll make makes making may me might more most
must my new no nor not now of off on once only or other our out over own p please pr properly pull rather re remove removed
request s same self should so some still such support supported t than thanks that the their them then there these they this
those through to too under until up update updated us use used uses using ve very via was we were what when where which while
who why will with without work working works would wrong you your
caused causes closes closing crash issues bugs regression incorrect incorrectly properly thanks ticket gh python version
"""
#: Words that say nothing of what a text is about: of the language, and of messages about changes.
STOP = frozenset(_STOP.split())


def words_of(text: str) -> list[str]:
    return _WORD.findall(text)


@lru_cache(maxsize=200_000)
def spelled(word: str) -> str:
    """``word`` as the index is told it: a word with humps also in its parts (underscores part words by themselves)."""
    if len(word) > _LONGEST:
        return ""
    parts = _HUMP.findall(word)
    return word if len(parts) < 2 or ("_" in word.strip("_") and word.islower()) else f"{word} {' '.join(parts)}"


def parts_of(word: str) -> list[str]:
    """The words in an identifier, in lower case: ``parse_URLPath`` is parse, url, path."""
    return [part.lower() for part in _HUMP.findall(word)]


def told(words: Iterable[str]) -> str:
    """Each word once, with its parts."""
    return " ".join(filter(None, map(spelled, dict.fromkeys(words))))


def flat(name: str) -> str:
    """What two spellings of a name have in common: ``parseUrl`` and ``parse_url``."""
    return name.replace("_", "").lower()

"""Brings the single searches together: each votes by rank, and what a file's past says tips the balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autosd.adapters.codeindex.asking import Asked
from autosd.adapters.codeindex.past import Past
from autosd.adapters.codeindex.searching import Found, Searcher, is_test

_EASE = 12  # of reciprocal rank: how little the first place is ahead
#: What a search's vote is worth.
_VOTES = {"traceback": 4.0, "tests": 3.5, "name": 0.9, "words": 1.0, "covers": 1.5, "part of name": 0.5, "path": 1.0}
_NEIGHBOURS, _SEEDS = 0.35, 6
#: What a symbol is worth by what it is: a change is mostly asked for of code, and of code that is no test.
_KINDS = {"function": 1.0, "class": 0.5, "module": 0.6, "text": 0.35}
_TEST = 0.4
_PAST, _RECENT, _TOGETHER = 0.3, 0.2, 0.1


@dataclass(frozen=True)
class Hit:
    symbol: Found
    score: float
    why: str


def fuse(searcher: Searcher, asked: Asked, past: Past, success: Mapping[str, float], limit: int) -> list[Hit]:
    """The best first. ``success`` is how well earlier changes of a path went, from -1 to 1."""
    lists = {
        "traceback": searcher.frames(asked),
        "tests": searcher.tests(asked),
        "name": searcher.names(asked),
        "words": searcher.words(asked),
        "covers": searcher.covers(asked),
        "part of name": searcher.grams(asked),
        "path": [symbol.id for symbol in searcher.in_files(asked.paths)],
    }
    scores: dict[int, float] = {}
    whys: dict[int, str] = {}
    for why, ids in lists.items():
        _vote(scores, whys, ids, _VOTES[why], why)
    _neighbours(searcher, scores, whys)
    framed = set(lists["traceback"])
    rated = {id: score * _worth(searcher.symbols[id], id in framed) for id, score in scores.items()}
    _by_past(searcher, rated, past, success)
    best = sorted(rated, key=lambda id: (-rated[id], searcher.symbols[id].path, searcher.symbols[id].start))
    return [Hit(searcher.symbols[id], round(rated[id], 6), whys[id]) for id in best[:limit]]


def _vote(scores: dict[int, float], whys: dict[int, str], ids: Sequence[int], weight: float, why: str) -> None:
    for rank, id in enumerate(ids):
        scores[id] = scores.get(id, 0.0) + weight * _EASE / (_EASE + rank)
        whys[id] = f"{whys[id]}, {why}" if id in whys else why


def _neighbours(searcher: Searcher, scores: dict[int, float], whys: dict[int, str]) -> None:
    """What the best call, and who calls them, may be what was meant."""
    seeds = sorted(scores, key=lambda id: (-scores[id], id))[:_SEEDS]
    for rank, id in enumerate(seeds):
        symbol = searcher.symbols[id]
        near = [each.id for each in [*searcher.called([symbol])[:10], *searcher.callers(symbol)[:10]] if each.id not in seeds[: rank + 1]]
        share = _NEIGHBOURS * _EASE / (_EASE + rank)
        for other in near:
            scores[other] = scores.get(other, 0.0) + share / max(len(near), 3) ** 0.5
            whys.setdefault(other, "calls")


def _worth(symbol: Found, framed: bool) -> float:
    """A test in a traceback is part of what went wrong; one that was named, or uses the same words, only leads to what it tests."""
    return _KINDS[symbol.kind] * (_TEST if is_test(symbol.path) and not framed else 1.0)


def _by_past(searcher: Searcher, scores: dict[int, float], past: Past, success: Mapping[str, float]) -> None:
    """Nudges only: how lately a file was changed, what it was changed together with, and what came of earlier changes."""
    best = sorted(scores, key=lambda id: (-scores[id], id))[:_SEEDS]
    together = past.together([searcher.symbols[id].path for id in best])
    recency = {path: past.recency(path) for path in {searcher.symbols[id].path for id in scores}}
    for id in scores:
        path = searcher.symbols[id].path
        kept = max(-1.0, min(1.0, success.get(path, 0.0)))
        scores[id] *= 1.0 + _RECENT * recency[path] + _TOGETHER * together.get(path, 0.0) + _PAST * kept

"""The single searches: each answers with the ids of symbols, best first, as far as they stand in the folder that is asked about."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from math import log
from operator import neg

from autosd.adapters.codeindex.asking import Asked, Frame
from autosd.adapters.codeindex.words import flat, parts_of

_MOST = 60  # answers of one search
_TERMS = 14  # words of one question, the rarest
_RANKED = 4000  # symbols that one question ranks
_NAMESAKES = 40  # definitions of one name before it says nothing
#: A symbol that stands in the folder; symbols are gone through first, whatever the planner guesses.
_STANDING = (
    "SELECT s.id, s.unit, p.path, s.kind, s.name, s.start, s.stop FROM symbols s CROSS JOIN present p ON p.unit = s.unit AND p.root = ?"
    " WHERE s.id IN "
)


@dataclass(frozen=True, slots=True)
class Found:
    """A symbol that stands in the folder."""

    id: int
    unit: int
    path: str
    kind: str
    name: str
    start: int
    stop: int

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass
class Searcher:
    """One question to one state of the index. Symbols are looked up once."""

    connection: sqlite3.Connection
    root: int
    symbols: dict[int, Found] = field(default_factory=dict)
    _named: dict[str, list[Found]] = field(default_factory=dict)
    _told: dict[str, list[int]] | None = None

    def words(self, asked: Asked) -> list[int]:
        """By BM25 over name, path, signature, documentation and body: what is short and about the words comes first."""
        terms = [*self._telling(asked.words)]
        return self._ranked("words", " OR ".join(f'"{term}"' for term in terms)) if terms else []

    def covers(self, asked: Asked) -> list[int]:
        """By how much of the text each one covers, rare words counting more and its own length nothing: what does the work is long."""
        scores: dict[int, float] = {}
        for ids in self._telling(asked.words).values():
            weight = log(1 + _RANKED / len(ids))
            for id in ids:
                scores[id] = scores.get(id, 0.0) + weight
        best = nlargest(_MOST * 2, zip(scores.values(), map(neg, scores), strict=True))
        return [symbol.id for symbol in self.load([-id for _, id in best])][:_MOST]

    def names(self, asked: Asked) -> list[int]:
        """Symbols of the very name; one that is spelled like code or has few namesakes counts more."""
        scores: dict[int, float] = {}
        telling = self._telling(asked.words)
        plain = [word for word in asked.plain if all(part in telling for part in parts_of(word))]  # the others stand everywhere
        weights = [*((name, 1.0) for name in asked.names), *((name, 0.5) for name in plain), *((n, 0.7) for n in asked.joined)]
        for name, weight in weights:
            found = self.named(name)
            for symbol in found if len(found) <= _NAMESAKES else ():
                exact = 1.0 if symbol.last == name else 0.8
                whole = 2.0 if any(_ends(symbol, dotted) for dotted in asked.dotted) else 1.0
                score = weight * exact * whole / len(found) ** 0.5
                scores[symbol.id] = max(scores.get(symbol.id, 0.0), score)
        return sorted(scores, key=lambda id: (-scores[id], id))[:_MOST]

    def grams(self, asked: Asked) -> list[int]:
        """Names that contain a word of the text, or that a name of the text contains in the larger part."""
        wanted = dict.fromkeys(word for word in (*asked.names, *asked.words) if len(word) > 3)
        wanted = {word: None for word in list(wanted)[:12] if not self.named(word)}
        scores: dict[int, float] = {}
        for word in wanted:
            ids = self._ranked("grams", '"' + word.replace('"', "") + '"', most=30)
            for rank, id in enumerate(ids):
                covered = len(word) / max(len(word), len(self.symbols[id].last))
                scores[id] = scores.get(id, 0.0) + covered / (5 + rank) / len(ids) ** 0.5
        return sorted(scores, key=lambda id: (-scores[id], id))[:_MOST]

    def frames(self, asked: Asked) -> list[int]:
        """What a traceback names, deepest first; a frame outside of the folder names nothing."""
        return list(dict.fromkeys(symbol.id for frame in asked.frames for symbol in self._at(frame)))

    def tests(self, asked: Asked) -> list[int]:
        """What the named tests call, as the project defines it; then the tests themselves."""
        named = [symbol for test in asked.tests for symbol in self._at(test) or self.in_files([test.path])]
        called = [symbol.id for symbol in self.called(named) if not is_test(symbol.path)]
        return [*called, *(symbol.id for symbol in named)]

    def called(self, symbols: Sequence[Found]) -> list[Found]:
        """What ``symbols`` call: definitions in the same file, else those with few namesakes, files they import first."""
        found: dict[int, Found] = {}
        for symbol in symbols:
            imported = self._imports(symbol.unit)
            for name in self._calls(symbol.id).split()[:40]:
                candidates = [each for each in self.named(name, exact=True) if each.id != symbol.id]
                near = [each for each in candidates if each.path == symbol.path or _is_imported(each.path, imported)]
                for each in near or (candidates if len(candidates) <= 3 else ()):
                    found.setdefault(each.id, each)
        return list(found.values())

    def callers(self, symbol: Found) -> list[Found]:
        if not symbol.last or len(self.named(symbol.last, exact=True)) > 5:
            return []
        parts = " ".join(parts_of(symbol.last))
        if not parts:
            return []
        rows = self.connection.execute(
            "SELECT id FROM symbols WHERE id IN (SELECT rowid FROM words WHERE words MATCH ? LIMIT 60) AND instr(' ' || calls || ' ', ?)",
            (f'body : "{parts}"', f" {symbol.last} "),
        ).fetchall()
        return [each for each in self.load([id for (id,) in rows]) if each.id != symbol.id]

    def in_files(self, paths: Iterable[str]) -> list[Found]:
        """Symbols of files that the text names, by their whole path or the end of it."""
        rows: list[tuple[int]] = []
        for path in paths:
            rows += self.connection.execute(
                "SELECT s.id FROM present p JOIN symbols s ON s.unit = p.unit WHERE p.root = ?"
                " AND (p.path = ? OR substr(p.path, -length(?)) = ?) ORDER BY s.start LIMIT 60",
                (self.root, path, f"/{path}", f"/{path}"),
            ).fetchall()
        return self.load([id for (id,) in rows])

    def named(self, name: str, *, exact: bool = False) -> list[Found]:
        """Definitions of that name, however it is spelled."""
        key = flat(name)
        found = self._named.get(key)
        if found is None:
            found = self._named[key] = self._standing("(SELECT id FROM symbols WHERE flat = ? LIMIT 200)", [key]) if key else []
        return [symbol for symbol in found if symbol.last == name] if exact else found

    def load(self, ids: Sequence[int]) -> list[Found]:
        """Those of ``ids`` that stand in the folder, in that order."""
        missing = [id for id in ids if id not in self.symbols]
        for at in range(0, len(missing), 200):
            part = missing[at : at + 200]
            self._standing(f"({','.join('?' * len(part))})", part)
        return [self.symbols[id] for id in dict.fromkeys(ids) if id in self.symbols]

    def _standing(self, which: str, values: Sequence[int | str]) -> list[Found]:
        """Those of ``which`` (SQL of ids, its ``values`` beside it) that stand in the folder, by id."""
        found = [Found(*row) for row in self.connection.execute(f"{_STANDING}{which} ORDER BY s.id", (self.root, *values))]
        self.symbols.update({symbol.id: symbol for symbol in found})
        return found

    def _ranked(self, table: str, question: str, most: int = _MOST) -> list[int]:
        rows = self.connection.execute(
            f"SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY rank LIMIT ?",  # noqa: S608 - a table of ours
            (question, most * 3),
        ).fetchall()
        return [symbol.id for symbol in self.load([id for (id,) in rows])][:most]

    def _telling(self, words: Sequence[str]) -> dict[str, list[int]]:
        """The rarest of ``words`` with the symbols they stand in, as many as may be ranked in a moment: what stands everywhere costs most
        and says least."""
        if self._told is None:
            counts = {word: count for word in words if 0 < (count := self._count(word)) < _RANKED}
            self._told, left = {}, _RANKED
            for word in sorted(counts, key=lambda word: counts[word])[:_TERMS]:
                left -= counts[word]
                if left < 0:
                    break
                rows = self.connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (f'"{word}"',)).fetchall()
                self._told[word] = [id for (id,) in rows]
        return self._told

    def _count(self, word: str) -> int:
        """How many symbols it stands in, ``_RANKED`` for more."""
        asked = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
        return int(self.connection.execute(asked, (f'"{word}"', _RANKED)).fetchone()[0])

    def _at(self, frame: Frame) -> list[Found]:
        """The innermost symbol at the frame's line, in the file whose path ends most like the frame's."""
        parts = frame.path.replace("\\", "/").strip("/").split("/")
        for at in range(len(parts)):
            found = self.in_files(["/".join(parts[at:])])
            if found:
                break
        else:
            return []
        if frame.line:
            here = [symbol for symbol in found if symbol.start <= frame.line <= symbol.stop]
            return sorted(here, key=lambda symbol: symbol.stop - symbol.start)[:1]
        return [symbol for symbol in found if symbol.name == frame.name]

    def _calls(self, id: int) -> str:
        return str(self.connection.execute("SELECT calls FROM symbols WHERE id = ?", (id,)).fetchone()[0])

    def _imports(self, unit: int) -> set[str]:
        row = self.connection.execute("SELECT imports FROM units WHERE id = ?", (unit,)).fetchone()
        return {part for name in row[0].split() for part in name.split(".") if part} if row else set()


def is_test(path: str) -> bool:
    *folders, name = path.split("/")
    by_name = name.startswith(("test_", "conftest")) or name.rpartition(".")[0].endswith(("_test", "_tests", ".test", ".spec", "tests"))
    return by_name or bool({"test", "tests", "testing", "__tests__", "spec"} & set(folders))


def _ends(symbol: Found, dotted: str) -> bool:
    """Whether ``dotted`` names the symbol, from wherever it begins: a class, or a module of its path."""
    whole = [*symbol.path.rpartition(".")[0].split("/"), *symbol.name.split(".")]
    asked = dotted.split(".")
    return len(asked) > 1 and whole[-1] == asked[-1] and asked[-2] in whole[:-1]


def _is_imported(path: str, imported: set[str]) -> bool:
    *folders, name = path.split("/")
    stem = name.partition(".")[0]
    return stem in imported or (stem == "__init__" and bool(folders) and folders[-1] in imported)

"""A reply as edits: blocks of our form, and unified diffs, wherever they stand in it. Whatever is written, this ends in a plain result.

The form, path on a line of its own before the block, the block in a fence or not::

    path/of/file.py                     path/of/file.py
    <<<<<<< SEARCH                      <<<<<<< SYMBOL Class.method
    lines as they are                   def method(self): ...
    =======                             >>>>>>> END
    lines as they shall be
    >>>>>>> REPLACE                     and FILE for a whole file, DELETE to remove one

The marks of a block are as long as its first one, so that a text with such lines can be edited with longer ones.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from autosd.coding.editing.diffs import end_of, read_patches, starts_diff, starts_hunk
from autosd.coding.editing.edits import Delete, Edit, Parsed, Problem, Redefine, Replace, Trouble, Whole

MOST_CHARACTERS = 400_000
MOST_EDITS = 100
_MOST_WAYS = 5
_BEGIN = re.compile(r"^\s{0,8}(<{5,40}) ?(SEARCH|SYMBOL|FILE|DELETE)\b[ \t]*(.*)$")
_END = re.compile(r"^\s{0,8}(>{5,40})(?: ?(?:REPLACE|END|SEARCH|SYMBOL|FILE|DELETE))?\s*$")
_FENCE = re.compile(r"^\s{0,8}(`{3,}|~{3,})\s*([\w+.#-]*)[ \t]*(.*)$")
_DECORATION = re.compile(r"^[\s>#*`-]*(?:(?:file|path|in|edit|update|create|delete)\s*:\s*)?[`*\"']*|[`*\"':\s]*$", re.IGNORECASE)


def parse(reply: str) -> Parsed:
    """Every edit in ``reply``, and everything that looked like one and is none."""
    if len(reply) > MOST_CHARACTERS:
        return Parsed((), (Problem(Trouble.TOO_LARGE, f"the reply has more than {MOST_CHARACTERS} characters."),))
    reader = _Reader([line.removesuffix("\r") for line in reply.split("\n")])
    reader.read()
    if len(reader.edits) > MOST_EDITS:
        return Parsed((), (Problem(Trouble.TOO_LARGE, f"the reply has more than {MOST_EDITS} edits."),))
    if not reader.edits and not reader.problems:
        reader.problems.append(Problem(Trouble.NO_DIFF, "the reply holds no edit in the form that was asked for, and no diff."))
    return Parsed(tuple(reader.edits), tuple(reader.problems))


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.edits: list[Edit] = []
        self.problems: list[Problem] = []
        self.fence = ""  # what opened the fence that is open
        self.path = ""  # of the last block
        self.after_block = -1  # the line behind the last block
        self.marks = _marks(lines)

    def read(self) -> None:
        at = 0
        while at < len(self.lines) and len(self.edits) + len(self.problems) <= MOST_EDITS:
            line = self.lines[at]
            if begin := _BEGIN.match(line):
                at = self._block(at, begin)
            elif starts_diff(self.lines, at) or (starts_hunk(line) and (self.fence or self._path_before(at))):
                at = self._diff(at)
            else:
                self._track_fence(line)
                at += 1

    def _track_fence(self, line: str) -> None:
        found = _FENCE.match(line)
        if not found:
            return
        if not self.fence:
            self.fence = found[1]
        elif found[1].startswith(self.fence) and not found[2] and not found[3]:
            self.fence = ""

    # ---- blocks -------------------------------------------------------------------------------------------------------------------

    def _block(self, at: int, begin: re.Match[str]) -> int:
        marks, kind, rest = begin.groups()
        end = self._end_of_block(at + 1, len(marks))
        body = self.lines[at + 1 : end]
        path = self._path_before(at) or (_as_path(rest) if kind != "SYMBOL" else "")
        if not path and self._follows_block(at):
            path = self.path
        self.path = path
        if end == len(self.lines) and kind == "DELETE":
            body, end = [], at
        if not path:
            self.problems.append(Problem(Trouble.NO_FILES, f"a {kind} block has no path on the line before it."))
        elif end == len(self.lines):
            why = f"a {kind} block is not closed by {'>' * len(marks)}; the reply may have been cut off."
            self.problems.append(Problem(Trouble.NOT_APPLIED, why, path))
        else:
            self._add(kind, path, rest.strip().strip("`"), body, len(marks))
        self.after_block = at + 1 if end == len(self.lines) else end + 1
        return self.after_block

    def _end_of_block(self, at: int, marks: int) -> int:
        """The line that closes it. A further begin of the same length before that: it was never closed."""
        known = self.marks.get(marks, [])
        after = bisect_left(known, (at, False))
        number, closes = known[after] if after < len(known) else (len(self.lines), False)
        return number if closes else len(self.lines)

    def _add(self, kind: str, path: str, rest: str, body: Sequence[str], marks: int) -> None:
        if kind == "SYMBOL":
            self.edits.append(Redefine(path, rest, tuple(_unfenced(body))))
        elif kind == "FILE":
            self.edits.append(Whole(path, tuple(_unfenced(body))))
        elif kind == "DELETE":
            self.edits.append(Delete(path))
        elif ways := tuple(_ways(body, marks)):
            self.edits.append(Replace(path, ways))
        else:
            self.problems.append(Problem(Trouble.NOT_APPLIED, f"a SEARCH block has no line {'=' * marks} in it.", path))

    def _path_before(self, at: int) -> str:
        """The path on the nearest line above, fences and blank lines between them left out."""
        for number in range(at - 1, max(at - 6, self.after_block - 1, -1), -1):
            line = self.lines[number]
            fence = _FENCE.match(line)
            if fence:
                named = _as_path(fence[3]) or (_as_path(fence[2]) if "/" in fence[2] or "." in fence[2] else "")
                if named:
                    return named
                continue
            if line.strip():
                return _as_path(line)
        return ""

    def _follows_block(self, at: int) -> bool:
        between = self.lines[max(self.after_block, 0) : at]
        return self.after_block >= 0 and all(not line.strip() or _FENCE.match(line) for line in between)

    # ---- diffs --------------------------------------------------------------------------------------------------------------------

    def _diff(self, at: int) -> int:
        end = max(end_of(self.lines, at, fenced=bool(self.fence)), at + 1)
        path = "" if starts_diff(self.lines, at) else self._path_before(at)
        patches, orphans = read_patches(self.lines[at:end], path=path)
        self.edits += patches
        if orphans or not patches:
            self.problems.append(Problem(Trouble.NO_FILES, "a diff does not say which file it is of: it needs its --- and +++ lines."))
        self.after_block = end
        return end


def _marks(lines: Sequence[str]) -> dict[int, list[tuple[int, bool]]]:
    """By their length, where the marks stand, and whether they close a block."""
    found: dict[int, list[tuple[int, bool]]] = {}
    for number, line in enumerate(lines):
        if "<<<<<" in line and (begin := _BEGIN.match(line)):
            found.setdefault(len(begin[1]), []).append((number, False))
        elif ">>>>>" in line and (end := _END.match(line)):
            found.setdefault(len(end[1]), []).append((number, True))
    return found


def _as_path(line: str) -> str:
    """The path that a line consists of; empty when it is a sentence or nothing."""
    bare = _DECORATION.sub("", line.strip()[:600])
    if not bare or len(bare) > 400 or re.search(r"\s{2,}|[<>|?*\"]", bare):
        return ""
    words = bare.split(" ")
    plain = len(words) == 1 or (len(words) <= 4 and re.search(r"\.\w{1,8}$", bare) and "/" in words[0])
    return bare if plain else ""


def _ways(body: Sequence[str], marks: int) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each line of equals signs may be the one between the old lines and the new."""
    middle = [number for number, line in enumerate(body) if line.strip() == "=" * marks]
    for number in middle[:_MOST_WAYS]:
        yield tuple(body[:number]), tuple(body[number + 1 :])


def _unfenced(body: Sequence[str]) -> Sequence[str]:
    """Without a fence that stands around all of it."""
    full = [number for number, line in enumerate(body) if line.strip()]
    if len(full) >= 2 and _FENCE.match(body[full[0]]) and body[full[-1]].strip() in ("```", "~~~"):
        opening = _FENCE.match(body[full[0]])
        assert opening is not None
        if opening[2] or opening[1] == body[full[-1]].strip():
            return body[full[0] + 1 : full[-1]]
    return body

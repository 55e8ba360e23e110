"""Edits made on the texts of a tree, all of them or none: what fits nowhere, or in two places, is told and not guessed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

from autosd.coding.editing.document import BOM, Document, written
from autosd.coding.editing.edits import Delete, Edit, Edited, Hunk, Patch, Problem, Redefine, Replace, Trouble, Whole
from autosd.coding.editing.elision import elided
from autosd.coding.editing.matching import Place, moved, places, trimmed
from autosd.coding.editing.parsing import parse
from autosd.coding.editing.paths import Tree, encoding_of
from autosd.coding.editing.symbols import Unfit, redefine
from autosd.governance.redaction import MASK

MOST_FILES = 50
#: Lines that one reply may make us look at: what it asks for is bounded, whatever it asks.
MOST_EFFORT = 3_000_000
#: Lines of context that a hunk may have wrong at its edges.
FUZZ = 3


def edited(reply: str, tree: Tree) -> Edited:
    """What ``reply`` makes of ``tree``."""
    asked = parse(reply)
    if asked.problems:
        return Edited(problems=asked.problems)
    return apply(asked.edits, tree)


def apply(edits: Sequence[Edit], tree: Tree) -> Edited:
    work = _Work(tree)
    for edit in edits:
        problem = work.do(edit)
        if problem is not None:
            work.problems.append(problem)
    return work.result()


@dataclass
class _Work:
    """The documents as they have become; None for a file that is not there (any more)."""

    tree: Tree
    now: dict[str, Document | None] = field(default_factory=dict)
    before: dict[str, str | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    effort: int = 0  # lines looked at

    def do(self, edit: Edit) -> Problem | None:
        if self.effort > MOST_EFFORT:
            return Problem(Trouble.TOO_LARGE, "these are too many edits of too large files.")
        if isinstance(edit, Patch):
            return self._patch(edit)
        path = self._opened(edit.path)
        if isinstance(path, Problem):
            return path
        document = self.now[path]
        self.effort += len(document.lines) * (len(edit.ways) if isinstance(edit, Replace) else 20) if document is not None else 0
        if isinstance(edit, Whole):
            return self._whole(path, edit.lines)
        if isinstance(edit, Replace) and document is None and not any(any(map(str.strip, old)) for old, _ in edit.ways):
            return self._whole(path, edit.ways[0][1])  # nothing sought in a file that is not there: a new one
        if document is None:
            return Problem(Trouble.NOT_APPLIED, "there is no such file.", path)
        if isinstance(edit, Delete):
            self.now[path] = None
            return None
        if isinstance(edit, Redefine):
            return _redefined(path, document, edit)
        return _replaced(path, document, edit)

    def _opened(self, path: str, *, of_diff: bool = False) -> str | Problem:
        """The path as the project spells it, its document at hand."""
        place = self.tree.place(path, of_diff=of_diff)
        if isinstance(place, Problem) or place in self.now:
            return place
        if len(self.now) >= MOST_FILES:
            return Problem(Trouble.TOO_LARGE, f"more than {MOST_FILES} files are touched.")
        found = self.tree.read(place)
        if isinstance(found, Problem):
            return found
        self.now[place], self.before[place] = found, found.text if found is not None else None
        return place

    def _whole(self, path: str, lines: Sequence[str]) -> Problem | None:
        old = self.now[path]
        newline, bom = (old.newline, old.bom) if old is not None else ("\n", "")
        self.now[path] = Document.of(written(lines, newline, bom))
        return None

    def _patch(self, patch: Patch) -> Problem | None:
        if patch.odd:
            return Problem(Trouble.NOT_APPLIED, patch.odd, patch.path[:200])
        before = self._opened(patch.before, of_diff=True) if patch.before else None
        after = self._opened(patch.after, of_diff=True) if patch.after else None
        if isinstance(before, Problem):
            return before
        if isinstance(after, Problem):
            return after
        if before is None and after is not None:
            return self._created(after, patch)
        assert before is not None
        document = self.now[before]
        if document is None:
            return Problem(Trouble.NOT_APPLIED, "there is no such file.", before)
        self.effort += len(document.lines) * len(patch.hunks) * 10
        if self.effort > MOST_EFFORT:
            return Problem(Trouble.TOO_LARGE, "these are too many edits of too large files.", before)
        if problem := _hunks(before, document, patch.hunks):
            return problem
        if after != before:
            if after is not None and self.now[after] is not None:
                return Problem(Trouble.NOT_APPLIED, "a file is there already; it cannot be moved over it.", after)
            self.now[before] = None
            if after is not None:
                self.now[after] = document
        return None

    def _created(self, path: str, patch: Patch) -> Problem | None:
        if self.now[path] is not None and any(hunk.old for hunk in patch.hunks):
            document = self.now[path]
            assert document is not None
            return _hunks(path, document, patch.hunks)  # it was said to be new and is there
        return self._whole(path, [line for hunk in patch.hunks for line in hunk.new])

    def result(self) -> Edited:
        files: dict[str, str | None] = {}
        for path, document in self.now.items():
            new, old = document.text if document is not None else None, self.before[path]
            if new == old:
                continue
            self.problems += _checked(self.tree, path, old, new)
            files[path] = new
        if not files and not self.problems:
            self.problems.append(Problem(Trouble.NO_DIFF, "the edits change nothing."))
        return Edited({} if self.problems else files, tuple(self.problems))


def _replaced(path: str, document: Document, edit: Replace) -> Problem | None:
    found: list[tuple[Place, tuple[str, ...], tuple[str, ...]]] = []
    for old, new in edit.ways:
        if not document.lines and not any(map(str.strip, old)):
            document.replace(0, 0, new)
            return None
        at = places(document.lines, old)
        if not at and (old != (short := trimmed(old))):
            old, new = short, trimmed(new)
            at = places(document.lines, old)
        if at:
            found = [(place, old, new) for place in at]  # a line of equals signs that the file has at that place is text
    if len(found) != 1:
        first = next((line.strip() for old, _ in edit.ways for line in old if line.strip()), "")
        if not found:
            why = f"the lines of SEARCH that begin with {first[:120]!r} are not in the file; copy them exactly from it."
            return Problem(Trouble.NOT_APPLIED, why, path)
        lines = ", ".join(str(place.start + 1) for place, _, _ in found[:5])
        why = f"the lines of SEARCH that begin with {first[:120]!r} are in {len(found)} places (lines {lines}); add lines around them."
        return Problem(Trouble.NOT_APPLIED, why, path)
    _put(document, *found[0])
    return None


def _put(document: Document, place: Place, old: Sequence[str], new: Sequence[str]) -> None:
    """Lines of the new text that are the old ones, but for white space, are those of the file."""
    there = document.lines[place.start : place.end]
    same = {mine: ours for mine, ours in zip(old, there, strict=True) if mine.strip()}
    moved_ = moved(new, old, there) if place.shifted else list(new)
    document.replace(place.start, place.end, [same.get(line, other) for line, other in zip(new, moved_, strict=True)])


def _redefined(path: str, document: Document, edit: Redefine) -> Problem | None:
    if not path.endswith((".py", ".pyi")):
        return Problem(Trouble.NOT_APPLIED, "SYMBOL is for Python files; use SEARCH.", path)
    try:
        redefine(document, edit.symbol, edit.lines)
    except Unfit as why:
        return Problem(Trouble.NOT_APPLIED, str(why), path)
    return None


# ---- hunks of diffs -----------------------------------------------------------------------------------------------------------------


def _hunks(path: str, document: Document, hunks: Sequence[Hunk]) -> Problem | None:
    drift = 0
    for number, hunk in enumerate(hunks, 1):
        found = _place_of(document, hunk, drift)
        if isinstance(found, str):
            return Problem(Trouble.NOT_APPLIED, f"hunk {number} of {len(hunks)} {found}", path)
        place, lines = found
        old, new = tuple(line[1:] for line in lines if line[0] in " -"), [line[1:] for line in lines if line[0] in " +"]
        _put(document, place, old, new)
        drift += len(new) - len(old)
    return None


def _place_of(document: Document, hunk: Hunk, drift: int) -> tuple[Place, tuple[str, ...]] | str:
    """Where it goes, and the lines of it that count: context that drifted away is left out from its edges, never a line that goes."""
    if not any(map(str.strip, hunk.old)):
        if document.lines and hunk.start:
            return "has no line of context that says where it goes."
        if document.lines:
            return "has no line of context."
        return Place(0, 0), tuple(line for line in hunk.lines if line[0] == "+")
    for fuzz in range(FUZZ + 1):
        for lines in _trimmings(hunk.lines, fuzz):
            old = [line[1:] for line in lines if line[0] in " -"]
            if not any(map(str.strip, old)):
                continue
            found = places(document.lines, old)
            skipped = _leading(hunk.lines, lines)
            if len(found) > 1 and hunk.start:
                found = [place for place in found if place.start == hunk.start - 1 + drift + skipped] or found
            if len(found) == 1:
                return found[0], lines
            if len(found) > 1:
                at = ", ".join(str(place.start + 1) for place in found[:5])
                return f"fits in {len(found)} places (lines {at}); give more lines of context."
    return f"does not fit: the file has no lines {_first(hunk.old)!r} ... as its context says."


def _trimmings(lines: tuple[str, ...], fuzz: int) -> list[tuple[str, ...]]:
    """With up to ``fuzz`` lines of context less at the one end, the other, or both."""
    if not fuzz:
        return [lines]
    ways = []
    for above, below in ((fuzz, 0), (0, fuzz), (fuzz, fuzz)):
        head = next((n for n, line in enumerate(lines) if line[0] != " "), len(lines))
        tail = next((n for n, line in enumerate(reversed(lines)) if line[0] != " "), len(lines))
        cut = lines[min(above, head) : len(lines) - min(below, tail)]
        if cut and len(cut) < len(lines):
            ways.append(cut)
    return ways


def _leading(whole: Sequence[str], part: Sequence[str]) -> int:
    """How many lines at the head of ``whole`` are not in ``part``."""
    return next((n for n in range(len(whole)) if tuple(whole[n : n + len(part)]) == tuple(part)), 0)


def _first(lines: Sequence[str]) -> str:
    return next((line.strip()[:120] for line in lines if line.strip()), "")


# ---- what came of it ----------------------------------------------------------------------------------------------------------------


def _checked(tree: Tree, path: str, old: str | None, new: str | None) -> list[Problem]:
    """What no file may become: unreadable, cut short, or with a secret written over by its mask."""
    if new is None:
        return []
    found = []
    if "\0" in new or not _encodable(tree, path, old, new):
        found.append(Problem(Trouble.NOT_APPLIED, "the new text has characters that the file cannot hold.", path))
    if new.count(MASK) > (old or "").count(MASK):
        why = f"{MASK} stands for a secret that you were not shown; leave that line as it is."
        found.append(Problem(Trouble.NOT_APPLIED, why, path))
    if line := elided(old or "", new):
        found.append(Problem(Trouble.NOT_APPLIED, f"{line[:120]!r} stands for code that was left out; write all of it.", path))
    if path.endswith((".py", ".pyi")) and (error := _broken(new)) and not (old is not None and _broken(old)):
        found.append(Problem(Trouble.NOT_APPLIED, f"the file would not compile any more: {error}.", path))
    return found


def _encodable(tree: Tree, path: str, old: str | None, new: str) -> bool:
    """In the encoding of the file. Bytes that were no text before may stay; a reply cannot bring new ones."""
    try:
        encoding = encoding_of(path, (tree.root / path).read_bytes()) if old is not None else "utf-8"
        new.encode(encoding, "surrogateescape" if old is not None and _odd(old) else "strict")
    except (OSError, ValueError, SyntaxError, LookupError):
        return False
    return set(_odd(new)) <= set(_odd(old or ""))


def _odd(text: str) -> list[str]:
    return [] if text.isascii() else [char for char in text if "\ud800" <= char <= "\udfff"]


def _broken(text: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text.removeprefix(BOM))
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno})"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return ""

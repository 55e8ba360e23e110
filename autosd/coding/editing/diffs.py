"""Unified diffs as models write them: with or without git's headers, wrong counts, lost spaces; read for what they say, not how."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from autosd.coding.editing.edits import Hunk, Patch

_HUNK = re.compile(r"^@@+(?: -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@+)?")
_EXTENDED = re.compile(
    r"^(index [0-9a-f]+\.\.|(?:new|deleted) file mode |(?:old|new) mode |(?:dis)?similarity index |(?:rename|copy) (?:from|to) |"
    r"Binary files |GIT binary patch|Only in |=+$|Index: )"
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_OLD_LINE = re.compile(r"^--- (?!\s*$)")
_NEW_LINE = re.compile(r"^\+\+\+ (?!\s*$)")


@dataclass
class _File:
    before: str | None = None
    after: str | None = None
    named: bool = False
    sided: bool = False  # its --- line was read
    hunks: list[Hunk] = field(default_factory=list)
    odd: str = ""
    new: bool = False
    gone: bool = False


def starts_diff(lines: Sequence[str], at: int) -> bool:
    """Whether a diff begins at line ``at``."""
    line = lines[at]
    if line.startswith("diff -"):
        return True
    return bool(_OLD_LINE.match(line)) and at + 1 < len(lines) and bool(_NEW_LINE.match(lines[at + 1]))


def starts_hunk(line: str) -> bool:
    return line.startswith("@@") and bool(_HUNK.match(line))


def read_patches(lines: Sequence[str], *, path: str = "") -> tuple[list[Patch], bool]:
    """What ``lines``, all of one diff, say of each file; and whether there were hunks that belong to none. ``path`` is the file
    that was named before it, for a diff without headers."""
    reader = _Reader(lines, path)
    reader.read()
    patches = [_patch(each) for each in reader.files if each.named and (each.hunks or each.odd or each.gone or each.new or _renamed(each))]
    return patches, reader.orphans


def end_of(lines: Sequence[str], at: int, *, fenced: bool) -> int:
    """Where the diff that begins at ``at`` ends: at its fence, or at the first line that no diff has."""
    in_hunk = False
    end = at
    while end < len(lines):
        line = lines[end]
        if fenced and line.lstrip().startswith(("```", "~~~")) and not line.startswith((" ", "+", "-")):
            return end
        if not fenced and not _of_diff(lines, end, in_hunk):
            return end
        in_hunk = starts_hunk(line) or (in_hunk and not line.startswith("diff -"))
        end += 1
    return end


def _of_diff(lines: Sequence[str], at: int, in_hunk: bool) -> bool:
    line = lines[at]
    if starts_hunk(line) or starts_diff(lines, at) or _EXTENDED.match(line) or line.startswith(("--- ", "+++ ", "\\ ")):
        return True
    if not in_hunk:
        return not line.strip() and at + 1 < len(lines) and (starts_hunk(lines[at + 1]) or starts_diff(lines, at + 1))
    if line.startswith((" ", "+", "-")):
        return True
    after = next((each for each in lines[at : at + 3] if each.strip()), "")  # an empty line of context that lost its space
    return not line.strip() and after.startswith((" ", "+", "-", "@@"))


class _Reader:
    def __init__(self, lines: Sequence[str], path: str) -> None:
        self.lines = lines
        self.files: list[_File] = [_File(path, path, named=True)] if path else []
        self.orphans = False
        self.hunk: list[str] | None = None
        self.start = 0
        self.left = (0, 0)  # lines that the hunk's head still promises

    def read(self) -> None:
        for at in range(len(self.lines)):
            self._line(at)
        self._close()

    def _line(self, at: int) -> None:
        line = self.lines[at]
        promised = self.hunk is not None and self.left[0] > 0 and self.left[1] > 0
        if starts_hunk(line):
            self._close()
            self._open(line)
        elif starts_diff(self.lines, at) and not promised:
            self._close()
            if self._goes_on(line):
                self._header(line)
                return
            self._file(line)
        elif self.hunk is not None and line[:1] in (" ", "+", "-"):
            if _NEW_LINE.match(line) and at and _OLD_LINE.match(self.lines[at - 1]) and not promised:
                return
            self._add(line)
        elif self.hunk is not None and not line.startswith("\\") and not line.startswith("diff --git "):
            self._add(" " + line)  # a line of context that lost its space
        else:
            self._header(line)

    def _goes_on(self, line: str) -> bool:
        """Whether a ``---`` belongs to the file that a ``diff`` line before it began."""
        return line.startswith("--- ") and bool(self.files) and not self.files[-1].sided and not self.files[-1].hunks

    def _open(self, line: str) -> None:
        found = _HUNK.match(line)
        start, old, _, new = found.groups() if found else (None,) * 4
        self.hunk, self.start = [], int(start or 0)
        self.left = (int(old or 1), int(new or 1)) if start else (0, 0)

    def _add(self, line: str) -> None:
        assert self.hunk is not None
        self.hunk.append(line)
        old, new = self.left
        self.left = (old - (line[0] in " -"), new - (line[0] in " +"))

    def _close(self) -> None:
        if self.hunk is None:
            return
        while self.hunk and not self.hunk[-1].strip():
            self.hunk.pop()  # empty lines behind a hunk are of the text around it, or match nothing that matters
        if any(line[0] in "+-" for line in self.hunk):
            if self.files and self.files[-1].named:
                self.files[-1].hunks.append(Hunk(self.start, tuple(self.hunk)))
            else:
                self.orphans = True
        self.hunk = None

    def _file(self, line: str) -> None:
        self.files.append(_File())
        if line.startswith("diff --git "):
            self._both(line[len("diff --git ") :])
        elif not line.startswith("diff "):
            self._header(line)

    def _both(self, rest: str) -> None:
        """The two names of git's line, told apart where they are the same but for ``a/`` and ``b/``."""
        half = len(rest) // 2
        one, other = rest[:half], rest[half + 1 :]
        if len(rest) % 2 and one[2:] == other[2:] and not rest.startswith('"'):
            self._name(one, other)
        elif not rest.startswith('"') and rest.count(" ") == 1:
            self._name(*rest.split(" "))

    def _name(self, before: str, after: str) -> None:
        self.files[-1].before, self.files[-1].after, self.files[-1].named = before, after, True

    def _header(self, line: str) -> None:
        if not self.files:
            return
        file = self.files[-1]
        if line.startswith("--- "):
            if file.hunks:
                self.files.append(_File())
                file = self.files[-1]
            file.before, file.sided = _side(line[4:]), True
        elif line.startswith("+++ "):
            file.after, file.named = _side(line[4:]), True
        elif found := re.match(r"^(rename|copy) (from|to) (.+)$", line):
            side = unquoted(found[3])
            setattr(file, "before" if found[2] == "from" else "after", side)
            file.named = True
            file.odd = "a copy of a file cannot be made this way; write the new file." if found[1] == "copy" else file.odd
        elif found := re.match(r"^(old|new|new file|deleted file) mode (\d+)", line):
            _mode(file, found[1], found[2])
        elif line.startswith(("Binary files ", "GIT binary patch")):
            file.odd = "binary changes are not made."


def _mode(file: _File, kind: str, mode: str) -> None:
    file.new |= kind == "new file"
    file.gone |= kind == "deleted file"
    if mode in ("120000", "160000"):
        file.odd = "links and submodules are not made."
    elif kind in ("old", "new") or (kind == "new file" and mode == "100755"):
        file.odd = "modes of files are not changed."


def _side(text: str) -> str | None:
    path = unquoted(text.split("\t")[0].strip())
    return None if path == "/dev/null" else path


def _renamed(file: _File) -> bool:
    before, after = (re.sub(r"^[abciow]/", "", path or "") for path in (file.before, file.after))
    return bool(before and after and before != after)


def _patch(file: _File) -> Patch:
    before = None if file.new else file.before
    after = None if file.gone else file.after
    return Patch(before, after, tuple(file.hunks), file.odd or ("" if before or after else "it names no file."))


def unquoted(path: str) -> str:
    """Git's spelling of an odd name, ``"a/\\303\\251.py"``, as the name itself."""
    if len(path) < 2 or path[0] != '"' or path[-1] != '"':
        return path
    out = bytearray()
    for found in re.finditer(r"\\([0-7]{3})|\\(.)|([^\\])", path[1:-1], re.DOTALL):
        octal, escape, plain = found.groups()
        if octal:
            out.append(int(octal, 8) & 0xFF)
        else:
            out += (_ESCAPES.get(escape, escape) if escape else plain).encode("utf-8", "surrogatepass")
    return out.decode("utf-8", "replace")

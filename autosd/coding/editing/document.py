"""A file's text as lines that keep their own ends, so that what is not edited stays byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

BOM = "\ufeff"


@dataclass
class Document:
    """``ends[n]`` is what stands after ``lines[n]``: a line break of the file's kind, or nothing at the end of the file."""

    lines: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    bom: str = ""

    @staticmethod
    def of(text: str) -> Document:
        bom, text = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
        document = Document(bom=bom)
        parts = text.split("\n")
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            if last and not part:
                break
            end = "" if last else "\n"
            if end and part.endswith("\r"):
                part, end = part[:-1], "\r\n"
            document.lines.append(part)
            document.ends.append(end)
        return document

    @property
    def text(self) -> str:
        return self.bom + "".join(line + end for line, end in zip(self.lines, self.ends, strict=True))

    @property
    def newline(self) -> str:
        """The line break that most lines have."""
        counted = Counter(end for end in self.ends if end)
        return counted.most_common(1)[0][0] if counted else "\n"

    def replace(self, start: int, end: int, lines: Iterable[str]) -> None:
        """Lines ``start`` up to ``end`` become ``lines``. Those that stay the same keep their ends; so does the end of the file."""
        new = list(lines)
        kept = dict(zip(self.lines[start:end], self.ends[start:end], strict=True))
        newline = self.newline
        ends = [kept.get(line, newline) or newline for line in new]
        if end >= len(self.lines) and new and self.ends and not self.ends[-1]:
            ends[-1] = ""
        if start and not self.ends[start - 1] and new:
            self.ends[start - 1] = newline  # appended behind a last line without a break
        self.lines[start:end] = new
        self.ends[start:end] = ends


def written(lines: Sequence[str], newline: str = "\n", bom: str = "") -> str:
    """The text of a whole file: it ends with a line break unless it is empty."""
    return bom + "".join(line + newline for line in lines)

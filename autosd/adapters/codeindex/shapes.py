"""Symbols of files in other languages, by the shape of their lines; prose in sections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autosd.adapters.codeindex.parsed import Parsed, Symbol
from autosd.adapters.codeindex.words import told, words_of

_NAME = r"([^\W\d][\w$]*)"
_CALL = re.compile(rf"\b{_NAME}\s*\(")
_ARROW = r"(?:async\s*)?(?:function\b|\([^()\n]*\)\s*(?::[^=\n]+)?=>|[\w$]+\s*=>)"
_NO_METHOD = r"(?!(?:if|for|while|switch|catch|return|function)\b)"
_BRACES = (
    rf"^[ \t]*(?:export\s+)?(?:default\s+)?(?:async\s+)?function\s*\*?\s*{_NAME}",
    rf"^[ \t]*(?:export\s+)?(?:const|let|var)\s+{_NAME}\s*(?::[^=\n]+)?=\s*{_ARROW}",
    rf"^[ \t]*(?:[\w$.]*\b(?:exports|prototype)\.){_NAME}\s*=\s*{_ARROW}",
    rf"^[ \t]+(?:(?:public|private|protected|static|async|get|set|override|readonly)\s+)*{_NO_METHOD}"
    rf"{_NAME}\s*\([^()\n]*\)\s*(?::[^{{\n]+)?\{{",
)
_LEAVE = r"public|private|protected|static|final|abstract|synchronized|override|virtual|async|inline"
_JAVA = rf"^[ \t]*(?:(?:{_LEAVE})\s+)+[\w<>\[\],.? ]*?\b{_NAME}\s*\([^;\n]*$"
_C = rf"^(?:[\w*&:<>]+\s+)+[*&]*(?:\w+::)?{_NAME}\s*\([^;\n]*$"
_CLASS = (
    r"^[ \t]*(?:(?:export|default|public|private|abstract|final|sealed|pub(?:\([^)\n]*\))?)\s+)*"
    rf"(?:class|interface|trait|struct|enum|impl)\s+{_NAME}"
)
_SHAPES = {
    ".js": _BRACES,
    ".go": (rf"^func\s+(?:\([^)]*\)\s*)?{_NAME}",),
    ".rs": (rf"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?(?:unsafe\s+)?fn\s+{_NAME}",),
    ".java": (_JAVA,),
    ".c": (_C,),
    ".py": (rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{_NAME}",),
    ".rb": (rf"^[ \t]*def\s+(?:self\.)?{_NAME}",),
    ".php": (rf"^[ \t]*(?:(?:public|private|protected|static|final|abstract)\s+)*function\s+&?{_NAME}",),
    ".sh": (rf"^[ \t]*(?:function\s+)?{_NAME}\s*\(\)\s*\{{?",),
}
_ALIKE = {
    **dict.fromkeys((".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".vue", ".svelte"), ".js"),
    **dict.fromkeys((".kt", ".cs", ".scala", ".swift", ".dart"), ".java"),
    **dict.fromkeys((".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp"), ".c"),
    **dict.fromkeys((".pyi", ".pyx"), ".py"),
    ".bash": ".sh",
}
_COMPILED = {suffix: re.compile("|".join((*shapes, _CLASS)), re.M) for suffix, shapes in _SHAPES.items()}
PROSE = frozenset({".md", ".rst", ".txt", ".adoc"})
#: Further files that are worth their words.
PLAIN = frozenset({".toml", ".cfg", ".ini", ".yaml", ".yml", ".json", ".html", ".css", ".scss", ".sql", ".graphql", ".proto", ".xml"})
CODE = frozenset({*_SHAPES, *_ALIKE})
LONGEST = 200  # lines of a piece


def shaped(text: str, suffix: str) -> Parsed:
    """What the file defines, and its text between: a piece reaches from one definition to the next, as far as it is indented deeper."""
    lines = text.splitlines()
    shape = _COMPILED.get(_ALIKE.get(suffix, suffix))
    starts = _defined(text, shape) if shape else []
    symbols = [*_pieces(lines, starts, prose=suffix in PROSE)]
    return Parsed(len(lines), "", tuple(symbols))


def _defined(text: str, shape: re.Pattern[str]) -> list[tuple[int, str, str]]:
    """Line, name and kind of each definition."""
    found = []
    line, at = 1, 0
    for match in shape.finditer(text):
        groups = match.groups()
        name = next((group for group in groups if group), "")
        begin = match.start() + len(match.group()) - len(match.group().lstrip())
        line += text.count("\n", at, begin)
        at = begin
        found.append((line, name, "class" if groups[-1] else "function"))
    return found


def _pieces(lines: list[str], starts: list[tuple[int, str, str]], *, prose: bool) -> Iterator[Symbol]:
    ends = [*(start for start, _, _ in starts[1:]), len(lines) + 1][: len(starts)]
    yield from _between(lines, 1, (starts[0][0] if starts else len(lines) + 1) - 1, prose)
    for (start, name, kind), following in zip(starts, ends, strict=True):
        end = min(_end(lines, start, following - 1), start + LONGEST - 1)
        body = "\n".join(lines[start - 1 : end])
        calls = " ".join(dict.fromkeys(found for found in _CALL.findall(body) if found != name))
        yield Symbol(kind, name, start, end, told(words_of(lines[start - 1])), _comment(lines, start), calls, told(words_of(body)))
        yield from _between(lines, end + 1, following - 1, prose)


def _end(lines: list[str], start: int, last: int) -> int:
    """The line that closes what ``start`` opened: the first that stands no deeper, itself included when it only closes."""
    depth = _depth(lines[start - 1])
    for number in range(start + 1, last + 1):
        line = lines[number - 1]
        if line.strip() and _depth(line) <= depth:
            return number if line.strip()[0] in ")}]" or line.strip() == "end" else number - 1
    return last


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _comment(lines: list[str], start: int) -> str:
    """The comment that stands right above."""
    above: list[str] = []
    for line in reversed(lines[max(0, start - 21) : start - 1]):
        if not line.strip().startswith(("//", "*", "/*", "#")):
            break
        above.append(line)
    return told(words_of("\n".join(reversed(above))))


def _between(lines: list[str], start: int, end: int, prose: bool) -> Iterator[Symbol]:
    at = start
    while at <= end:
        high = min(end, at + 39)
        if prose:
            high = next((n - 1 for n in range(at + 1, high + 1) if _opens(lines, n)), high)
        body = "\n".join(lines[at - 1 : high])
        if body.strip():
            yield Symbol("text", "", at, high, "", told(words_of(lines[at - 1])) if prose else "", "", told(words_of(body)))
        at = high + 1


def _opens(lines: list[str], number: int) -> bool:
    """Whether a section begins at that line: a ``#`` title, or a line that the next one underlines."""
    if lines[number - 1].startswith("#"):
        return True
    below = lines[number].strip() if number < len(lines) else ""
    return len(below) > 3 and len(set(below)) == 1 and below[0] in "=-~^*" and bool(lines[number - 1].strip())

"""Modules that do not parse: small changes near the error that make them parse, likeliest first."""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Iterator
from typing import NamedTuple

from autosd.coding.repair.edits import Edit, distance, trimmed
from autosd.coding.repair.model import Module
from autosd.coding.repair.source import parse_error
from autosd.domain.changes import TextEdit

_HEADS = re.compile(r"^\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b")
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_FOREIGN = [
    (r"&&", "and", 3.0),
    (r"\|\|", "or", 3.0),
    (r"!(?!=)\s*", "not ", 1.5),
    (r"(\w+)\s*\+\+", r"\1 += 1", 3.0),
    (r"(\w+)\s*--(?!\w)", r"\1 -= 1", 3.0),
    (r"\belse\s*if\b", "elif", 3.0),
    (r"\belseif\b", "elif", 3.0),
    (r"\bfunction\b", "def", 1.0),
    (r"^(\s*)print\s+(.+)$", r"\1print(\2)", 3.0),
    (r"^(\s*)exec\s+(.+)$", r"\1exec(\2)", 1.0),
    (r"^(\s*)raise\s+(\w+)\s*,\s*(.+)$", r"\1raise \2(\3)", 3.0),
    (r"\bexcept\s+([\w.]+)\s*,\s*(\w+)\s*:", r"except \1 as \2:", 3.0),
    (r"\bexcept\s+([\w.]+(?:\s*,\s*[\w.]+)+)\s*:", r"except (\1):", 2.0),
    (r"^(\s*def\s+\w+)\s*:", r"\1():", 3.0),
    (r"<>", "!=", 3.0),
    (r"=<", "<=", 2.0),
    (r"=>", ">=", 2.0),
    (r"=!", "!=", 2.0),
    (r"===", "==", 2.0),
    (r"(?<![=!<>:+\-*/%&|^@])=(?!=)", "==", 1.5),
    (r"==", "=", 1.0),
    (r":=", "=", 0.7),
    (r"\b0+(\d)", r"\1", 1.0),
    (r",\s*,", ",", 2.0),
    (r"\.\.", ".", 1.0),
    (r"`", "'", 1.0),
    (r"[“”]", '"', 2.0),
    (r"[‘’]", "'", 2.0),
    (r":\s*$", "", 1.0),
    (r";\s*$", ":", 0.7),
    (r"\bis\s+not\s+not\b", "is not", 1.0),
    (r"\bin\s+in\b", "in", 1.0),
    (r"^(\s*)(\w[\w.]*)\s+(\w+)\s*$", r"\1\2 = \3", 0.3),
    (r"^(\s*)await\b", r"\1", 0.1),
]
_BEAM, _MOST = 12, 400


class Guess(NamedTuple):
    """A changed text, how likely, and why."""

    text: str
    weight: float
    say: str


def syntax_edits(module: Module) -> Iterator[Edit]:
    """Edits after which the module compiles: of one change, else of two that each get the parser further."""
    seen: set[str] = set()
    further: list[tuple[int, float, Guess]] = []
    found: list[tuple[float, Edit]] = []
    error = module.error or parse_error(module.text)
    for guess in _guesses(module.text, error)[:_MOST]:
        if guess.text in seen:
            continue
        seen.add(guess.text)
        left = parse_error(guess.text)
        if left is None:
            found.append((guess.weight, _edit(module, guess)))
        elif (left.lineno or 0) > ((error.lineno or 0) if error else 0):
            further.append((left.lineno or 0, guess.weight, guess))
    for _, edit in sorted(found, key=lambda pair: (-pair[0], pair[1].distance)):
        yield edit
    further.sort(key=lambda each: (-each[0], -each[1]))
    for _, weight, first in further[:_BEAM] if not found else ():
        for guess in _guesses(first.text, parse_error(first.text))[:120]:
            if guess.text not in seen and parse_error(guess.text) is None:
                seen.add(guess.text)
                yield _edit(module, Guess(guess.text, weight * guess.weight * 0.1, f"{first.say}; {guess.say}"))


def _edit(module: Module, guess: Guess) -> Edit:
    change = trimmed(module.text, 0, len(module.text), guess.text)
    far = distance(module.text, *change)
    return Edit(module.path, (TextEdit(module.path, *change),), "syntax", 1, 10.0 * guess.weight / (1 + 0.1 * far), far, guess.say)


def _guesses(text: str, error: SyntaxError | None) -> list[Guess]:
    lines = text.splitlines(keepends=True)
    if error is None or not lines:
        return []
    at = min(max((error.lineno or 1) - 1, 0), len(lines) - 1)
    found = list(_conflict(text))
    near = [at, *[number for number in range(at - 1, max(-1, at - 6), -1) if lines[number].strip()][:3]]
    for rank, number in enumerate(dict.fromkeys(near)):
        for line, weight, say in _of_line(lines[number], lines, number, (error.offset or 1) - 1 if number == at else -1):
            found.append(
                Guess("".join([*lines[:number], line, *lines[number + 1 :]]), weight / (1 + 0.7 * rank), f"{say} in line {number + 1}")
            )
    found.extend(_layout(lines, at))
    return sorted(found, key=lambda guess: -guess.weight)


def _of_line(line: str, lines: list[str], number: int, column: int) -> Iterator[tuple[str, float, str]]:
    body = line.rstrip("\r\n")
    ending = line[len(body) :]
    code, comment = _split_comment(body)
    tail = f"{code[len(code.rstrip()) :]}{comment}{ending}"
    bare = code.rstrip()
    if _HEADS.match(bare) and not bare.endswith(":"):
        yield f"{bare}:{tail}", 6.0, "add the missing `:`"
    for text, weight, say in (*_brackets(bare), *_quotes(bare)):
        yield f"{text}{tail}", weight, say
    for pattern, new, weight in _FOREIGN:
        for match in list(re.finditer(pattern, bare))[:4]:
            text = bare[: match.start()] + match.expand(new) + bare[match.end() :]
            if text != bare:
                yield f"{text}{tail}", weight, f"write `{match.expand(new).strip()[:30]}`"
    yield from ((f"{text}{tail}", weight, say) for text, weight, say in (*_words(bare), *_separators(bare)))
    if 0 <= column < len(bare):
        yield f"{bare[:column]}{bare[column + 1 :]}{tail}", 0.7, f"delete `{bare[column]}`"
    yield "", 0.15, f"delete `{bare.strip()[:40]}`"


def _split_comment(body: str) -> tuple[str, str]:
    quote = ""
    for index, char in enumerate(body):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "#":
            return body[:index], body[index:]
    return body, ""


def _brackets(bare: str) -> Iterator[tuple[str, float, str]]:
    stack: list[str] = []
    for char in bare:
        if char in _PAIRS:
            stack.append(_PAIRS[char])
        elif char in _PAIRS.values() and stack and stack[-1] == char:
            stack.pop()
    if stack:
        closing = "".join(reversed(stack))
        yield bare + closing, 5.0, f"add the missing `{closing}`"
        if bare.endswith(":"):
            yield f"{bare[:-1]}{closing}:", 6.0, f"add the missing `{closing}`"
    for bracket in ")]}([{":
        for place in _boundaries(bare):
            yield f"{bare[:place]}{bracket}{bare[place:]}", 1.0 if bracket in stack else 0.15, f"add `{bracket}`"
    for index, char in enumerate(bare):
        if char in "()[]{}":
            yield bare[:index] + bare[index + 1 :], 1.0, f"delete `{char}`"
            for other in ")]}" if char in ")]}" else "([{":
                if other != char:
                    yield bare[:index] + other + bare[index + 1 :], 0.8, f"`{other}` for `{char}`"


def _boundaries(bare: str) -> list[int]:
    """Places between tokens, the last ones first."""
    return sorted({match.end() for match in re.finditer(r"\w+|[^\w\s]", bare)}, reverse=True)[:30]


def _quotes(bare: str) -> Iterator[tuple[str, float, str]]:
    for quote in "'\"":
        if bare.count(quote) % 2:
            for place in _boundaries(bare):
                yield f"{bare[:place]}{quote}{bare[place:]}", 1.5, f"add the missing `{quote}`"
            for index, char in enumerate(bare):
                if char == quote:
                    yield bare[:index] + bare[index + 1 :], 0.5, f"delete `{quote}`"
                elif char in "'\"":
                    yield bare[:index] + quote + bare[index + 1 :], 1.5, f"`{quote}` for `{char}`"
    nested = re.match(r"^(.*\bf)(['\"])(.*)\2(.*)$", bare)
    if nested:
        head, quote, inside, rest = nested.groups()
        other = "'" if quote == '"' else '"'
        if quote in inside:
            yield f"{head}{quote}{inside.replace(quote, other)}{quote}{rest}", 2.0, "other quotes inside the f-string"


def _words(bare: str) -> Iterator[tuple[str, float, str]]:
    """Misspelt keywords."""
    for match in re.finditer(r"[A-Za-z_]+", bare):
        word = match.group()
        if keyword.iskeyword(word):
            continue
        for close in difflib.get_close_matches(word, keyword.kwlist, 2, 0.7):
            yield bare[: match.start()] + close + bare[match.end() :], 2.5, f"`{close}` for `{word}`"
    glued = re.match(r"^(\s*)(def|class|return|if|elif|while|for|import|from|raise|not)(\w+.*)$", bare)
    if glued:
        yield f"{glued[1]}{glued[2]} {glued[3]}", 1.5, f"a space after `{glued[2]}`"


def _separators(bare: str) -> Iterator[tuple[str, float, str]]:
    """A comma, operator or word missing between two things."""
    for match in list(re.finditer(r"(?<=[\w\])}'\"])\s+(?=[\w\[({'\"])", bare))[:12]:
        for between, weight in (
            (", ", 1.5),
            (" + ", 0.3),
            (" = ", 0.4),
            (" == ", 0.3),
            (": ", 0.5),
            (" in ", 0.6),
            (" and ", 0.2),
            (".", 0.3),
        ):
            yield bare[: match.start()] + between + bare[match.end() :], weight, f"add `{between.strip()}`"


def _layout(lines: list[str], at: int) -> Iterator[Guess]:
    """Indentation: of the line, of the lines under it, and empty blocks."""
    whole = "".join(lines)
    if "\t" in whole:
        for size in (4, 8, 2):
            yield Guess("".join(_expanded(line, size) for line in lines), 3.0, "spaces for tabs")
    indents = sorted({len(line) - len(line.lstrip()) for line in lines[: at + 2] if line.strip()})
    step = next((size for size in indents if size), 4)
    for number in (at, at - 1, at + 1):
        if not 0 <= number < len(lines) or not lines[number].strip():
            continue
        have = len(lines[number]) - len(lines[number].lstrip())
        end = number + 1
        while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > have):
            end += 1
        last = number + 1
        while last < len(lines) and (not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) >= have) and have:
            last += 1
        for want in dict.fromkeys([*indents, have + step, max(0, have - step)]):
            if want != have:
                for stop, weight in ((number + 1, 1.0), (end, 0.9), (last, 0.8)):
                    near = 2.0 if abs(want - have) <= step else 1.0
                    moved = [_shift(line, want - have) for line in lines[number:stop]]
                    yield Guess(
                        "".join([*lines[:number], *moved, *lines[stop:]]),
                        weight * near * (1.0 if number == at else 0.5),
                        f"indent line {number + 1} by {want}",
                    )
        if lines[number].rstrip().endswith(":"):
            inner = " " * (have + step)
            yield Guess("".join([*lines[: number + 1], f"{inner}pass\n", *lines[number + 1 :]]), 0.5, "an empty block needs `pass`")


def _expanded(line: str, size: int) -> str:
    head = line[: len(line) - len(line.lstrip(" \t"))]
    return head.expandtabs(size) + line[len(head) :]


def _shift(line: str, by: int) -> str:
    if not line.strip():
        return line
    have = len(line) - len(line.lstrip())
    return " " * max(0, have + by) + line.lstrip()


def _conflict(text: str) -> Iterator[Guess]:
    """Markers of an unfinished merge: one side or the other."""
    pattern = re.compile(r"^<<<<<<<[^\n]*\n(.*?)(?:^\|\|\|\|\|\|\|[^\n]*\n.*?)?^=======\n(.*?)^>>>>>>>[^\n]*\n", re.S | re.M)
    if pattern.search(text):
        yield Guess(pattern.sub(lambda match: match[1], text), 20.0, "keep the first side of the merge")
        yield Guess(pattern.sub(lambda match: match[2], text), 19.0, "keep the second side of the merge")

"""Replies of every shape: real forms, broken by chance in the ways that models and attackers break them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

PATHS = (
    "shop.py", "pkg/mod.py", "notes.md", "new.py", "pkg/new/deep.py", "crlf.py", "bom.py", "latin.py", "empty.py", "data.bin", "big.txt",
    "../out.py", "/etc/passwd", "a/../../b.py", "~/x", "C:\\x.py", "a\\b.py", "x\0y.py", ".git/hooks/pre-commit", ".env", "_secure/k.py",
    "link.py", "linked/x.py", "pkg", "shop.py/x", "x" * 400, "é.py", "\u202egnp.py", "\ud800.py", "con.py", "a b.py",
    '"q\\303\\251.py"',
    "conftest.py", "tests/test_shop.py", ".github/workflows/ci.yml", "//x.py", "./shop.py", "b/shop.py",
    "dev/null", "/dev/null", "", " ", ".", "..",
)  # fmt: skip
LINES = (
    "class Cart:", "    def total(self):", "        return sum(self.items)", "x = 1", "", "\t\treturn 1", "=======", "```",
    "```python", "~~~",
    "<<<<<<< SEARCH", ">>>>>>> REPLACE", "<<<<<<< SYMBOL Cart.total", "<<<<<<< FILE", ">>>>>>> END", "<<<<<<< DELETE", "<<<<<<<< SEARCH",
    "@@ -1,3 +1,3 @@", "@@", "@@ -999999999,999999999 +0,0 @@", "--- a/shop.py", "+++ b/shop.py", "--- /dev/null",
    "diff --git a/shop.py b/shop.py",
    "rename from shop.py", "rename to ../x", "new file mode 120000", "old mode 100644", "GIT binary patch", "\\ No newline at end of file",
    "+x", "-x = 1", " x = 1", "(" * 300, "[" * 5000, "'''", '"""', "\0", "\ud800", "\u2028", "\r", "\x0c", "é" * 50,
    "# ... rest of the code ...",
    "[redacted]", "\\303\\251", "\\\\n(\\\\d+)", "{}" * 100, "-" * 3000 + "1", "lambda: " * 200 + "0", "not " * 3000 + "x",
)  # fmt: skip
FORMS = (
    "{p}\n<<<<<<< SEARCH\n        return sum(self.items)\n=======\n        return 0\n>>>>>>> REPLACE\n",
    "{p}\n```python\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n```\n",
    "{p}\n<<<<<<< SYMBOL Cart.total\ndef total(self):\n    return 1\n>>>>>>> END\n",
    "{p}\n<<<<<<< FILE\nx = 3\n>>>>>>> END\n",
    "{p}\n<<<<<<< DELETE\n>>>>>>> END\n",
    "--- a/{p}\n+++ b/{p}\n@@ -1,3 +1,3 @@\n class Cart:\n-    def total(self):\n+    def total(self, x=0):\n"
    "         return sum(self.items)\n",
    "```diff\ndiff --git a/{p} b/{p}\nindex 1..2 100644\n--- a/{p}\n+++ b/{p}\n@@ -1 +1,2 @@\n-x = 1\n+x = 2\n+y = 3\n```\n",
    "diff --git a/{p} b/{p}\nnew file mode 100644\n--- /dev/null\n+++ b/{p}\n@@ -0,0 +1,2 @@\n+x = 1\n+y = 2\n",
    "diff --git a/shop.py b/{p}\nsimilarity index 90%\nrename from shop.py\nrename to {p}\n",
    "Here is what I did:\n\n1. **{p}**: the sum.\n",
)  # fmt: skip


def replies(seed: int, count: int) -> Iterator[str]:
    chance = random.Random(seed)
    for _ in range(count):
        text = "".join(chance.choice(FORMS).replace("{p}", chance.choice(PATHS)) for _ in range(chance.choice((1, 1, 1, 2, 3, 8))))
        for _ in range(chance.choice((0, 1, 1, 2, 4, 12))):
            text = chance.choice(BREAKS)(text, chance)
        yield text


def _line(change: Callable[[list[str], int, random.Random], None]) -> Callable[[str, random.Random], str]:
    def on_text(text: str, chance: random.Random) -> str:
        lines = text.split("\n")
        change(lines, chance.randrange(len(lines)), chance)
        return "\n".join(lines)

    return on_text


def _drop(lines: list[str], at: int, chance: random.Random) -> None:
    del lines[at]


def _double(lines: list[str], at: int, chance: random.Random) -> None:
    lines.insert(at, lines[at])


def _swap(lines: list[str], at: int, chance: random.Random) -> None:
    other = chance.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _foreign(lines: list[str], at: int, chance: random.Random) -> None:
    lines.insert(at, chance.choice(LINES))


def _over(lines: list[str], at: int, chance: random.Random) -> None:
    lines[at] = chance.choice(LINES)


def _dent(lines: list[str], at: int, chance: random.Random) -> None:
    lines[at] = chance.choice((" ", "    ", "\t", "> ", "+", "-", "")) + lines[at].lstrip()


def _many(lines: list[str], at: int, chance: random.Random) -> None:
    lines[at:at] = [chance.choice((lines[at], chance.choice(LINES)))] * chance.choice((10, 300))


def _cut(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _character(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice("<>=@+-`~ \t\r\n\0\\\"'é漢\ud83d\u2028/.:") + text[at + chance.randrange(2) :]


def _ends(text: str, chance: random.Random) -> str:
    return text.replace("\n", chance.choice(("\r\n", "\r", "\n\n")))


BREAKS: tuple[Callable[[str, random.Random], str], ...] = (
    *map(_line, (_drop, _double, _swap, _foreign, _over, _dent, _many)), _cut, _character, _character, _ends,
)  # fmt: skip

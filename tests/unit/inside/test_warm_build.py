"""Ticks by text and by syntax tree are the same; spans, positions and names are kept."""

from __future__ import annotations

import ast
import types
from pathlib import Path

import pytest

from autosd.inside.warm import build, textual, ticks
from autosd.inside.warm.live import nested
from autosd.inside.warm.source import File

SAMPLES = {
    "loops": "def f(a, b):\n    '''doc'''\n    for x in a, b:\n        while x > 0 and b:\n            x -= 1\n    return [y for y in a if y] + [z for z in b]\n",  # noqa: E501
    "heads": "def f(a):\n    if a:\n        for x in (a):\n            if (x):\n                pass\n    with open(a) as g, open(a):\n        for x in a: x()\n",  # noqa: E501
    "tries": "def f(a):\n    while True:\n        try:\n            try:\n                a()\n            finally:\n                a()\n        except:\n            pass\n",  # noqa: E501
    "inner": "def f(a):\n    def g(x):\n        return {k: v for k, v in x for w in v}\n    class C:\n        def m(self): return (q for q in a)\n    return g\n",  # noqa: E501
    "async": "async def f(a):\n    async for x in a:\n        await x\n    return [y async for y in a if y]\n",
    "text": "def f(ä, b):\n    for ö in ä + 'ü': b.append(ö); b.append(f'{[x for x in ä]}')\n    return 'ß', [ü for ü in ä]\n",
    "method": "class K:\n    class I:\n        @property\n        def f(self):\n            for x in self.__y: yield x\n            return super().f\n",  # noqa: E501
    "crlf": "def f(a):\r\n\tfor x in a:\r\n\t\tif x: return x\r\n",
    "odd": "if True:\n  def f(a,\n        b=lambda x: {1:2}) -> 'x':  # a: b\n    global Q\n    Q = (yield)\n    raise a\n",
}


def function_code(code: types.CodeType) -> types.CodeType:
    return next(inner for path, inner in nested(code) if inner.co_name == "f")


def file_of(tmp_path: Path, text: str) -> File:
    path = tmp_path / "sample.py"
    path.write_bytes(text.encode())
    return File("sample.py", str(path))


@pytest.mark.parametrize("name", SAMPLES)
def test_ticks_in_the_text_compile_to_the_ticks_of_the_tree(tmp_path: Path, name: str) -> None:
    (unit,) = file_of(tmp_path, SAMPLES[name]).units
    whole = function_code(compile(ticks.add_ticks(ast.parse(SAMPLES[name])), "x", "exec"))
    text = textual.Ticked(unit).apply([])
    assert text is not None and text.count(ticks.TICK) > 0
    alone = build._shift(build._extract(compile(unit.header + text, "x", "exec"), unit), unit.shift)
    assert build._meaning(alone) == build._meaning(whole)
    assert {line for _, _, line in alone.co_lines()} <= {line for _, _, line in whole.co_lines()} | {unit.line}


@pytest.mark.parametrize("name", SAMPLES)
def test_ticks_do_not_move_lines(name: str) -> None:
    def lines(code: types.CodeType) -> set[int]:
        inner = [lines(const) for const in code.co_consts if isinstance(const, types.CodeType)]
        return {line for _, _, line in code.co_lines() if line}.union(*inner)

    plain, ticked = compile(SAMPLES[name], "x", "exec"), compile(ticks.add_ticks(ast.parse(SAMPLES[name])), "x", "exec")
    assert lines(plain) == lines(ticked)


@pytest.mark.parametrize(
    ("old", "new", "quick"),
    [
        ("x > 0", "x >= 0", True),
        ("x > 0 and b", "b", True),
        ("x -= 1", "x += 1", True),
        ("1\n", "1 + x\n", True),
        ("a, b:", "a:", False),
        ("a, b", "a", True),
        ("while x > 0 and b:", "if x:", False),
        ("x -= 1", "if x: x -= 1", True),
        ("y for y in a if y", "y for y in b", False),
        ("b]", "a]", False),
        ("z for", "(z, 1) for", False),
        ("x -= 1", "x -= 1\n            if x:\n                b = x", True),
        ("x -= 1", "x -= 1\n        y = 2", True),
        ("x -= 1", "x -= 1\ny = 2", False),
    ],
)
def test_the_quick_way_gives_what_the_tree_gives_or_leaves_it_to_the_tree(tmp_path: Path, old: str, new: str, quick: bool) -> None:
    text = SAMPLES["loops"]
    (unit,) = file_of(tmp_path, text).units
    start = text.index(old)
    ticked = textual.Ticked(unit).apply([(start, start + len(old), new)])
    changed = text.replace(old, new, 1)
    assert (ticked is not None) == quick
    if ticked is not None:
        try:
            code = function_code(compile(ticked, "x", "exec"))
        except SyntaxError:
            return  # the tree decides
        expected = function_code(compile(ticks.add_ticks(ast.parse(changed)), "x", "exec"))
        assert build._meaning(code) == build._meaning(expected)


def test_an_edit_in_the_signature_is_not_inside_the_function(tmp_path: Path) -> None:
    text = SAMPLES["odd"]
    file = file_of(tmp_path, text)
    (unit,) = file.units
    assert file.unit_of(text.index("b="), text.index("b=") + 1) is None
    assert file.unit_of(text.index("1:2"), text.index("1:2") + 1) is None
    assert file.unit_of(text.index("raise"), len(text)) is unit
    assert file.unit_of(text.index("# a"), text.index("# a")) is unit


def test_what_compiles_to_the_same_has_one_digest_and_what_differs_in_type_has_not() -> None:
    def digest(text: str) -> str:
        return build.digest({("f", "f", 1): function_code(compile(text, "x", "exec"))})

    assert digest("def f():\n    return 1\n") == digest("def f():\n    # why\n    return (1)\n")
    assert len({digest(f"def f():\n    return {value}\n") for value in ("1", "1.0", "True", "-0.0", "0.0", "'1'")}) == 6

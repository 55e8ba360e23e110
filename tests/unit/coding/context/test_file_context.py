"""How a file is shown: whole, in summaries, around a chunk, or the region alone; always within its tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosd.adapters.summary_cache import FileSummaryCache
from autosd.coding.context.files import Limits, Shower, trimmed
from autosd.coding.context.summaries import Summariser, first_line, snippet_summary
from autosd.domain.chunks import Region
from autosd.domain.errors import AutosdError
from autosd.domain.tokens import estimate

FUNCTIONS = "\n\n".join(f"def step_{n}(x):\n    return [x + {n}, x * {n}, x - {n}]" for n in range(30)) + "\n"
PATH = Path("work.py")


@pytest.fixture
def shower(tmp_path: Path) -> Shower:
    return Shower(FileSummaryCache(tmp_path / "cache"), Limits(chunk_tokens=60, tokens=600))


def test_a_short_file_is_shown_whole(shower: Shower) -> None:
    assert shower.file_context(PATH, "x = 1\n").text == "x = 1\n"


def test_a_long_file_is_shown_in_summaries_that_cover_it(shower: Shower) -> None:
    shown = shower.file_context(PATH, FUNCTIONS)
    assert len(shown.summaries) > 5 and shown.chunk is None
    assert shown.text.splitlines()[0] == f"# lines 1-{shown.summaries[0].end_line}: def step_0(x):"
    assert shown.summaries[-1].end_line == len(FUNCTIONS.splitlines())
    assert estimate(shown.text) <= 600


def test_a_chunk_is_shown_as_it_stands_among_the_summaries_of_the_others(shower: Shower) -> None:
    shown = shower.file_context(PATH, FUNCTIONS, chunk_index=2)
    assert shown.chunk is not None and shown.chunk.text in shown.text
    assert len(shown.summaries) == len(shower.file_context(PATH, FUNCTIONS).summaries) - 1
    assert shown.text.index("def step_0") < shown.text.index(shown.chunk.text)


def test_a_chunk_that_is_not_there_is_refused(shower: Shower) -> None:
    with pytest.raises(AutosdError, match="none of number 99"):
        shower.file_context(PATH, FUNCTIONS, chunk_index=99)


def test_a_region_is_shown_alone_between_markers_under_its_signature(shower: Shower) -> None:
    code = "import os\n\n\ndef outer(\n    a,\n    b: int = 2,\n) -> int:\n    x = a\n    y = b\n    return x + y\n\n\nsecret = 1\n"
    shown = shower.file_context(PATH, code, region=Region(8, 9)).text
    assert shown == ("# in def outer( a, b: int = 2, ) -> int:\n# start of region, line 8\n    x = a\n    y = b\n# end of region, line 9\n")


@pytest.mark.parametrize("region", [Region(0, 1), Region(3, 2), Region(1, 99)])
def test_a_region_outside_of_the_file_is_refused(shower: Shower, region: Region) -> None:
    with pytest.raises(AutosdError, match="no region"):
        shower.file_context(PATH, "a = 1\nb = 2\n", region=region)


def test_what_is_cut_says_so(shower: Shower) -> None:
    text = "x = 1\n" * 100
    short = trimmed(text, 50)
    assert estimate(short) <= 50 and short.endswith("more lines\n") and short.startswith("x = 1\n")
    assert trimmed(text, 10_000) == text


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("import os\n\nclass A:\n    pass\n", "class A:"),
        ("x = 1\nasync  def f(): ...\n", "async  def f(): ..."),
        ("\n\n   value = 3\n", "value = 3"),
        ("y" * 200, "y" * 80),
        ("  \n", ""),
    ],
)
def test_without_a_model_the_first_telling_line_is_the_summary(code: str, line: str) -> None:
    assert first_line(code) == line


def test_a_models_words_come_first_and_its_silence_is_filled(tmp_path: Path) -> None:
    said = Summariser("scripted", lambda code: "Adds\x1b[31m numbers.\n" if "step_0" in code else "")
    shown = Shower(FileSummaryCache(tmp_path), Limits(60, 600), said).file_context(PATH, FUNCTIONS)
    assert shown.summaries[0].summary == "Adds [31m numbers."
    assert shown.summaries[1].summary.startswith("def step_")


def test_a_snippet_is_summarised_once(tmp_path: Path) -> None:
    asked: list[str] = []
    said = Summariser("scripted", lambda code: asked.append(code) or "Says hello.")  # type: ignore[func-returns-value]
    cache = FileSummaryCache(tmp_path)
    assert [snippet_summary(cache, "print('hello')", said) for _ in range(3)] == ["Says hello."] * 3
    assert asked == ["print('hello')"]
    assert snippet_summary(cache, "print('hello')") == "print('hello')"

"""A text is cut along its statements, within the limit, and nothing of it is lost."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosd.coding.context.chunks import split_into_chunks
from autosd.domain.errors import AutosdError
from autosd.domain.tokens import estimate

TWO = "def first():\n    x = 1\n    return x\ndef second():\n    y = 2\n    return y\n"


def words(text: str) -> int:
    return len(text.split())


def test_fifty_print_lines_at_thirty_tokens_are_several_chunks_of_at_most_thirty() -> None:
    chunks = split_into_chunks("".join(f"print({n})\n" for n in range(50)), 30)
    assert len(chunks) > 1 and all(chunk.token_count <= 30 for chunk in chunks)


@pytest.mark.parametrize("count", [estimate, words])
def test_two_functions_at_twelve_tokens_begin_at_lines_one_and_four(count: object) -> None:
    chunks = split_into_chunks(TWO, 12, count=words) if count is words else split_into_chunks(TWO, 12)
    assert [chunk.start_line for chunk in chunks] == [1, 4]


def test_a_chunk_says_what_it_holds() -> None:
    [first, second] = split_into_chunks(TWO, 12)
    assert (first.start_line, first.end_line, second.end_line) == (1, 3, 6)
    assert first.text + second.text == TWO
    assert first.hash == hashlib.sha256(first.text.encode()).hexdigest()
    assert first.token_count == estimate(first.text)


def test_statements_are_packed_together_while_they_fit() -> None:
    assert len(split_into_chunks(TWO, 1000)) == 1


def test_a_decorator_and_the_comment_above_stay_with_their_function() -> None:
    code = "x = 1\n\n# why\n@decorated\ndef f():\n    return 1\n"
    assert [chunk.start_line for chunk in split_into_chunks(code, 16)] == [1, 3]


def test_a_statement_that_is_too_long_is_cut_between_lines() -> None:
    code = "def f():\n" + "    call(1)\n" * 40
    chunks = split_into_chunks(code, 50)
    assert len(chunks) > 4 and all(chunk.token_count <= 50 for chunk in chunks)


def test_code_that_does_not_parse_is_cut_between_lines() -> None:
    chunks = split_into_chunks("def broken(:\n" * 20, 10)
    assert "".join(chunk.text for chunk in chunks) == "def broken(:\n" * 20 and len(chunks) > 5


def test_a_line_that_does_not_fit_stands_alone() -> None:
    chunks = split_into_chunks("x = 1\n" + "call(1, 2, 3, 4, 5, 6, 7, 8)\n" + "y = 2\n", 6)
    assert [(chunk.start_line, chunk.end_line) for chunk in chunks] == [(1, 1), (2, 2), (3, 3)]


def test_line_ranges_begin_and_end_chunks() -> None:
    code = "".join(f"x{n} = {n}\n" for n in range(1, 11))
    assert [(c.start_line, c.end_line) for c in split_into_chunks(code, 1000, line_ranges=[(3, 5)])] == [(1, 2), (3, 5), (6, 10)]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_holds_nothing_is_refused(limit: int) -> None:
    with pytest.raises(AutosdError, match="holds nothing"):
        split_into_chunks("x = 1\n", limit)


def test_nothing_is_no_chunk() -> None:
    assert split_into_chunks("", 10) == []


_LINES = st.lists(
    st.sampled_from(
        [
            "",
            "# note",
            "x = 1",
            "def f():",
            "    return x",
            "@d",
            "class A:",
            "if x:",
            "  (",
            ")",
            "call(a, b, c)",
            '"""',
            "\x0c",
            "π = 3",
            "\r",
        ]
    ),
    max_size=40,
)


@given(
    _LINES,
    st.integers(1, 40),
    st.lists(st.tuples(st.integers(-3, 45), st.integers(-3, 45)), max_size=3),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_chunks_are_the_whole_text_in_order_within_the_limit(
    lines: list[str], limit: int, ranges: list[tuple[int, int]], newline: str
) -> None:
    code = newline.join(lines)
    chunks = split_into_chunks(code, limit, line_ranges=ranges)
    assert "".join(chunk.text for chunk in chunks) == code
    assert all(chunk.token_count <= limit or chunk.start_line == chunk.end_line for chunk in chunks)
    ends = [0, *(chunk.end_line for chunk in chunks)]
    assert [chunk.start_line for chunk in chunks] == [end + 1 for end in ends[:-1]]


@pytest.mark.slow
def test_an_enormous_text_is_cut_in_a_moment() -> None:
    code = "x = [\n" + "    1,\n" * 100_000 + "]\n"
    assert "".join(chunk.text for chunk in split_into_chunks(code, 3500)) == code

from program import wrap

TEXT = "the quick brown fox jumps over the lazy dog"


def test_a_short_text_is_one_line():
    assert wrap("hello", 20) == ["hello"]


def test_two_lines():
    assert wrap("hello there", 8) == ["hello", " there"]


def test_no_space_to_break_at():
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]


def test_nothing_is_lost():
    assert "".join(wrap(TEXT, 11)) == TEXT


def test_no_line_is_too_long():
    assert all(len(line) <= 11 for line in wrap(TEXT, 11))

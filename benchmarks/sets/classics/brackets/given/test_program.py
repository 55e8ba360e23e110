from program import balanced


def test_no_brackets():
    assert balanced("a + b") is True


def test_a_pair():
    assert balanced("(a + b)") is True


def test_nested_pairs():
    assert balanced("((a)(b))()") is True


def test_one_left_open():
    assert balanced("((a)") is False


def test_closed_too_early():
    assert balanced(")(") is False


def test_only_opening():
    assert balanced("(((") is False

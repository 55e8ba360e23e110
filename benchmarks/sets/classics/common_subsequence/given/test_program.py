from program import common


def test_nothing_in_common():
    assert common("abc", "xyz") == ""


def test_the_same_word():
    assert common("lamp", "lamp") == "lamp"


def test_doubled_letter_is_used_once():
    assert common("aaa", "a") == "a"


def test_letters_between():
    assert common("headache", "teach") == "each"


def test_empty():
    assert common("", "abc") == ""


def test_repeats_on_the_left():
    assert common("accept", "cat") == "ct" or common("accept", "cat") == "at"

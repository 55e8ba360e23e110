from program import common_run


def test_nothing_in_common():
    assert common_run("abc", "xyz") == 0


def test_one_letter():
    assert common_run("abc", "xcx") == 1


def test_a_word_inside():
    assert common_run("meadow", "shadow") == 4


def test_the_same_word():
    assert common_run("witch", "witch") == 5


def test_an_empty_text():
    assert common_run("", "abc") == 0

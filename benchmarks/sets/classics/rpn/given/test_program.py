from program import evaluate


def test_a_number():
    assert evaluate(["7"]) == 7


def test_a_sum():
    assert evaluate(["1", "2", "+"]) == 3


def test_a_difference():
    assert evaluate(["5", "3", "-"]) == 2


def test_a_division():
    assert evaluate("1 4 /".split()) == 0.25


def test_a_longer_one():
    assert evaluate("3 5 + 2 / 1 -".split()) == 3


def test_products_commute():
    assert evaluate("2 3 4 * *".split()) == 24

from program import ways


def test_nothing_to_pay():
    assert ways([1, 2], 0) == 1


def test_too_little_to_pay():
    assert ways([5], -1) == 0


def test_one_coin():
    assert ways([1], 4) == 1


def test_a_sum_that_cannot_be_paid():
    assert ways([4], 6) == 0


def test_several_coins():
    assert ways([1, 5, 10, 25], 11) == 4


def test_more_ways():
    assert ways([1, 2, 3], 4) == 4

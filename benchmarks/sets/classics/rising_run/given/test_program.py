from program import longest_rising


def test_empty():
    assert longest_rising([]) == 0


def test_rising():
    assert longest_rising([1, 2, 5, 9]) == 4


def test_falling():
    assert longest_rising([9, 5, 2, 1]) == 1


def test_mixed():
    assert longest_rising([4, 1, 5, 3, 7, 6, 2]) == 3


def test_a_small_one_at_the_end():
    assert longest_rising([2, 3, 4, 1]) == 3


def test_zigzag():
    assert longest_rising([10, 22, 9, 33, 21, 50, 41, 60, 8]) == 5

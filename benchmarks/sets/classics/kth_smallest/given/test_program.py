from program import kth


def test_only_one():
    assert kth([8], 0) == 8


def test_the_smallest():
    assert kth([3, 6, 7, 1, 6, 3, 8, 9], 0) == 1


def test_one_from_the_middle():
    assert kth([3, 6, 7, 1, 6, 3, 8, 9], 5) == 7


def test_the_largest():
    assert kth([3, 6, 7, 1, 6, 3, 8, 9], 7) == 9


def test_among_repeats():
    assert kth([2, 6, 8, 3, 5, 5, 5], 3) == 5


def test_below_the_pivot():
    assert kth([9, 1, 5], 1) == 5

from program import next_arrangement


def test_last_two_swap():
    assert next_arrangement([1, 2, 3]) == [1, 3, 2]


def test_the_middle_moves():
    assert next_arrangement([1, 3, 2]) == [2, 1, 3]


def test_after_the_last_comes_none():
    assert next_arrangement([3, 2, 1]) is None


def test_longer():
    assert next_arrangement([3, 5, 6, 2, 1]) == [3, 6, 1, 2, 5]


def test_one_item_has_no_other():
    assert next_arrangement(["a"]) is None

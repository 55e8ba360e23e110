from program import nearly_sorted


def test_sorted_with_no_distance():
    assert list(nearly_sorted([1, 2, 3], 0)) == [1, 2, 3]


def test_distance_of_two():
    assert list(nearly_sorted([3, 2, 1, 5, 4], 2)) == [1, 2, 3, 4, 5]


def test_distance_of_the_whole_list():
    assert list(nearly_sorted([5, 4, 3, 2, 1], 4)) == [1, 2, 3, 4, 5]


def test_repeats():
    assert list(nearly_sorted([2, 1, 1, 3], 2)) == [1, 1, 2, 3]


def test_empty():
    assert list(nearly_sorted([], 3)) == []

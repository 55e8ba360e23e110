from program import bucket_sort


def test_nothing_stays_nothing():
    assert bucket_sort([], 5) == []


def test_three_numbers():
    assert bucket_sort([3, 1, 2], 5) == [1, 2, 3]


def test_repeated_numbers_are_kept():
    assert bucket_sort([4, 0, 4, 1], 5) == [0, 1, 4, 4]


def test_already_sorted():
    assert bucket_sort([0, 1, 1, 3], 4) == [0, 1, 1, 3]


def test_the_input_is_left_alone():
    numbers = [0]
    bucket_sort(numbers, 2)
    assert numbers == [0]

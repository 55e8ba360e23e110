from program import first_index


def test_first_of_several():
    assert first_index([3, 4, 5, 5, 5, 5, 6], 5) == 2


def test_only_value():
    assert first_index([7], 7) == 0


def test_larger_than_all():
    assert first_index([3, 4, 5, 6], 9) == -1


def test_smaller_than_all():
    assert first_index([3, 4, 5, 6], 1) == -1


def test_between_two():
    assert first_index([3, 6, 9, 12], 7) == -1


def test_all_the_same():
    assert first_index([2, 2, 2, 2], 2) == 0

from program import index_of


def test_in_the_middle():
    assert index_of([3, 4, 6, 9, 11], 6) == 2


def test_at_the_front():
    assert index_of([3, 4, 6, 9, 11], 3) == 0


def test_near_the_end():
    assert index_of([3, 4, 6, 9, 11], 11) == 4


def test_too_small():
    assert index_of([3, 4, 6], 1) == -1


def test_too_large():
    assert index_of([3, 4, 6], 70) == -1


def test_nothing_to_search():
    assert index_of([], 1) == -1

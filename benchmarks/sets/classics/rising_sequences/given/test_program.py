from program import rising


def test_none_fit():
    assert rising(1, 3, 5) == []


def test_singles():
    assert rising(4, 7, 1) == [[4], [5], [6]]


def test_pairs():
    assert rising(1, 4, 2) == [[1, 2], [1, 3], [2, 3]]


def test_triples():
    assert rising(1, 5, 3) == [[1, 2, 3], [1, 2, 4], [1, 3, 4], [2, 3, 4]]

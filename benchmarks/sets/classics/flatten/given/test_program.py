from program import flatten


def test_already_flat():
    assert list(flatten(["a", "b"])) == ["a", "b"]


def test_empty():
    assert list(flatten([])) == []


def test_one_level():
    assert list(flatten([1, [2, 3], 4])) == [1, 2, 3, 4]


def test_deep():
    assert list(flatten([[[["x"]]], ["y"]])) == ["x", "y"]


def test_empty_lists_vanish():
    assert list(flatten([[], [1, []], [[]]])) == [1]

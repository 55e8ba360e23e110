from program import quick_sort


def test_empty():
    assert quick_sort([]) == []


def test_distinct():
    assert quick_sort([3, 1, 2]) == [1, 2, 3]


def test_falling():
    assert quick_sort([9, 7, 5]) == [5, 7, 9]


def test_twins_are_kept():
    assert quick_sort([2, 1, 2]) == [1, 2, 2]


def test_all_the_same():
    assert quick_sort(["a", "a", "a"]) == ["a", "a", "a"]

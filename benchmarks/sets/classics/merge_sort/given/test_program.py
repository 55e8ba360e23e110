from program import merge, merge_sort


def test_merging_two_sorted_lists():
    assert merge([1, 4], [2, 3]) == [1, 2, 3, 4]


def test_empty():
    assert merge_sort([]) == []


def test_one():
    assert merge_sort([7]) == [7]


def test_some():
    assert merge_sort([3, 1, 2, 1]) == [1, 1, 2, 3]


def test_words():
    assert merge_sort(["b", "c", "a"]) == ["a", "b", "c"]

from program import subsets


def test_of_nothing():
    assert subsets([]) == [[]]


def test_of_one():
    assert sorted(subsets(["x"])) == [[], ["x"]]


def test_of_two():
    assert sorted(subsets([1, 2])) == [[], [1], [1, 2], [2]]


def test_there_are_two_to_the_n():
    assert len(subsets(list("abcde"))) == 32

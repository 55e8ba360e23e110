from program import distance


def test_from_nothing():
    assert distance("", "abc") == 3


def test_the_same_word():
    assert distance("tree", "tree") == 0


def test_one_replaced():
    assert distance("tree", "free") == 1


def test_nothing_in_common():
    assert distance("ab", "xy") == 2


def test_a_known_pair():
    assert distance("sitting", "kitten") == 3


def test_one_deleted():
    assert distance("amanda", "amnda") == 1

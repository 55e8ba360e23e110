from program import to_base


def test_one_digit():
    assert to_base(8, 10) == "8"


def test_a_palindrome():
    assert to_base(5, 2) == "101"


def test_base_three():
    assert to_base(31, 3) == "1011"


def test_base_sixteen():
    assert to_base(44, 16) == "2C"


def test_a_letter():
    assert to_base(35, 36) == "Z"

from program import to_postfix


def test_nothing():
    assert to_postfix([]) == []


def test_a_number():
    assert to_postfix([30]) == [30]


def test_a_sum():
    assert to_postfix([1, "+", 2]) == [1, 2, "+"]


def test_left_before_right():
    assert to_postfix([10, "-", 5, "-", 2]) == [10, 5, "-", 2, "-"]


def test_products_bind_tighter():
    assert to_postfix([34, "-", 12, "/", 5]) == [34, 12, 5, "/", "-"]


def test_a_product_first():
    assert to_postfix([4, "*", 3, "+", 2]) == [4, 3, "*", 2, "+"]

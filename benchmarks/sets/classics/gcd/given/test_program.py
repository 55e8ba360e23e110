from program import gcd


def test_with_zero():
    assert gcd(17, 0) == 17


def test_coprime():
    assert gcd(13, 8) == 1


def test_common_factor():
    assert gcd(35, 21) == 7


def test_order_does_not_matter():
    assert gcd(21, 35) == 7


def test_one_divides_the_other():
    assert gcd(12, 48) == 12

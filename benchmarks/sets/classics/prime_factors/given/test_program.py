from program import prime_factors


def test_one_has_none():
    assert prime_factors(1) == []


def test_a_prime():
    assert prime_factors(13) == [13]


def test_two_factors():
    assert prime_factors(15) == [3, 5]


def test_a_square():
    assert prime_factors(49) == [7, 7]


def test_many_factors():
    assert prime_factors(360) == [2, 2, 2, 3, 3, 5]

from program import primes_up_to


def test_below_two_there_is_none():
    assert primes_up_to(1) == []


def test_two_is_prime():
    assert primes_up_to(2) == [2]


def test_up_to_ten():
    assert primes_up_to(10) == [2, 3, 5, 7]


def test_the_limit_counts():
    assert primes_up_to(13)[-1] == 13


def test_nothing_up_to_zero():
    assert primes_up_to(0) == []

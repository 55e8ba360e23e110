from program import bit_count


def test_zero_has_no_ones():
    assert bit_count(0) == 0


def test_one():
    assert bit_count(1) == 1


def test_a_power_of_two_has_one():
    assert bit_count(64) == 1


def test_a_number_of_ones_only():
    assert bit_count(127) == 7


def test_a_mixed_number():
    assert bit_count(0b1011001) == 4

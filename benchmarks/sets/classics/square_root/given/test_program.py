from program import square_root


def test_of_four():
    assert abs(square_root(4, 0.2) - 2) < 0.2


def test_of_two():
    assert abs(square_root(2, 0.01) - 1.4142) < 0.01


def test_of_a_large_number():
    assert abs(square_root(10000, 0.01) - 100) < 0.01


def test_of_a_fraction():
    assert abs(square_root(0.25, 0.001) - 0.5) < 0.01

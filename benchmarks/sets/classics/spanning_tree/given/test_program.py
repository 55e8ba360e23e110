from program import cheapest_cables


def test_no_houses():
    assert cheapest_cables({}) == set()


def test_two_houses():
    assert cheapest_cables({("a", "b"): 3}) == {("a", "b")}


def test_a_triangle_leaves_out_the_dearest():
    assert cheapest_cables({("a", "b"): 1, ("b", "c"): 2, ("a", "c"): 5}) == {("a", "b"), ("b", "c")}


def test_a_square_with_a_diagonal():
    costs = {("a", "b"): 6, ("a", "c"): 1, ("b", "c"): 2, ("c", "d"): 4, ("b", "d"): 3}
    assert cheapest_cables(costs) == {("a", "c"), ("b", "c"), ("b", "d")}


def test_two_villages():
    assert cheapest_cables({(1, 2): 5, (3, 4): 1}) == {(1, 2), (3, 4)}

from program import lengths_from


def test_the_source_itself():
    assert lengths_from("s", {}) == {"s": 0}


def test_one_edge():
    assert lengths_from("s", {("s", "a"): 4}) == {"s": 0, "a": 4}


def test_a_detour():
    assert lengths_from("s", {("s", "b"): 9, ("s", "a"): 4, ("a", "b"): 3})["b"] == 7


def test_a_negative_edge():
    assert lengths_from("s", {("s", "a"): 4, ("a", "b"): -6}) == {"s": 0, "a": 4, "b": -2}


def test_out_of_reach():
    assert lengths_from("s", {("a", "s"): 1})["a"] == float("inf")

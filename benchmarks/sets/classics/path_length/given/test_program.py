from program import shortest

LINES = {"a": {"b": 4, "c": 1}, "c": {"b": 2, "d": 7}, "b": {"d": 3}, "e": {"a": 1}}


def test_no_way_at_all():
    assert shortest(LINES, "a", "e") is None


def test_staying_costs_nothing():
    assert shortest(LINES, "a", "a") == 0


def test_one_stop():
    assert shortest(LINES, "a", "c") == 1


def test_a_detour_is_quicker():
    assert shortest(LINES, "a", "b") == 3


def test_through_the_town():
    assert shortest(LINES, "a", "d") == 6


def test_from_outside():
    assert shortest(LINES, "e", "d") == 7

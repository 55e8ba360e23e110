from program import reachable

ROADS = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["a"], "e": ["f"]}


def test_a_town_reaches_itself():
    assert reachable(ROADS, "a", "a") is True


def test_a_neighbour():
    assert reachable(ROADS, "a", "c") is True


def test_two_steps_away():
    assert reachable(ROADS, "a", "d") is True


def test_no_road_leads_there():
    assert reachable(ROADS, "a", "e") is False


def test_roads_are_one_way():
    assert reachable(ROADS, "f", "e") is False

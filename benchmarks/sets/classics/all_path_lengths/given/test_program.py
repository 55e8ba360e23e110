from program import FAR, all_lengths


def test_one_node():
    assert all_lengths(1, {}) == {(0, 0): 0}


def test_no_edges():
    assert all_lengths(2, {})[0, 1] == FAR


def test_two_steps():
    assert all_lengths(3, {(0, 1): 2, (1, 2): 3})[0, 2] == 5


def test_a_shorter_detour():
    assert all_lengths(3, {(0, 2): 9, (0, 1): 2, (1, 2): 3})[0, 2] == 5


def test_edges_are_one_way():
    lengths = all_lengths(3, {(0, 1): 2, (1, 2): 3})
    assert lengths[2, 0] == FAR


def test_negative_edges():
    assert all_lengths(3, {(0, 1): 3, (1, 2): -2})[0, 2] == 1

from program import best_load


def test_an_empty_shop():
    assert best_load(10, []) == 0


def test_nothing_fits():
    assert best_load(2, [(3, 10), (4, 20)]) == 0


def test_room_to_spare():
    assert best_load(50, [(10, 60), (20, 100)]) == 160


def test_one_that_fits_exactly():
    assert best_load(5, [(5, 7)]) == 7


def test_choosing_the_better_pair():
    assert best_load(50, [(10, 60), (20, 100), (30, 120)]) == 220


def test_small_items():
    assert best_load(3, [(1, 1), (2, 4), (3, 4)]) == 5

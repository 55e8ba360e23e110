from program import best_run


def test_empty():
    assert best_run([]) == 0


def test_all_good():
    assert best_run([1, 2, 3]) == 6


def test_all_bad():
    assert best_run([-4, -1]) == 0


def test_a_bad_start():
    assert best_run([-5, 3, 4]) == 7


def test_a_run_in_the_middle():
    assert best_run([4, -5, 2, 1, -1, 3]) == 5

from program import moves


def test_no_disc_needs_no_move():
    assert moves(0) == []


def test_one_disc():
    assert moves(1) == [(1, 3)]


def test_two_discs():
    assert moves(2) == [(1, 2), (1, 3), (2, 3)]


def test_other_pegs():
    assert moves(1, 2, 1) == [(2, 1)]


def test_number_of_moves_doubles():
    assert len(moves(6)) == 63

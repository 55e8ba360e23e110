from program import triangle


def test_no_rows():
    assert triangle(0) == []


def test_one_row():
    assert triangle(1) == [[1]]


def test_two_rows():
    assert triangle(2) == [[1], [1, 1]]


def test_five_rows():
    assert triangle(5)[-1] == [1, 4, 6, 4, 1]


def test_there_are_as_many_rows_as_asked_for():
    assert len(triangle(7)) == 7

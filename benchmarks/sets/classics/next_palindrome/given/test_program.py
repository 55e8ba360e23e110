from program import next_palindrome


def test_an_even_count():
    assert next_palindrome([1, 4, 4, 1]) == [1, 5, 5, 1]


def test_an_odd_count():
    assert next_palindrome([1, 2, 1]) == [1, 3, 1]


def test_a_nine_in_the_middle():
    assert next_palindrome([4, 9, 4]) == [5, 0, 5]


def test_only_nines():
    assert next_palindrome([9, 9]) == [1, 0, 1]


def test_one_nine():
    assert next_palindrome([9]) == [1, 1]

def digit_sum(number):
    """The sum of the digits, of a negative number those of its positive one."""
    number = abs(number)
    total = 0
    while number > 0:
        total += number % 10
        number //= 10
    return total


VISIBLE = [(123,), (0,), (-45,), (9,), (1000,)]
HIDDEN = [(7,), (10,), (99,), (-1,), (12345,), (808,), (-909,), (111111,), (90,), (55,), (3006,)]

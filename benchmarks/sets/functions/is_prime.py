def is_prime(number):
    """Whether only 1 and itself divide ``number``."""
    if number < 2:
        return False
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 1
    return True


VISIBLE = [(2,), (4,), (1,), (17,), (25,), (0,), (15,)]
HIDDEN = [(n,) for n in (-3, 3, 5, 6, 7, 8, 9, 21, 23, 49, 51, 53, 97, 121)]

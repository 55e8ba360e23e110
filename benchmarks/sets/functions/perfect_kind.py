def perfect_kind(number):
    """``perfect``, ``abundant`` or ``deficient``, by the sum of the proper divisors."""
    if number < 1:
        raise ValueError("a positive number is needed")
    total = 0
    for divisor in range(1, number // 2 + 1):
        if number % divisor == 0:
            total += divisor
    if total == number:
        return "perfect"
    return "abundant" if total > number else "deficient"


VISIBLE = [(6,), (12,), (7,), (28,), (1,), (20,)]
HIDDEN = [(n,) for n in (2, 3, 4, 8, 10, 18, 24, 30, 100, 496, 0, -6)]

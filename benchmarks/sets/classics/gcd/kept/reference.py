"""The greatest common divisor."""


def gcd(a, b):
    """The largest number that divides both ``a`` and ``b`` (not negative)."""
    if b == 0:
        return a
    return gcd(b, a % b)

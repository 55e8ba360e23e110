"""Counting the ones in a whole number."""


def bit_count(number):
    """How many binary digits of ``number`` (not negative) are one."""
    ones = 0
    while number:
        number &= number - 1
        ones += 1
    return ones

"""Numbers in other bases."""

import string

DIGITS = string.digits + string.ascii_uppercase


def to_base(number, base):
    """``number`` (positive) written in ``base`` (2..36)."""
    written = ""
    while number > 0:
        digit = number % base
        number = number // base
        written = DIGITS[digit] + written
    return written

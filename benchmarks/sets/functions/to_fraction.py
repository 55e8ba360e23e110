def to_fraction(top, bottom):
    """The fraction in lowest terms as (top, bottom), the bottom positive."""
    if bottom == 0:
        raise ZeroDivisionError("a fraction needs a bottom")
    if bottom < 0:
        top, bottom = -top, -bottom
    a, b = abs(top), bottom
    while b:
        a, b = b, a % b
    return top // a, bottom // a


VISIBLE = [(2, 4), (3, 1), (-2, 4), (2, -4), (0, 7), (6, 9)]
HIDDEN = [(1, 2), (10, 5), (-3, -9), (7, 3), (0, -2), (12, 18), (100, 75), (5, 0), (-8, 6), (9, -27), (49, 14)]

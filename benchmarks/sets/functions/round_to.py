def round_to(value, step):
    """``value`` (not negative) rounded to the nearest multiple of ``step``, halves up."""
    if step <= 0:
        raise ValueError("step must be positive")
    rest = value % step
    if rest * 2 >= step:
        return value - rest + step
    return value - rest


VISIBLE = [(7, 5), (8, 5), (10, 5), (15, 10), (14, 10), (0, 3)]
HIDDEN = [(1, 2), (3, 4), (2, 4), (1, 4), (99, 10), (101, 10), (5, 1), (5, 0), (6, 4), (50, 100), (49, 100)]

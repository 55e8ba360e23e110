def clamp_scale(value, low, high, new_low, new_high):
    """``value`` of the range low..high moved to new_low..new_high, kept inside of it."""
    if high == low:
        return new_low
    share = (value - low) / (high - low)
    share = min(1.0, max(0.0, share))
    return new_low + share * (new_high - new_low)


VISIBLE = [(5, 0, 10, 0, 100), (0, 0, 10, 5, 6), (-5, 0, 10, 0, 1), (15, 0, 10, 0, 1), (3, 2, 2, 7, 9), (5, 4, 8, 10, 30)]
HIDDEN = [(10, 0, 10, 0, 100), (2, 1, 3, 0, 2), (7, 4, 8, 1, 2), (1, 4, 8, 1, 2), (9, 4, 8, 1, 3), (0, -1, 1, 0, 10), (4, 4, 4, 1, 2), (6, 5, 9, 100, 0), (5, 5, 9, 100, 0), (1, 0, 4, 2, 4), (3, 0, 4, -4, 4)]

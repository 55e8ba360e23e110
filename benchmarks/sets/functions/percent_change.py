def percent_change(old, new, digits=1):
    """By how many percent ``new`` differs from ``old``, as text with a sign."""
    if old == 0:
        return "n/a"
    change = (new - old) / abs(old) * 100
    sign = "+" if change > 0 else ""
    return f"{sign}{change:.{digits}f}%"


VISIBLE = [(100, 110), (100, 90), (0, 5), (50, 50), (-10, -5), (3, 4, 2)]
HIDDEN = [(1, 2), (2, 1), (0, 0), (-4, -8), (-4, 4), (8, 9, 0), (8, 9, 3), (200, 199), (5, 5, 2), (10, 0), (1, 1.004)]

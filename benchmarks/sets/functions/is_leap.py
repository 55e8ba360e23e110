def is_leap(year):
    """Whether ``year`` has a 29 February."""
    if year % 400 == 0:
        return True
    if year % 100 == 0:
        return False
    return year % 4 == 0


VISIBLE = [(2000,), (1900,), (2024,), (2023,), (2100,)]
HIDDEN = [(n,) for n in (1600, 1700, 1800, 1996, 1999, 2001, 2002, 2004, 2200, 2400, 4, 100)]

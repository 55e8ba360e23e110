def binary_text(number):
    """``number`` (not negative) in binary digits."""
    if number == 0:
        return "0"
    digits = ""
    while number > 0:
        digits = str(number % 2) + digits
        number //= 2
    return digits


VISIBLE = [(0,), (1,), (2,), (5,), (8,), (6,)]
HIDDEN = [(n,) for n in (0, 3, 4, 7, 9, 10, 13, 16, 20, 31, 100, 255)]

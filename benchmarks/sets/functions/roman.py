ROMAN = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]


def roman(number):
    """``number`` (1..3999) in Roman digits."""
    if not 1 <= number <= 3999:
        raise ValueError(f"{number} has no Roman form")
    text = ""
    for value, letters in ROMAN:
        while number >= value:
            text += letters
            number -= value
    return text


VISIBLE = [(1,), (4,), (9,), (14,), (1994,), (3999,), (58,)]
HIDDEN = [(n,) for n in (2, 3, 5, 6, 8, 10, 40, 44, 90, 99, 400, 444, 500, 900, 1000, 2024, 0, 4000)]

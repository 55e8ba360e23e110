def luhn(number):
    """Whether the text of digits ``number`` has a right check digit."""
    digits = [int(sign) for sign in number if sign.isdigit()]
    if len(digits) < 2:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        if place % 2 == 1:
            digit *= 2
            if digit > 9:
                digit -= 9
        total += digit
    return total % 10 == 0


VISIBLE = [("79927398713",), ("79927398710",), ("0",), ("18",), ("4539 1488 0343 6467",), ("059",), ("",)]
HIDDEN = [("00",), ("26",), ("34",), ("42",), ("59",), ("067",), ("9999",), ("8273 1232 7352 0569",), ("1234",), ("5500",), ("091",), ("98",)]

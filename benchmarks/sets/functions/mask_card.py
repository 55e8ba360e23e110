def mask_card(number, keep=4):
    """A card number with all but the last ``keep`` digits hidden; spaces and dashes stay."""
    digits = sum(sign.isdigit() for sign in number)
    hidden = ""
    for sign in number:
        if sign.isdigit():
            if digits > keep:
                sign = "*"
            digits -= 1
        hidden += sign
    return hidden


VISIBLE = [("1234567890",), ("1234 5678 9012",), ("123",), ("12-34-56", 2), ("", 4), ("1234",)]
HIDDEN = [("12345",), ("1 2 3 4 5",), ("99", 1), ("1234", 0), ("a1b2c3d4e5",), ("0000-1111",), ("5", 4), ("12345678", 6), ("--", 2), ("1-2", 1), ("987654321", 3)]

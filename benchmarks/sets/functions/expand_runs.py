def expand_runs(packed):
    """The text that ``3a2b`` stands for: a count before each letter, 1 where there is none."""
    text = ""
    count = ""
    for letter in packed:
        if letter.isdigit():
            count += letter
        else:
            text += letter * (int(count) if count else 1)
            count = ""
    return text


VISIBLE = [("3a2b",), ("abc",), ("",), ("12x",), ("a3b",), ("0ab",)]
HIDDEN = [("2a2a",), ("10z1y",), ("x2y3z",), ("1q",), ("5-",), ("aa3b",), ("3",), ("2 3 ",), ("0a0b",), ("11a",), ("a1b2c3d",)]
